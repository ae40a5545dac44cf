"""Hindi in Latin letters, as people write it in posts."""

import json
from dataclasses import replace

from modzoo.data.json_files import require_text
from modzoo.errors import CallError

FILE = "higlish2hindi-simple.json"


def read_romanisation(file):
    """How people spell the words of Hindi in Latin letters, `{Devanagari: Latin}`.

    The file is a JSON list of `{"hindi", "hinglish"}`, the most frequent spellings first, of
    which the first of a word is taken.
    """
    try:
        rows = json.loads(file.read())
        pairs = [(row["hindi"], row["hinglish"]) for row in rows]
        if type(rows) is not list or not all(type(word) is str for pair in pairs for word in pair):
            raise TypeError("found something else")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CallError(
            f'Cannot read {file}: expected a JSON list of {{"hindi", "hinglish"}} '
            f"({type(error).__name__}: {error})."
        ) from error
    require_text(rows, file)
    return {_plain(hindi): latin for hindi, latin in reversed(pairs) if hindi and latin}


def romanise(sentences, spellings):
    """`TaggedSentences`, in Latin letters those words that `spellings` has."""
    rows = [[spellings.get(_plain(word)) for word in words] for words in sentences.tokens]
    tokens = [
        [latin or word for latin, word in zip(row, words, strict=True)]
        for row, words in zip(rows, sentences.tokens, strict=True)
    ]
    share = sum(latin is not None for row in rows for latin in row) / sentences.lengths.sum()
    remark = f"{share:.0%} of the Hindi words of {sentences.split} are read in Latin letters."
    return replace(sentences, tokens=tokens, remarks=(*sentences.remarks, remark))


def _plain(word):
    """Without the joiners between letters, which change the look of a word alone."""
    return word.replace("\u200c", "").replace("\u200d", "")
