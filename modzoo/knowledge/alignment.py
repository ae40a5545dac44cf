"""Annotations of tokens by a lexicon, in core TensorFlow look-up ops."""

import functools

import tensorflow as tf

from modzoo.errors import CallError
from modzoo.knowledge.lookup import LookupTable

MISSING = float("nan")
MAX_WORDS = 64  # of a term: the look-up grows with its square


class ScoreTable(tf.Module):
    """A look-up table from term to score, NaN where there is none.

    Args:
        scores: Dictionary from term to score.
        split: Tokeniser, strings `(batch,)` to ragged words, that the terms pass through, so
            that they have the form of the words they are to match. Default: at spaces.
        name: Name of the table.

    Attributes:
        table: `LookupTable`.
        first_words: `LookupTable` of the words that terms of several words begin with, 1.
        max_words: Integer, words of the longest term, at most 64.
    """

    def __init__(self, scores, split=None, name="terms"):
        super().__init__(name=name)
        with tf.init_scope():
            words = (split or tf.strings.split)(tf.constant(list(scores), tf.string))
            terms = tf.strings.reduce_join(words, axis=-1, separator=" ").numpy()
            # Where two terms become one, the first counts.
            unique = dict(reversed(list(zip(terms, scores.values(), strict=True))))
            unique.pop(b"", None)  # padding
            scores = tf.constant(list(unique.values()), tf.float32)
            self.table = LookupTable(name, tf.constant(list(unique), tf.string), scores, MISSING)
            first = sorted({term.split()[0] for term in unique if b" " in term})
            if first:
                self.first_words = LookupTable(f"{name}_begin", first, [1] * len(first), 0)
        self.max_words = int(words.bounding_shape()[1])
        if self.max_words > MAX_WORDS:
            raise CallError(
                f"A term has {self.max_words} words, and at most {MAX_WORDS} can be looked up."
            )


def align(words, terms):
    """What a lexicon says of each word: the score of the term that covers it, and that it does.

    The second feature, 1 for a covered word, lets a module attend to an annotation whatever
    its sign: a query against the score alone is odd in the score. A word that no term
    covers is the zero vector, which modules cannot tell from the null input.

    Where terms overlap the longest wins, then the one that begins first, and the others say
    nothing. Each word of a term of several words gets the term's score.

    Args:
        words: String tensor `(batch, time)`, lower-case, padded with `""`.
        terms: `ScoreTable`.

    Returns:
        Float tensor `(batch, time, 2)`: score and presence.
    """
    scores = cover(words, terms)
    missing = tf.math.is_nan(scores)
    return tf.stack([tf.where(missing, 0.0, scores), tf.where(missing, 0.0, 1.0)], axis=-1)


def cover(words, terms):
    """The scores of `align` alone, `(batch, time)`, NaN where no term covers a word."""
    scores = tf.fill(tf.shape(words), MISSING)
    for length, found in reversed([*_found(words, terms)]):  # at each term's first word

        def covered(scores=scores, found=found, length=length):
            taken = _any_of(~tf.math.is_nan(scores), range(1 - length, 1))
            chosen = _without_overlap(~tf.math.is_nan(found) & ~taken, length)
            kept = tf.where(chosen, found, MISSING)
            covering = [_earlier(kept, offset, MISSING) for offset in range(length)]
            return functools.reduce(_filled, covering, scores)

        some = tf.reduce_any(~tf.math.is_nan(found))
        scores = tf.cond(some, covered, lambda scores=scores: scores)
    return scores


def _found(words, terms):
    """For each length the scores of the terms of so many words, where their first words are."""
    yield 1, terms.table.lookup(words)
    if terms.max_words == 1:
        return
    first = tf.strings.regex_replace(words, " .*", "")  # of a word that was divided at hyphens
    places = tf.where(terms.first_words.lookup(first) > 0)
    phrases = tf.gather_nd(words, places)
    for length in range(2, terms.max_words + 1):
        following = tf.gather_nd(_earlier(words, 1 - length, ""), places)
        phrases = tf.strings.join([phrases, following], separator=" ")
        nowhere = tf.fill(tf.shape(words), MISSING)
        yield length, tf.tensor_scatter_nd_update(nowhere, places, terms.table.lookup(phrases))


def _filled(scores, others):
    """`others` where they are known, else `scores`."""
    return tf.where(tf.math.is_nan(others), scores, others)


def _without_overlap(begins, length):
    """Of terms of one length that begin where `begins` is true, from the left those that share
    no word with one already chosen."""
    if length == 1:
        return begins

    def choose(left, chosen):
        first = left & ~_any_of(left, range(1, length))
        return left & ~_any_of(first, range(length)), chosen | first

    none = tf.zeros_like(begins)
    return tf.while_loop(lambda left, _: tf.reduce_any(left), choose, (begins, none))[1]


def _any_of(x, steps):
    """Whether `x` is true at any of the numbers of places before."""
    return functools.reduce(tf.logical_or, [_earlier(x, step, False) for step in steps])


def _earlier(x, steps, fill):
    """`x` as it was `steps` places before, along time; `fill` where that is outside."""
    if steps == 0:
        return x
    time = tf.shape(x)[1]
    padded = tf.pad(x, [[0, 0], [max(steps, 0), max(-steps, 0)]], constant_values=fill)
    return padded[:, max(-steps, 0) : max(-steps, 0) + time]
