"""Tokeniser of tweets in core TensorFlow string ops, and its words' normal form."""

import tensorflow as tf

from modzoo.knowledge.tokenization import split_merged

_LETTERS = r"[\pL\pM\pN_]+"
_URL = (
    r"(?i:https?:/|www\.|(?:[a-z0-9\-]+\.)+(?:com|net|org|edu|gov|info|co\.uk)\b"
    r"|(?:[a-z0-9\-]+\.)+[a-z]{2,4}/[a-z0-9])(?:[^\s<>\"“”…]*[\pL\pN/=_\-])?"
)
_EMAIL = r"[A-Za-z0-9_.+\-]+@[A-Za-z0-9\-]+\.[A-Za-z0-9.\-]*[A-Za-z0-9]"
_USER = r"[@＠]" + _LETTERS
_EYES = r"@_+@\B"  # no user name
_EMOTICON = "|".join(
    [
        r"[<>}]?[:;][-oO^',~*]{0,2}(?:[)(\[\]{}|\\/*<>]|(?:[dD]+|[pP]+|[oOsSxXcCbB3])\b|[@$#&]\B)",
        r"[<>}]?=-?(?:[)(\[\]{}|\\/*]|(?:[dD]+|[pP]+|3)\b)",
        r"[03Oo|][:;]-?[)(]",  # a halo, horns
        r"8[-^]['*]?[)(\[\]dDpP/\\|]",
        r"[)(\[\]{}/\\|][-o^'*]{1,2}[:;=8]",  # from the right, with a nose
        r"[(\[{][:;=]",
        r"[dD][-']?[:=]\B",
        r"<[/\\]?3+\b",
        r"¯\\?_+\(?.\)?_+/¯",
        r"\\[o0]/|\\m/",
        r"\^[-_.oO]*\^|>[._]+<|-[._]+-|\._+\.",
        r"[\^*~><=;$'¬•]_+[\^*~><=;$'¬•]",
        r"<?[-=]+>|<[-=]+",
    ]
)
_PICTURE = (
    r"[\x{1F000}-\x{1F1E5}\x{1F200}-\x{1F3FA}\x{1F400}-\x{1FAFF}\x{2190}-\x{21FF}"
    r"\x{2300}-\x{23FF}\x{2460}-\x{24FF}\x{25A0}-\x{27BF}\x{2900}-\x{297F}\x{2B00}-\x{2BFF}"
    r"\x{3030}\x{303D}\x{3297}\x{3299}©®‼⁉™]"
    r"\x{FE0E}?\x{FE0F}?[\x{1F3FB}-\x{1F3FF}]?\x{FE0F}?[\x{E0020}-\x{E007F}]*"
)
_EMOJI = (
    rf"[\x{{1F1E6}}-\x{{1F1FF}}]{{2}}|[0-9#*]\x{{FE0F}}?\x{{20E3}}"
    rf"|{_PICTURE}(?:\x{{200D}}{_PICTURE})*"
)
_NUMBER = rf"[$£€]?\pN+(?:[.,:/\-]\pN+)*(?:[-']?{_LETTERS})*"
_ABBREVIATION = r"(?i:mr|mrs|ms|dr|jr|sr|st|vs|prof)\.|(?:\pL\.){2,}"
_WORD = rf"{_LETTERS}(?:(?:[-']|\*+){_LETTERS})*"
_CLITIC = r"'(?i:s|m|d|re|ve|ll|t|em|til|cause|bout)\b"
_MARKS = r"\.{2,}|…+|!+|\?+|-{2,}|~+|\*+|'{2,}|`+|\)+|\(+|[<>]+|/+|\\+|\$+|&+|=+|[^\s]"

# In order of precedence. Without groups to capture, RE2 runs four times as fast.
_TOKEN = "|".join(
    [
        *(_URL, _EMAIL, _EYES, _USER, _EMOTICON, _EMOJI, "[#＃]" + _LETTERS),
        *(_ABBREVIATION, _NUMBER, _WORD, _CLITIC, _MARKS),
    ]
)
_RULES = (
    ("&amp;", "&"),  # first: some tweets are escaped twice
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", '"'),
    ("&#0?39;|&apos;|’", "'"),
    # Spaces other than ASCII's, control characters, marks of direction and of no width.
    (
        r"&nbsp;|[\x00-\x08\x0e-\x1f\x7f-\xa0\xad\x{1680}\x{2000}-\x{200C}\x{200E}\x{200F}"
        r"\x{2028}-\x{202F}\x{205F}-\x{2069}\x{3000}\x{FEFF}]+",
        " ",
    ),
    (r"(?i)https?://", r" \0"),
    (_TOKEN, r" \0 "),
    (r"(?i)(?:n't|'(?:s|m|d|re|ve|ll))\b", r" \0"),
)
_HASHTAG_RULES = (
    (r"^[#＃]", "# "),
    ("_+", " "),
    (r"([\p{Ll}\pN])(\p{Lu})", r"\1 \2"),
    (r"(\p{Lu})(\p{Lu}(?:[a-rt-zß-ÿ]|s\p{Ll}))", r"\1 \2"),  # BBCNews, but DVDs
    (r"(\pL)(\pN)", r"\1 \2"),
)


def split_tweet(text):
    """Splits tweets into words, user names, addresses, emoticons, emoji, hashtags' words and marks.

    One token each: `@user`, URLs and mail addresses, emoticons (`:-(`, `;D`, `(:`, `<3`,
    `^_^`; of `:)))` the face, then `))`), an emoji with its variation selector, skin tone and
    joined parts, a flag, numbers (`$3.39`, `10,000`, `7:30`), hyphenated words, runs of one
    mark (`!!!`, `...`). Contractions part as in the Penn Treebank (`do n't`, `it 's`, `can not`,
    `gon na`).

    A hashtag becomes `#` and its words: `#GoodMorning` -> `# Good Morning`, `#BBCNews2016` ->
    `# BBC News 2016`, `#not_bad` -> `# not bad`; where letter case shows none, `#` and one
    word. HTML entities (`&amp; &lt; &gt; &quot; &#39; &nbsp;`) are decoded, control characters
    and characters of no width dropped, invalid UTF-8 is replaced. Letter case is kept.

    Args:
        text: String tensor of shape `(batch,)`.

    Returns:
        Ragged string tensor `(batch, None)`.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")
    for pattern, replacement in _RULES:
        text = tf.strings.regex_replace(text, pattern, replacement)
    return split_merged(_split_hashtags(tf.strings.split(text)))


def _split_hashtags(words):
    values = words.values
    places = tf.where(tf.strings.regex_full_match(values, "[#＃].+"))
    hashtags = tf.gather_nd(values, places)
    for pattern, replacement in _HASHTAG_RULES:
        hashtags = tf.strings.regex_replace(hashtags, pattern, replacement)
    values = tf.tensor_scatter_nd_update(values, places, hashtags)
    return words.with_values(tf.strings.split(values)).merge_dims(1, 2)


def normalize_tweet(words):
    """The form in which words of tweets enter a vocabulary: lower case, nobody's name.

    User names and mail addresses become `@user`, URLs `http`. Numbers stay as they are.

    Args:
        words: String tensor of any shape, dense or ragged: words of `split_tweet`.

    Returns:
        String tensor of the same shape.
    """
    if isinstance(words, tf.RaggedTensor):
        return words.with_flat_values(normalize_tweet(words.flat_values))
    words = tf.strings.lower(words, encoding="utf-8")
    words = tf.strings.regex_replace(words, rf"^(?:{_EMAIL}|{_USER})$", "@user")
    return tf.strings.regex_replace(words, rf"^(?:{_URL})$", "http")
