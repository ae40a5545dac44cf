"""The form in which terms and words are compared: plurals and hyphens make no difference."""

import tensorflow as tf

# In order; what one rule made of a word the next leave as it is.
_PLURALS = (
    (r"(\pL{3})ies$", r"\1y"),  # allergies
    (r"(\pL{2})oses$", r"\1osis"),  # psychoses
    (r"(ss|sh|tch|x|virus|fetus)es$", r"\1"),  # abscesses, rashes, viruses
    (r"(\pL{3}[^\PLsui])s$", r"\1"),  # tablets, headaches; not virus, sepsis, AIDS
)


def comparable(words):
    """Words in the form in which they are compared with terms.

    A plural becomes its singular, roughly: both sides are changed alike, so that a wrong stem
    (`diabete`) does no harm. Hyphens become spaces: `anti-inflammatory` is the term
    `anti inflammatory`, whether it stands in a text as one word or as two.

    Args:
        words: String tensor of any shape, dense or ragged, lower-case.
    """
    if isinstance(words, tf.RaggedTensor):
        return words.with_flat_values(comparable(words.flat_values))
    for pattern, replacement in _PLURALS:
        words = tf.strings.regex_replace(words, pattern, replacement)
    return tf.strings.regex_replace(words, r"(\pL|\pN)[-‐‑](\pL|\pN)", r"\1 \2")
