"""Words of many lengths in a dense grid of letters, several to a row, so that little is padding."""

import tensorflow as tf


def pack(lengths, width):
    """Finds each word a place in rows of `width` cells, a free cell between neighbours.

    The longest word goes first, each into the first row that has room. Words of one length are
    placed at once.

    Args:
        lengths: Integers `(words,)`, at most `width`. An empty word takes one cell.
        width: Integer.

    Returns:
        The cell where each word begins, counted through the rows, and the number of rows.
    """
    slots = tf.maximum(lengths, 1) + 1  # with the free cell, which the last of a row has beyond it
    free = tf.fill(tf.shape(slots), width + 1)

    def place(slot, free, starts):
        words = tf.where(slots == slot)
        number = tf.range(tf.shape(words)[0])
        room = free // slot
        before = tf.cumsum(room, exclusive=True)
        rows = tf.searchsorted(before + room, number, side="right")
        columns = width + 1 - tf.gather(free, rows) + slot * (number - tf.gather(before, rows))
        starts = tf.tensor_scatter_nd_update(starts, words, rows * width + columns)
        taken = tf.clip_by_value(tf.shape(words)[0] - before, 0, room)
        return slot - 1, free - slot * taken, starts

    longest = tf.reduce_max(tf.concat([slots, [1]], 0))
    _, free, starts = tf.while_loop(
        lambda slot, *_: slot > 1, place, (longest, free, tf.zeros_like(slots))
    )
    return starts, tf.math.count_nonzero(free <= width, dtype=tf.int32)


def spread(letters, starts, size):
    """The cells, 0 where there is no letter, of ragged `letters` whose words begin at `starts`."""
    offsets = starts - tf.cast(letters.row_starts(), tf.int32)
    places = tf.gather(offsets, letters.value_rowids()) + tf.range(tf.size(letters.flat_values))
    return tf.scatter_nd(places[:, None], letters.flat_values, [size])
