"""How texts of a kind are split into words, and the words' normal form."""

import tensorflow as tf

from modzoo.knowledge.tokenization import split_elided, split_review
from modzoo.knowledge.tweets import normalize_tweet, split_tweet


def _lower(words):
    return tf.strings.lower(words, encoding="utf-8")


STYLES = {
    "reviews": (split_review, _lower),
    "translations": (split_elided, _lower),
    "tweets": (split_tweet, normalize_tweet),
}


def split_words(text, style):
    """The words of `text`, `(batch,)`, as they are written: a ragged string tensor."""
    return STYLES[style][0](text)


def normalize(words, style):
    """Words of `split_words`, dense or ragged, in the form that vocabularies and lexica know."""
    return STYLES[style][1](words)


def normal_words(text, style):
    """The words of `text` in their normal form, a ragged string tensor."""
    return normalize(split_words(text, style), style)
