import functools
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from modzoo.data.tagged_sentences import TaggedSentences


@dataclass(frozen=True, eq=False)
class LabelledSentences:
    """Tagged sentences with numbers for tags, a container for `modzoo.training.train_batches`.

    A word weighs 0 in a task where its sentence has no tags, or its tag is not in `labels`.

    Attributes:
        sentences: `TaggedSentences`.
        labels: Dictionary from the tasks to lists of their tags.
    """

    sentences: TaggedSentences
    labels: dict

    def __len__(self):
        return len(self.sentences)

    @functools.cached_property
    def lengths(self):
        """Integer array, for each sentence the number of its words."""
        return self.sentences.lengths

    def shuffled(self, rng):
        return rng.permutation(len(self))

    def gather(self, indices):
        """Padded words, `{task: numbers}` and `{task: weights}`, each `(batch, time)`."""
        words, columns = self._tensors
        numbers = {task: tf.gather(c, indices).to_tensor(-1) for task, c in columns.items()}
        weights = {task: tf.cast(column >= 0, tf.float32) for task, column in numbers.items()}
        numbers = {task: tf.maximum(column, 0) for task, column in numbers.items()}
        return tf.gather(words, indices).to_tensor(""), numbers, weights

    @functools.cached_property
    def _tensors(self):
        """Ragged words, and ragged numbers of each task, -1 where there is none."""
        with tf.init_scope():
            words = self._ragged(self.sentences.tokens, tf.string)
            columns = {}
            for task, names in self.labels.items():
                places = {name: i for i, name in enumerate(names)}
                rows = [
                    [-1] * length if tags is None else [places.get(tag, -1) for tag in tags]
                    for tags, length in zip(self.sentences.tags[task], self.lengths, strict=True)
                ]
                columns[task] = self._ragged(rows, tf.int32)
        return words, columns

    def _ragged(self, rows, dtype):
        flat = [value for row in rows for value in row]
        return tf.RaggedTensor.from_row_lengths(tf.constant(flat, dtype), self.lengths)


@dataclass(frozen=True, eq=False)
class BalancedSentences(LabelledSentences):
    """Sentences of several tasks, of which an epoch holds as many of each as of the first.

    Of tasks that have more sentences, each epoch draws others; those of tasks that have fewer are
    read several times.
    """

    def __len__(self):
        return len(self._of_tasks) * len(self._of_tasks[0])

    def shuffled(self, rng):
        size = len(self._of_tasks[0])
        drawn = [np.resize(rng.permutation(places), size) for places in self._of_tasks]
        return rng.permutation(np.concatenate(drawn))

    @functools.cached_property
    def _of_tasks(self):
        """For each task the places of its sentences; a task that has none is left out."""
        places = [
            np.flatnonzero([tags is not None for tags in self.sentences.tags[task]])
            for task in self.labels
        ]
        return [of_task for of_task in places if len(of_task)]
