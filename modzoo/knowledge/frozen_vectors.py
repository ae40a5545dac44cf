import functools
import hashlib

import numpy as np
import tensorflow as tf

from modzoo.knowledge.source import Source


class FrozenVectors(Source):
    """A vector for each word in its text, by a model that stays as it is. The base of its kinds.

    A kind has `compute` and `identity`, and sets `width`.

    Attributes:
        cache: `FeatureCache`, where the vectors of texts are kept in this process, or None. It is
            not saved: a model that is loaded computes them.
        identity: String, a digest of all that the vectors depend on but the words.
    """

    cache = None

    def compute(self, written):
        """Vectors of words as they are written, `(batch, time)`: `(batch, time, width)`."""
        raise NotImplementedError(f"{type(self).__name__} has no `compute`.")

    @functools.cached_property
    def identity(self):
        raise NotImplementedError(f"{type(self).__name__} has no `identity`.")

    def annotate(self, words):
        """Vectors of the words, float `(batch, time, width)`."""
        written = words.written
        if self.cache is None:
            return self.compute(written)
        known, vectors = tf.numpy_function(self._recall, [written], (tf.bool, tf.float32))
        known = tf.ensure_shape(known, written.shape[:1])
        vectors = tf.reshape(vectors, [*tf.unstack(tf.shape(written)), self.width])

        def with_the_unknown():
            rows = tf.where(~known)
            some = tf.gather(written, rows[:, 0])
            found = tf.numpy_function(self._remember, [some, self.compute(some)], tf.float32)
            return tf.tensor_scatter_nd_update(vectors, rows, found)

        found = tf.cond(tf.reduce_all(known), lambda: vectors, with_the_unknown)
        return tf.ensure_shape(found, [*written.shape, self.width])

    def _key(self, words):
        """The key of a text's vectors, of its padded words."""
        return hashlib.blake2b(
            b" ".join([self.identity.encode(), *(word for word in words if word)]), digest_size=20
        ).hexdigest()

    def _recall(self, written):
        """Which rows of words the cache knows, and the vectors of these; zeros of others."""
        known = np.zeros(len(written), bool)
        vectors = np.zeros((*written.shape, self.width), "float32")
        for row, words in enumerate(written):
            found = self.cache.read(self._key(words), self.width)
            if found is not None and len(found) == np.count_nonzero(words != b""):
                known[row] = True
                vectors[row, : len(found)] = found
        return known, vectors

    def _remember(self, written, vectors):
        """Keeps the vectors of rows of words, and gives them as they will come back."""
        for words, row in zip(written, vectors, strict=True):
            self.cache.write(self._key(words), row[: np.count_nonzero(words != b"")])
        return self.cache.rounded(vectors)
