"""Pieces of words in plain Python: whole texts are tokenised, and pieces belong by their letters.

Written from the papers: WordPiece takes the longest piece that the vocabulary holds, from the left
(Devlin et al., 2019); byte pairs are merged by rank (Sennrich et al., 2016; GPT-2's bytes).
"""

import itertools
import re


def word_pieces(text, vocabulary):
    """`[(piece, number of its word)]` of a text of words with a space between them."""
    found = []
    for number, word in enumerate(text.lower().split(" "), 1):
        for part in re.findall(r"\w+|[^\w\s]", word):
            pieces, start = [], 0
            while start < len(part):
                ends = range(len(part), start, -1)
                candidates = (("##" if start else "") + part[start:end] for end in ends)
                piece = next((p for p in candidates if p in vocabulary), None)
                if piece is None:
                    pieces = ["[UNK]"]
                    break
                pieces.append(piece)
                start += len(piece.removeprefix("##"))
            found += [(piece, number) for piece in pieces]
    return found


def byte_pairs(text, letters, merges):
    """The same by GPT-2's byte pairs of the text as a whole; a space belongs to the word after it.

    Args:
        text: Words with a space between them.
        letters: `{byte: character}`.
        merges: List of `"left right"`, the first merged first.
    """
    ranks = {tuple(merge.split(" ")): rank for rank, merge in enumerate(merges)}
    split = re.findall(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+", text)
    found, passed = [], 0
    for part in split:
        number = text[: passed + len(part)].count(" ") + 1
        passed += len(part)
        pieces = [letters[byte] for byte in part.encode()]
        while True:
            pairs = list(itertools.pairwise(pieces))
            best = min(pairs, key=lambda pair: ranks.get(pair, len(ranks)), default=None)
            if best not in ranks:
                break
            i = pairs.index(best)
            pieces[i : i + 2] = ["".join(best)]
        found += [(piece, number) for piece in pieces]
    return found
