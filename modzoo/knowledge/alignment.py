"""Annotations of tokens by a lexicon, in core TensorFlow look-up ops."""

from typing import NamedTuple

import tensorflow as tf

MISSING = float("nan")


class ScoreTable(NamedTuple):
    """A look-up table from term to score, NaN where there is none, and the number of words
    of the longest term."""

    table: object
    max_words: int


def score_table(lexicon, split=None):
    """A `ScoreTable` of a `Lexicon`.

    Args:
        lexicon: `Lexicon`.
        split: Tokeniser, strings `(batch,)` to ragged words, that the terms pass through, so
            that they have the form of the words they are to match. Default: at spaces.
    """
    scores = list(lexicon.scores.values())
    with tf.init_scope():
        words = (split or tf.strings.split)(tf.constant(list(lexicon.scores)))
        terms = tf.strings.reduce_join(words, axis=-1, separator=" ").numpy()
        # Where two terms become one, the first counts.
        unique = {term: scores[i] for i, term in reversed(list(enumerate(terms)))}
        table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(list(unique), tf.string), tf.constant(list(unique.values()), tf.float32)
            ),
            MISSING,
        )
    return ScoreTable(table, int(words.bounding_shape()[1]))


def align(words, lexicon):
    """What a lexicon says of each word: the score of the term that covers it, and that it does.

    The second feature, 1 for a covered word, lets a module attend to an annotation whatever
    its sign: a query against the score alone is odd in the score. A word that no term
    covers is the zero vector, which modules cannot tell from the null input.

    Where terms overlap the longest wins, then the one that begins first; each word of a
    term of several words gets the term's score.

    Args:
        words: String tensor `(batch, time)`, lower-case, padded with `""`.
        lexicon: `ScoreTable`.

    Returns:
        Float tensor `(batch, time, 2)`: score and presence.
    """
    scores = tf.fill(tf.shape(words), MISSING)
    terms = words
    for length in range(1, lexicon.max_words + 1):
        if length > 1:
            terms = tf.strings.join([terms, _earlier(words, 1 - length, "")], separator=" ")
        found = lexicon.table.lookup(terms)
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
