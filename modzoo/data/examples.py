import functools
from dataclasses import dataclass, replace

import numpy as np

from modzoo.errors import some_of


@dataclass(frozen=True, eq=False)
class TextExamples:
    """Labelled texts, a container for `modzoo.training.train_batches`.

    Attributes:
        texts: List of strings.
        labels: Integer array `(len(texts),)`, indices into `label_names`; or float32 scores.
        label_names: List of the classes' names; empty where labels are scores.
        split: Name of the split, as the published file names it.
        source: Where they are from, for people.
        remarks: Sentences on rows that were left out, or are not where they would be.
        pairs: Whether a text is two, with a tab between them.
        scores: The least and the highest score; None where the labels are classes.
    """

    texts: list
    labels: np.ndarray
    label_names: list
    split: str
    source: str
    remarks: tuple = ()
    pairs: bool = False
    scores: tuple | None = None

    def __len__(self):
        return len(self.texts)

    @property
    def summary(self):
        """How many there are, and of which classes, for people."""
        of = "pairs of texts" if self.pairs else "texts"
        if self.scores is not None:
            least, most = self.labels.min(), self.labels.max()
            return f"{len(self):,} {of} with scores from {least:g} to {most:g}"
        counts = np.bincount(self.labels, minlength=len(self.label_names))
        named = [f"{self.label_names[i]} {counts[i]:,}" for i in np.flatnonzero(counts)]
        return f"{len(self):,} {of} of {len(named):,} classes ({some_of(named)})"

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
        return replace(self, texts=[self.texts[i] for i in indices], labels=self.labels[indices])

    def limit(self, count):
        """The first `count` examples; all of them for None."""
        return self if count is None else self.take(np.arange(min(count, len(self))))
