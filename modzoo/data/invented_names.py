"""Invented names of drugs, diseases and other things: what they are no word shows, only a list."""

import functools

import numpy as np

from modzoo.data.generated import pick

LISTS = ("drugs", "diseases", "birth_defects", "things")
NUMBER = 600  # of names, for each list
ONSETS = [*"bdfgklmnprtvz", "br", "dr", "gl", "kr", "pl", "tr", "v", "z"]
NUCLEI = [*"aeiou", "ia", "eo"]
CODAS = ["", "l", "m", "n", "r", "x"]
SHARE_OF_TWO_WORDS = 0.2


@functools.cache
def invented_names():
    """The lists, `{name of the list: tuple of lower-case names}`, each name in one list alone."""
    rng = np.random.default_rng(0)
    seen = set()

    def name():
        while True:
            words = [_word(rng) for _ in range(2 if rng.random() < SHARE_OF_TWO_WORDS else 1)]
            if not seen & {*words}:
                seen.update(words)
                return " ".join(words)

    return {list_name: tuple(name() for _ in range(NUMBER)) for list_name in LISTS}


def _word(rng):
    return "".join(pick(rng, ONSETS) + pick(rng, NUCLEI) for _ in range(3)) + pick(rng, CODAS)
