"""Words of many lengths in a dense grid of letters, several to a row, so that little is padding."""

import tensorflow as tf

# What sizes are rounded up to a multiple of, so that a compiled model is compiled for few.
TIME_MULTIPLE, ROWS_MULTIPLE, CHARACTERS_MULTIPLE = 16, 2, 8


def pack_letters(words, characters, max_characters, few_sizes=False):
    """The letters of the distinct words of a batch, several words to a row.

    Args:
        words: Strings `(batch, time)`, ragged or padded with `""`.
        characters: Function from strings `(words,)` to ragged ids, such as `Characters`.
        max_characters: Integer, where longer words are cut.
        few_sizes: Whether to round sizes up to a few values.

    Returns:
        Dictionary of `"characters"`, integers `(batch, rows, cells)`, 0 where there is no
        letter; `"words"`, integers `(batch, time, 2)`, the cells of each word's first and last
        letter, counted through all rows, twice the same empty cell for an empty word; and
        `"padding_mask"`, boolean `(batch, time)`. `time`, `rows` and `cells` are at least 1.
    """

    def rounded(size, multiple):
        size = tf.maximum(size, 1)
        return -(-size // multiple) * multiple if few_sizes else size

    if isinstance(words, tf.RaggedTensor):
        words = words.to_tensor("")
    batch, time = tf.unstack(tf.shape(words))
    missing = rounded(time, TIME_MULTIPLE) - time
    words = tf.pad(words, [[0, 0], [0, missing]], constant_values="")
    distinct, places = tf.unique(tf.reshape(words, [-1]))
    letters = characters(distinct)[:, :max_characters]
    lengths = tf.cast(letters.row_lengths(), tf.int32)
    width = rounded(tf.reduce_max(tf.concat([lengths, [1]], 0)), CHARACTERS_MULTIPLE)
    starts, rows = pack(lengths, width)
    rows = rounded(-(-rows // tf.maximum(batch, 1)), ROWS_MULTIPLE)
    cells = spread(letters, starts, batch * rows * width)
    ends = tf.stack([starts, starts + tf.maximum(lengths, 1) - 1], -1)
    return {
        "characters": tf.reshape(cells, [batch, rows, width]),
        "words": tf.reshape(tf.gather(ends, places), [batch, tf.shape(words)[1], 2]),
        "padding_mask": words != "",
    }


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
