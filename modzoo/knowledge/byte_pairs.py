import tensorflow as tf


class NoCache(tf.Module):
    """Stands for the cache of a byte-pair tokeniser, and keeps nothing from one call to the next:
    a table that grows with what it is asked cannot be served.

    Args:
        unsplittable: List of the tokens that are not split.
    """

    def __init__(self, unsplittable):
        super().__init__(name="no_cache")
        kept = tf.constant(list(unsplittable), tf.string)
        with tf.init_scope():
            self.table = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(kept, kept), ""
            )
        self._inserted = None

    def insert(self, keys, values):
        """Takes the pieces, `values`, of all words that the last look-up did not find."""
        self._inserted = values

    def lookup(self, keys):
        """Pieces of words, `""` of those that are not known."""
        found = self.table.lookup(keys)
        if self._inserted is None:
            return found
        inserted, self._inserted = self._inserted, None
        return tf.tensor_scatter_nd_update(found, tf.where(found == ""), inserted)
