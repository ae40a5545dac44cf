"""Generated film reviews that can be understood only with a sentiment lexicon.

A review is a phrase or one clause, or two clauses joined by a contrast or an addition. Each
says something of the film with words of the lexicon, plainly or negated; of a contrast the
main clause decides. Every word of the lexicon belongs to one split alone: whoever has learned the
words of `train` by heart has seen none that carries sentiment in `test`. What can be
learned is how negation and contrast turn the lexicon's scores into a judgement.
"""

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.splits import hash_bucket

LABEL_NAMES = ["negative", "positive"]
SIZES = {"train": 6000, "validation": 1000, "test": 2000}

SUBJECTS = [
    *("the film", "this film", "the plot", "its plot", "the story", "the second half"),
    *("the dialogue", "her performance", "the camera work", "the final act", "the script"),
    *("the soundtrack", "this sequel", "his direction", "the whole cast", "every scene"),
]
STATEMENTS = [
    *("{s} is {w}", "{s} was {w}", "{s} feels {w}", "{s} seems rather {w}", "{s} remains {w}"),
    *("{w} , that is {s}", "i would call {s} {w}", "to me {s} is quite {w}"),
]
NEGATIONS = [
    *("{s} is not {w}", "{s} is never {w}", "{s} is n't {w}", "{s} was hardly {w}"),
    *("nobody would call {s} {w}", "{s} is anything except {w}"),
]
PHRASES = [
    *("a {w} {n}", "a rather {w} {n}", "a {w} , {v} {n}", "a {w} , {v} , {u} {n}"),
    *("{w} and {v}", "{w} , {v} and {u}", "what a {w} {n}"),
]
NEGATED_PHRASES = ["not a {w} {n}", "hardly a {w} {n}", "never a {w} {n}"]
NOUNS = ["film", "movie", "plot", "story", "script", "performance", "cast", "sequel"]
CONTRASTS = [  # m, the main clause, decides
    *("{o} , but {m}", "{o} , yet {m}", "although {o} , {m}", "{m} , although {o}"),
    *("{m} , even though {o}", "while {o} , {m}"),
]
ADDITIONS = ["{o} , and {m}", "{o} ; {m}", "{o} . {m}"]
FORMS = (
    *(*SUBJECTS, *STATEMENTS, *NEGATIONS, *PHRASES, *NEGATED_PHRASES, *NOUNS),
    *(*CONTRASTS, *ADDITIONS),
)
# Adjectives by their endings, nothing stronger than 3: AFINN's 4 and 5 are mostly swear words.
ENDINGS = (
    *("able", "al", "ant", "ed", "ent", "ful", "ible"),
    *("ic", "ing", "ish", "ive", "less", "ous"),
)


def generate_reviews(scores, split, size=None, seed=0):
    """Generates one split of the corpus.

    Args:
        scores: The lexicon, a dictionary from lower-case term to score.
        split: `"train"`, `"validation"` or `"test"`.
        size: Integer, number of reviews. Default: `SIZES[split]`.
        seed: Integer, seed of the corpus.

    Returns:
        `TextExamples`; half of them positive in expectation.
    """
    rng = np.random.default_rng([seed, list(SIZES).index(split)])
    by_polarity = _words_of(scores, split)
    size = SIZES[split] if size is None else size
    labels = rng.integers(0, 2, size)
    texts = [_review(rng, by_polarity, int(label)) for label in labels]
    source = "reviews generated from a grammar"
    return TextExamples(texts, labels, LABEL_NAMES, split, source)


def _words_of(scores, split):
    """The split's words, `{0: negative, 1: positive}`."""
    known = {word for form in FORMS for word in form.split()}
    by_polarity = {0: [], 1: []}
    for word in sorted(scores):
        adjective = word.isalpha() and word.endswith(ENDINGS) and word not in known
        if not adjective or not 1 <= abs(scores[word]) <= 3:
            continue
        bucket = hash_bucket(word)
        if split == ("train" if bucket < 8 else "validation" if bucket == 8 else "test"):
            by_polarity[int(scores[word] > 0)].append(word)
    return by_polarity


def _review(rng, by_polarity, label):
    kind = rng.integers(4)
    say = _phrase if kind == 0 else _clause
    text = say(rng, by_polarity, label)
    if kind >= 2:
        other = _clause(rng, by_polarity, 1 - label if kind == 2 else label)
        text = _pick(rng, CONTRASTS if kind == 2 else ADDITIONS).format(m=text, o=other)
    return f"{text} ." if rng.random() < 0.7 else text


def _phrase(rng, by_polarity, label):
    negated = rng.random() < 0.3
    words = by_polarity[1 - label if negated else label]
    form = _pick(rng, NEGATED_PHRASES if negated else PHRASES)
    fill = {place: _pick(rng, words) for place in "wvu"}
    return form.format(**fill, n=_pick(rng, NOUNS))


def _clause(rng, by_polarity, label):
    negated = rng.random() < 0.4
    word = _pick(rng, by_polarity[1 - label if negated else label])
    form = _pick(rng, NEGATIONS if negated else STATEMENTS)
    return form.format(s=_pick(rng, SUBJECTS), w=word)


def _pick(rng, options):
    return options[rng.integers(len(options))]
