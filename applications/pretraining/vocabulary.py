"""The word pieces that a text is best written in."""

import string
import unicodedata
from collections import Counter

from modzoo.applications.pretraining.tokenizer import SPECIAL
from modzoo.errors import CallError

MOST_CHARACTERS = 1000
USUAL = string.ascii_lowercase + string.digits + string.punctuation
MOST_TEXT = 2**28  # characters, which say enough of more
LEAST_COUNT = 2  # of a piece


def learn_vocabulary(texts, size):
    """Learns a vocabulary for `TIMBertTokenizer`: characters, and the pieces that stand most often
    together, from the most frequent pair on, as byte-pair encoding does.

    Args:
        texts: Iterable of strings, read twice, the first `MOST_TEXT` characters.
        size: Integer, most pieces.

    Returns:
        List of at most `size` strings, the same for the same texts.

    Raises:
        CallError: If the characters alone are more.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    # Numbers of pieces decide between pairs that are as frequent: those within words are given
    # theirs here, in order, and not as the words happen to come.
    characters = _characters(texts, normalizer)
    within = [f"##{c}" for c in characters if _stands_within_words(c)]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        min_frequency=LEAST_COUNT,
        initial_alphabet=characters,
        limit_alphabet=len(characters),
        special_tokens=[*SPECIAL, *within],
        show_progress=False,
    )
    tokenizer.train_from_iterator(_read(texts), trainer)
    pieces = tokenizer.get_vocab()
    if len(pieces) > size:
        raise CallError(
            f"The text has characters for {len(pieces):,} word pieces alone; --vocabulary-size "
            f"must be at least that, received {size:,}."
        )
    return sorted(pieces, key=pieces.get)


def _characters(texts, normalizer):
    """The most frequent characters of the texts, and those that any text may have."""
    counts = Counter()
    for text in _read(texts):
        counts.update(normalizer.normalize_str(text))
    frequent = sorted(counts, key=lambda c: (-counts[c], c))[:MOST_CHARACTERS]
    return sorted({*frequent, *USUAL} - {*string.whitespace})


def _stands_within_words(character):
    """Whether words are not parted at it."""
    if character.isascii():
        return character.isalnum()
    return unicodedata.category(character)[0] not in "PZC"


def _read(texts):
    """The texts without special pieces, as far as they are read."""
    left = MOST_TEXT
    for text in texts:
        if left <= 0:
            return
        left -= len(text)
        for piece in SPECIAL:
            text = text.replace(piece, " ")
        yield text
