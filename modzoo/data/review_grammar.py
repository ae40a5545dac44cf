"""Generated film reviews that can be understood only with a sentiment lexicon.

A review is a phrase or one clause, or two clauses joined by a contrast or an addition. Each
says something of the film with words of the lexicon, plainly or negated; of a contrast the
main clause decides. Every word of the lexicon belongs to one split alone: whoever has learned the
words of `train` by heart has seen none that carries sentiment in `test`. What can be
learned is how negation and contrast turn the lexicon's scores into a judgement. Where there
is a neutral class its reviews describe the film with words of no sentiment; of the strong
classes, those of five, intensify their words.
"""

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.generated import corpus_generator, pick
from modzoo.data.splits import hash_split

GRADES = {2: [-1, 1], 3: [-1, 0, 1], 5: [-2, -1, 0, 1, 2]}
LABEL_NAMES = {
    2: ["negative", "positive"],
    3: ["negative", "neutral", "positive"],
    5: ["-2", "-1", "0", "1", "2"],
}
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
NEUTRAL = [
    *("french", "animated", "digital", "short", "long", "modern", "american", "german"),
    *("historical", "domestic", "seasonal", "colored", "regional", "subtitled"),
]
INTENSIFIERS = ["very", "really", "extremely", "deeply"]
FORMS = (
    *(*SUBJECTS, *STATEMENTS, *NEGATIONS, *PHRASES, *NEGATED_PHRASES, *NOUNS),
    *(*CONTRASTS, *ADDITIONS, *NEUTRAL, *INTENSIFIERS),
)
# Adjectives by their endings, nothing stronger than 3: AFINN's 4 and 5 are mostly swear words.
ENDINGS = (
    *("able", "al", "ant", "ed", "ent", "ful", "ible"),
    *("ic", "ing", "ish", "ive", "less", "ous"),
)


def generate_reviews(scores, split, size=None, seed=0, classes=2):
    """Generates one split of the corpus.

    Args:
        scores: The lexicon, a dictionary from lower-case term to score.
        split: `"train"`, `"validation"` or `"test"`.
        size: Integer, number of reviews. Default: `SIZES[split]`.
        seed: Integer, seed of the corpus.
        classes: Integer: 2, negative and positive; 3, neutral too; or 5, the scores -2 to 2.

    Returns:
        `TextExamples`, as many of each class in expectation.
    """
    rng = corpus_generator(seed, split)
    words = {**_words_of(scores, split), 0: NEUTRAL}
    size = SIZES[split] if size is None else size
    labels = rng.integers(0, classes, size)
    texts = [_review(rng, words, GRADES[classes][label]) for label in labels]
    source = "reviews generated from a grammar"
    return TextExamples(texts, labels, LABEL_NAMES[classes], split, source)


def _words_of(scores, split):
    """The split's words, `{-1: negative, 1: positive}`."""
    known = {word for form in FORMS for word in form.split()}
    by_polarity = {-1: [], 1: []}
    for word in sorted(scores):
        adjective = word.isalpha() and word.endswith(ENDINGS) and word not in known
        if not adjective or not 1 <= abs(scores[word]) <= 3:
            continue
        if hash_split(word) == split:
            by_polarity[1 if scores[word] > 0 else -1].append(word)
    return by_polarity


def _review(rng, words, grade):
    kind = rng.integers(4)
    say = _phrase if kind == 0 else _clause
    text = say(rng, words, grade)
    if kind >= 2:
        contrast = kind == 2 and grade
        other = _clause(rng, words, -grade if contrast else grade)
        text = pick(rng, CONTRASTS if contrast else ADDITIONS).format(m=text, o=other)
    return f"{text} ." if rng.random() < 0.7 else text


def _phrase(rng, words, grade):
    negated = rng.random() < 0.3 and abs(grade) < 2
    form = pick(rng, NEGATED_PHRASES if negated else PHRASES)
    fill = {place: _word(rng, words, grade, negated) for place in "wvu"}
    return form.format(**fill, n=pick(rng, NOUNS))


def _clause(rng, words, grade):
    negated = rng.random() < 0.4 and abs(grade) < 2
    word = _word(rng, words, grade, negated)
    form = pick(rng, NEGATIONS if negated else STATEMENTS)
    return form.format(s=pick(rng, SUBJECTS), w=word)


def _word(rng, words, grade, negated):
    word = pick(rng, words[int(np.sign(-grade if negated else grade))])
    return f"{pick(rng, INTENSIFIERS)} {word}" if abs(grade) == 2 else word
