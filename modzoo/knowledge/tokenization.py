"""Tokenisers in core TensorFlow string ops: one code for `tf.data` and for exported graphs."""

import tensorflow as tf

_ABBREVIATION_DOT = "\ue000"
# Runs of one mark stay together; hyphens, dots and apostrophes inside a word stay in it.
_APART = r"(\.{2,}|-{2,}|`+|'{2,}|\*+|!+|\?+|[^\pL\pM\pN_\s'.,\-\x{e000}])"
_RULES = (
    ("’", "'"),
    (r"(?i)\b(mr|mrs|ms|dr|jr|sr|st|vs|prof|\pL)\.", r"\1" + _ABBREVIATION_DOT),
    (_APART, r" \1 "),
    (r"(\D|^),", r"\1 , "),  # but 10,000
    (r",(\D|$)", r" , \1"),
    (r"([^\s.])\.(\s|$)", r"\1 . \2"),
    (r"(^|\s)'([^'\s][^']*[^'\s])'(\s|$)", r"\1' \2 ' \3"),  # a quotation in single quotes
    (r"(?i)(\pL)(n't)\b", r"\1 \2"),
    (r"(?i)(\pL)('(?:s|m|d|re|ve|ll))\b", r"\1 \2"),
    (_ABBREVIATION_DOT, "."),
)


def split_review(text):
    """Splits English prose into words, as the Penn Treebank and SST-2 do.

    Punctuation and contractions become tokens of their own (`it's` -> `it 's`, `don't` ->
    `do n't`), hyphenated words stay whole, letter case is kept. Text that is already
    tokenised stays as it is. Invalid UTF-8 is replaced, not refused.

    Args:
        text: String tensor of shape `(batch,)`.

    Returns:
        Ragged string tensor `(batch, None)`.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")
    for pattern, replacement in _RULES:
        text = tf.strings.regex_replace(text, pattern, replacement)
    return tf.strings.split(text)
