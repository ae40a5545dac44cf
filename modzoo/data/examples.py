import functools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class TextExamples:
    """Labelled texts, a container for `modzoo.training.train_batches`.

    Attributes:
        texts: List of strings.
        labels: Integer array `(len(texts),)`, indices into `label_names`.
        label_names: List of the classes' names.
        split: Name of the split, as the published file names it.
        source: Where they are from, for people.
    """

    texts: list
    labels: np.ndarray
    label_names: list
    split: str
    source: str

    def __len__(self):
        return len(self.texts)

    @functools.cached_property
    def lengths(self):
        """Integer array, for each text the number of its spaces."""
        return np.array([text.count(" ") for text in self.texts], int)

    def shuffled(self, rng):
        """All indices in a random order."""
        return rng.permutation(len(self))

    def gather(self, indices):
        """Texts and labels, tensors `(batch,)`."""
        import tensorflow as tf

        texts, labels = self._tensors
        return tf.gather(texts, indices), tf.gather(labels, indices)

    @functools.cached_property
    def _tensors(self):
        import tensorflow as tf

        with tf.init_scope():
            return tf.constant(self.texts, tf.string), tf.constant(self.labels)

    def take(self, indices):
        """The examples at `indices`, in that order."""
        return TextExamples(
            [self.texts[i] for i in indices],
            self.labels[indices],
            self.label_names,
            self.split,
            self.source,
        )

    def limit(self, count):
        """The first `count` examples; all of them for None."""
        return self if count is None else self.take(np.arange(min(count, len(self))))
