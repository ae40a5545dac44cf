import hashlib
import unicodedata

from modzoo.errors import CallError, some_of

SPLITS = ("train", "validation", "test")


def hash_bucket(text, buckets=10):
    """A number in `[0, buckets)` that depends on the text alone: `sha1(NFC(text)) % buckets`.

    Where a set has no published split, 0-7 of ten are `train`, 8 `validation`, 9 `test`.
    """
    digest = hashlib.sha1(unicodedata.normalize("NFC", text).encode()).hexdigest()
    return int(digest, 16) % buckets


def hash_split(identity):
    """The split of a sentence in a set that publishes none, by its id or its text."""
    bucket = hash_bucket(identity)
    return "train" if bucket < 8 else "validation" if bucket == 8 else "test"


def held_back(identity):
    """Whether a sentence of `train`, by its id or its text, is for choosing an epoch: 5 %, where
    there is no such split."""
    return hash_bucket(identity, 20) == 0


def require_split(split, splits, source):
    """`split`; raises unless it is one of the names `splits`, which `source` has."""
    if split not in splits:
        raise CallError(
            f"{source} has no split {split!r}; it has: {some_of(splits, 20) or 'none'}."
        )
    return split


def require_some(rows, where, split, of="text"):
    """`rows`; raises if a hash of their `of` left none of them to the split."""
    if not rows:
        raise CallError(
            f"{where} holds too few rows: none of them falls to the split {split!r}, which a hash "
            f"of the {of} decides."
        )
    return rows
