import tensorflow as tf

from modzoo.knowledge import Tokens

STYLE = "reviews"
_JOINED = (  # what is written without a blank before, or behind it
    (r" (n't|'(?:s|m|d|re|ve|ll))\b", r"\1"),
    (r" ([.,])", r"\1"),
    (r"(\pL') ", r"\1"),
)


def style_of(kind):
    """How a monolith of a kind splits texts into words."""
    return "translations" if kind == "translations" else STYLE


def prepared_tokens(vocabulary, style=STYLE):
    """The `modzoo.knowledge.Tokens` of a vocabulary, ready to give ids."""
    tokens = Tokens(vocabulary)
    tokens.prepare(style)
    return tokens


def joined(words):
    """Sentences of words, a string tensor `(..., words)` with `""` at padding, in core TensorFlow
    ops: `do n't stop .` becomes `don't stop.`"""
    text = tf.strings.strip(tf.strings.reduce_join(words, axis=-1, separator=" "))
    for pattern, replacement in _JOINED:
        text = tf.strings.regex_replace(text, pattern, replacement)
    return text
