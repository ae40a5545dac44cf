"""Generated sentences whose POS and entity tags follow from different cues.

Which part of speech a word is, its ending tells: `-ed`, `-ing`, `-ly`, `-ous`, `-ness`; only
`-s` ends both plural nouns and verbs, and the word before decides. What kind of entity a name
is, only its neighbours tell: the names of persons, places and organisations are drawn from the
same capitalised words. So a tagger needs the letters for one task and the surroundings for the
other. Stems belong to one split each: no name and no open-class word of `test` is in `train`.
"""

from modzoo.data.generated import corpus_generator, pick
from modzoo.data.splits import hash_split
from modzoo.data.tagged_sentences import TaggedSentences

SIZES = {"train": 3000, "validation": 500, "test": 1000}
ENTITIES = ("per", "geo", "org")
ENDINGS = {
    "NN": ("ness", "ment", "or"),
    "NNS": ("s",),
    "VB": ("",),
    "VBD": ("ed",),
    "VBG": ("ing",),
    "VBZ": ("s",),
    "JJ": ("ous", "ful"),
    "RB": ("ly",),
}
FUNCTION_WORDS = {
    **dict.fromkeys(["the", "a", "every", "this"], "DT"),
    **dict.fromkeys(["in", "near", "from", "for", "of", "after", "that", "by"], "IN"),
    **dict.fromkeys(["he", "she", "it"], "PRP"),
    **dict.fromkeys(["and", "but"], "CC"),
    **dict.fromkeys(["will", "may"], "MD"),
    **dict.fromkeys(["was", "said", "joined", "left"], "VBD"),
    **dict.fromkeys(["President", "Mr.", "Judge"], "NNP"),
    **dict.fromkeys(["shares", "workers", "streets"], "NNS"),
    "'s": "POS",
    ",": ",",
    ".": ".",
}
TITLES, DETERMINERS, PRONOUNS = ("President", "Mr.", "Judge"), ("the", "a", "every"), ("he", "she")
# Upper-case names stand for words to be drawn.
SENTENCES = [
    "TITLE PER VBD DT JJ NN in GEO .",
    "PER said that the NNS VBD RB .",
    "PRP VBZ DT JJ NN near GEO .",
    "the NNS from GEO joined ORG .",
    "workers of ORG VBD RB , PER said .",
    "shares of ORG VBD after DT NN .",
    "PER and TITLE PER left ORG in GEO .",
    "PRP will VB DT NN .",
    "DT NN was VBG the JJ NNS RB .",
    "from GEO , TITLE PER VBD DT NN by ORG .",
    "ORG shares VBD , but the streets of GEO VBD RB .",
    "PRP VBZ for ORG and VBZ in GEO .",
    "near GEO , PER said , every NN will VB .",
    "DT JJ NN of the NNS may VB .",
]


def generate_tagged_sentences(split, size=None, seed=0):
    """Generates one split of the corpus: `pos` and `ner`, in IOB2.

    Args:
        split: `"train"`, `"validation"` or `"test"`. None: `"test"`.
        size: Integer, number of sentences. Default: `SIZES[split]`.
        seed: Integer, seed of the corpus.
    """
    split = split or "test"
    rng = corpus_generator(seed, split)
    stems = _stems(split)
    sentences = [_sentence(rng, stems) for _ in range(SIZES[split] if size is None else size)]
    columns = [[[word[i] for word in sentence] for sentence in sentences] for i in range(3)]
    tags = {"pos": columns[1], "ner": columns[2]}
    return TaggedSentences(columns[0], tags, split, "sentences generated from a grammar")


def _stems(split):
    """Two or three syllables; each stem belongs to one split."""
    syllables = [c + v for c in "bdfgklmnprtvz" for v in "aeiou"]
    ends = [c + v + d for c in "bdgklmnprtv" for v in "aeiou" for d in "bgkmnt"]
    return [stem for a in syllables for b in ends if hash_split(stem := a + b) == split]


def _sentence(rng, stems):
    words = []
    for symbol in pick(rng, SENTENCES).split():
        if symbol.lower() in ENTITIES:
            words += _name(rng, stems, symbol.lower())
        elif symbol in ENDINGS:
            words.append((pick(rng, stems) + pick(rng, ENDINGS[symbol]), symbol, "O"))
        else:
            options = {"TITLE": TITLES, "DT": DETERMINERS, "PRP": PRONOUNS}.get(symbol, (symbol,))
            word = pick(rng, options)
            words.append((word, FUNCTION_WORDS[word], "O"))
    return [(words[0][0][0].upper() + words[0][0][1:], *words[0][1:]), *words[1:]]


def _name(rng, stems, kind):
    length = 1 + int(rng.random() < 0.4)
    return [
        (pick(rng, stems).capitalize(), "NNP", f"{'I' if i else 'B'}-{kind}") for i in range(length)
    ]
