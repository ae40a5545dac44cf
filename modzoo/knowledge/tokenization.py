"""Tokenisers in core TensorFlow string ops: one code for `tf.data` and for exported graphs."""

import tensorflow as tf

_ABBREVIATION_DOT = "\ue000"
_ABBREVIATIONS = (
    r"capt|col|dr|etc|gen|gov|inc|jr|lt|ltd|mr|mrs|ms|prof|rev|sen|sgt|sr|st|vs|\pL"  # U.S.
)
# Runs of one mark stay together, an emoji with its variation selector; hyphens, slashes, dots
# and apostrophes inside a word stay in it.
_APART = r"(\.{2,}|-{2,}|`+|'{2,}|\*+|!+|\?+|[^\pL\pM\pN_\s'.,:/\-\x{e000}][\x{FE0E}\x{FE0F}]?)"
_RULES = (
    ("’", "'"),
    (rf"(?i)\b({_ABBREVIATIONS})\.", r"\1" + _ABBREVIATION_DOT),
    (rf"'(\pL){_ABBREVIATION_DOT}", r"'\1."),  # the end of `I can't.`
    (_APART, r" \1 "),
    (r"(\D|^)([,:])", r"\1 \2 "),  # but 10,000 and 7:30
    (r"([,:])(\D|$)", r" \1 \2"),
    (r"([^\s.])\.(\s|$)", r"\1 . \2"),
    (r"(^|\s)'([^'\s][^']*[^'\s])'(\s|$)", r"\1' \2 ' \3"),  # a quotation in single quotes
    (r"(?i)(\pL)(n't)\b", r"\1 \2"),
    (r"(?i)([\pL\pN])('(?:s|m|d|re|ve|ll))\b", r"\1 \2"),
    (r"(\pL)'(\s|$)", r"\1 '\2"),  # the actors' faces
    (_ABBREVIATION_DOT, "."),
)
# Words of French that lose their vowel before another; `n't` is none.
_ELIDED = (r"([cdjlmst]|(?:jus|lors|puis|quoi)?qu)'(\pL.*)", r"(n)'([ay]|\pL{2}.*)")
# Whole words that the Penn Treebank splits.
_MERGED = ("(can)(not)", "(gon|wan)(na)", "(got)(ta)", "(gim|lem)(me)", "('t)(is|was)", "(d')(ye)")


def split_review(text):
    """Splits English prose into words, as the Penn Treebank and SST-2 do.

    Punctuation and contractions become tokens of their own (`it's` -> `it 's`, `don't` ->
    `do n't`, `cannot` -> `can not`, `gonna` -> `gon na`), words with hyphens or slashes stay
    whole, letter case is kept. Text that is already tokenised stays as it is. Quotation marks
    are kept as they are written. Invalid UTF-8 is replaced, not refused.

    Args:
        text: String tensor of shape `(batch,)`.

    Returns:
        Ragged string tensor `(batch, None)`.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")
    for pattern, replacement in _RULES:
        text = tf.strings.regex_replace(text, pattern, replacement)
    return split_merged(tf.strings.split(text))


def split_elided(text):
    """Splits sentences of languages that elide vowels, as French does: as `split_review`, but that
    `l'eau` becomes `l' eau`, and that every blank of Unicode is one.

    Args:
        text: String tensor of shape `(batch,)`.

    Returns:
        Ragged string tensor `(batch, None)`.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")
    words = split_review(tf.strings.regex_replace(text, r"\pZ", " "))  # narrow ones before ! and ?
    values = words.values
    for pattern in _ELIDED:
        values = tf.strings.regex_replace(values, f"(?i)^{pattern}$", r"\1' \2")
    return words.with_values(tf.strings.split(values)).merge_dims(1, 2)


def split_merged(words):
    """Splits the words that the Penn Treebank has as two: `cannot`, `gonna`, `wanna`, `gotta`,
    `gimme`, `lemme`, `'tis`, `'twas`, `d'ye`.

    Args:
        words: Ragged string tensor `(batch, None)`.

    Returns:
        Ragged string tensor `(batch, None)`.
    """
    values = words.values
    for pattern in _MERGED:
        values = tf.strings.regex_replace(values, f"(?i)^{pattern}$", r"\1 \2")
    return words.with_values(tf.strings.split(values)).merge_dims(1, 2)
