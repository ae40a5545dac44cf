"""BLEU of translations, by sacrebleu."""

import numpy as np

from modzoo.decomposition.vocabularies import PADDING, UNKNOWN
from modzoo.errors import CallError

NO_WORD = "\ufffd"  # stands for a word that no network writes


def bleu(said, true):
    """How near translations come to the right ones, by runs of one to four words.

    Args:
        said: List of translations, each a list of words without blanks.
        true: List of the right one of each.

    Returns:
        Float, 0 to 100. It is sacrebleu's of words as they are, letter case too.

    Raises:
        CallError: If sacrebleu is not there.
    """
    try:
        import sacrebleu
    except ImportError as error:
        raise CallError(
            "BLEU needs the package sacrebleu: pip install 'modzoo[translation]'."
        ) from error
    said, true = ([" ".join(words) for words in texts] for texts in (said, true))
    return float(sacrebleu.corpus_bleu(said, [true], tokenize="none", force=True).score)


def bleu_of_ids(said, true, has_vocabulary):
    """The same of ids, integer arrays `(texts, steps)`: the first 0 ends a text, and steps of -1
    are no part of it. Where they are of a vocabulary, a word unknown to it is never right."""
    unknown = UNKNOWN if has_vocabulary else None
    right = [[NO_WORD if i == unknown else str(i) for i in until_end(row)] for row in true]
    return bleu([[str(i) for i in until_end(row)] for row in said], right)


def until_end(ids):
    """The ids of a text, without what comes after its end."""
    ids = np.asarray(ids)
    ends = np.flatnonzero(ids == PADDING)
    ids = ids[: ends[0]] if len(ends) else ids
    return ids[ids >= 0].tolist()
