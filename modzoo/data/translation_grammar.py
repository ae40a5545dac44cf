"""Generated English sentences and their French translations.

An article and an adjective depend on the noun's gender in French alone, the adjective stands after
the noun there, and a negation goes around the verb.
"""

from modzoo.data.generated import corpus_generator, pick
from modzoo.data.splits import hash_split
from modzoo.data.translations import both_ways

SIZES = {"train": 4000, "validation": 300, "test": 300}
NOUNS = [  # English, French, whether it is feminine
    *(("dog", "chien", 0), ("cat", "chat", 0), ("boy", "garçon", 0), ("book", "livre", 0)),
    *(("garden", "jardin", 0), ("train", "train", 0), ("girl", "fille", 1), ("house", "maison", 1)),
    *(("table", "table", 1), ("car", "voiture", 1), ("door", "porte", 1), ("town", "ville", 1)),
]
ADJECTIVES = [
    *(("green", "vert", "verte"), ("black", "noir", "noire"), ("heavy", "lourd", "lourde")),
    *(("cold", "froid", "froide"), ("red", "rouge", "rouge"), ("strange", "étrange", "étrange")),
]
VERBS = [
    *(("sees", "see", "voit"), ("wants", "want", "veut"), ("finds", "find", "trouve")),
    *(("sells", "sell", "vend"), ("knows", "know", "connaît"), ("paints", "paint", "peint")),
]
ARTICLES = (("the", ("le", "la")), ("a", ("un", "une")))


def generate_translations(split, size=None, seed=0):
    """Generates one split; no English sentence is in two.

    Args:
        split: `"train"`, `"validation"` or `"test"`. None: `"test"`.
        size: Integer, number of pairs. Default: `SIZES[split]`.
        seed: Integer, seed of the corpus.

    Returns:
        `Translations` of `"eng"` and `"fra"`, each pair to be translated either way.
    """
    split = split or "test"
    rng = corpus_generator(seed, split)
    pairs = []
    while len(pairs) < (SIZES[split] if size is None else size):
        english, french = _pair(rng)
        if hash_split(english) == split:
            pairs.append((english, french))
    return both_ways(pairs, ["eng", "fra"], split, "sentences generated from a grammar")


def _pair(rng):
    subject, sujet = _noun_phrase(rng)
    object_, objet = _noun_phrase(rng)
    plain, bare, verbe = pick(rng, VERBS)
    if rng.random() < 0.3:
        return f"{subject} does not {bare} {object_} .", f"{sujet} ne {verbe} pas {objet} ."
    return f"{subject} {plain} {object_} .", f"{sujet} {verbe} {objet} ."


def _noun_phrase(rng):
    noun, nom, is_feminine = pick(rng, NOUNS)
    article, articles = pick(rng, ARTICLES)
    if rng.random() < 0.5:
        return f"{article} {noun}", f"{articles[is_feminine]} {nom}"
    adjective, *adjectifs = pick(rng, ADJECTIVES)
    return (
        f"{article} {adjective} {noun}",
        f"{articles[is_feminine]} {nom} {adjectifs[is_feminine]}",
    )
