"""Generated sentences of two made-up languages, and of both mixed, with POS tags of each.

The first language is that of `modzoo.data.tag_grammar`, whose endings tell the part of speech.
The words of the second are those of the first read backwards, so that their beginnings tell it.
Mixed sentences change between them from word to word. As in the published corpora each of the
three has tags of its own.
"""

from modzoo.data.generated import corpus_generator
from modzoo.data.tag_grammar import SIZES, generate_tagged_sentences
from modzoo.data.tagged_sentences import TaggedSentences, of_several_tasks

SWITCH = 0.3  # how likely the language changes after a word
# The first language's tags, and what they are in mixed sentences and in the second language.
MIXED = {
    **dict.fromkeys(("NN", "NNS", "NNP"), "G_N"),
    **dict.fromkeys(("VB", "VBD", "VBG", "VBZ", "MD"), "G_V"),
    **dict.fromkeys((",", "."), "G_X"),
    **dict.fromkeys(("IN", "POS"), "PSP"),
    "JJ": "G_J",
    "RB": "G_R",
    "PRP": "G_PRP",
    "DT": "DT",
    "CC": "CC",
}
SECOND = {
    **dict.fromkeys(("NN", "NNS"), "NN"),
    **dict.fromkeys(("VB", "VBD", "VBG", "VBZ"), "VM"),
    **dict.fromkeys((",", "."), "SYM"),
    **dict.fromkeys(("IN", "POS"), "PSP"),
    "NNP": "NNP",
    "MD": "VAUX",
    "JJ": "JJ",
    "RB": "RB",
    "PRP": "PRP",
    "DT": "DEM",
    "CC": "CC",
}


def generate_mixed_sentences(split, size=None, seed=0):
    """Generates one split of the corpus: `pos`, of mixed sentences, `english` and `hindi`.

    Args:
        split: `"train"`, `"validation"` or `"test"`. None: `"test"`.
        size: Integer, number of sentences, a third of each task. Default: `SIZES[split]`.
        seed: Integer, seed of the corpus.

    Returns:
        `TaggedSentences`, the primary task `pos`; the auxiliary tasks are named as what they stand
        for.
    """
    split = split or "test"
    rng = corpus_generator(seed, split)
    size = SIZES[split] if size is None else size
    whole = generate_tagged_sentences(split, size, seed)
    changes = {"pos": (_mixed, MIXED), "english": (_same, {}), "hindi": (_backwards, SECOND)}
    parts = {}
    for place, (task, (change, names)) in enumerate(changes.items()):
        part = whole.take(range(place, size, len(changes)))
        tokens = [change(words, rng) for words in part.tokens]
        tags = [[names.get(tag, tag) for tag in row] for row in part.tags["pos"]]
        parts[task] = TaggedSentences(tokens, {task: tags}, split, whole.source)
    return of_several_tasks(parts)


def _same(words, rng):
    return words


def _backwards(words, rng):
    return [word[::-1] for word in words]


def _mixed(words, rng):
    turned, mixed = bool(rng.integers(2)), []
    for word in words:
        mixed.append(word[::-1] if turned else word)
        turned ^= bool(rng.random() < SWITCH)
    return mixed
