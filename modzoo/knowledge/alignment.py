"""Annotations of tokens by a lexicon, in core TensorFlow look-up ops."""

import tensorflow as tf

MISSING = float("nan")


def score_table(lexicon):
    """A look-up table of a `Lexicon`; terms that it does not hold score NaN."""
    with tf.init_scope():
        return tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(list(lexicon.scores), tf.string),
                tf.constant(list(lexicon.scores.values()), tf.float32),
            ),
            MISSING,
        )


def align(words, table, max_words=1):
    """What a lexicon says of each word: the score of the term that covers it, and that it does.

    The second feature, 1 for a covered word, lets a module attend to an annotation whatever
    its sign: a query against the score alone is odd in the score. A word that no term
    covers is the zero vector, which modules cannot tell from the null input.

    Where terms overlap the longest wins, then the one that begins first; each word of a
    term of several words gets the term's score.

    Args:
        words: String tensor `(batch, time)`, lower-case, padded with `""`.
        table: What `score_table` returned.
        max_words: Integer, number of words of the longest term.

    Returns:
        Float tensor `(batch, time, 2)`: score and presence.
    """
    scores = tf.fill(tf.shape(words), MISSING)
    terms = words
    for length in range(1, max_words + 1):
        if length > 1:
            terms = tf.strings.join([terms, _earlier(words, 1 - length, "")], separator=" ")
        found = table.lookup(terms)
        for offset in range(length):
            covering = _earlier(found, offset, MISSING)
            scores = tf.where(tf.math.is_nan(covering), scores, covering)
    missing = tf.math.is_nan(scores)
    return tf.stack([tf.where(missing, 0.0, scores), tf.where(missing, 0.0, 1.0)], axis=-1)


def _earlier(x, steps, fill):
    """`x` as it was `steps` places before, along time; `fill` where that is outside."""
    if steps == 0:
        return x
    time = tf.shape(x)[1]
    padded = tf.pad(x, [[0, 0], [max(steps, 0), max(-steps, 0)]], constant_values=fill)
    return padded[:, max(-steps, 0) : max(-steps, 0) + time]
