import hashlib
import unicodedata


def hash_bucket(text, buckets=10):
    """A number in `[0, buckets)` that depends on the text alone: `sha1(NFC(text)) % buckets`.

    Where a set has no published split, 0-7 of ten are `train`, 8 `validation`, 9 `test`.
    """
    digest = hashlib.sha1(unicodedata.normalize("NFC", text).encode()).hexdigest()
    return int(digest, 16) % buckets
