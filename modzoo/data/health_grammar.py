"""Generated texts of drugs, diseases and birth defects that only a gazetteer tells apart.

A text has a form, `she took {drug} for a week`, and names in its places. With names of the right
lists it is of the form's class; with an invented name of no list in one of the places, it is
said of something else, and of the last class, as are forms of that class with any names. Every
name belongs to one split alone: whoever has learned the names of `train` by heart has seen none
of those in `test`.
"""

import re

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.generated import corpus_generator, pick
from modzoo.data.invented_names import invented_names
from modzoo.data.splits import hash_split

SIZES = {"train": 4000, "validation": 800, "test": 1600}
SHARES = (0.4, 0.4, 0.2)  # of the forms of each class
LABEL_NAMES = {
    "ade": ["dose", "effect", "neither"],
    "medication": ["intake", "possible_intake", "mention"],
    "birth_defects": ["defect", "possible_defect", "mention"],
}
FORMS = {
    "ade": (
        [
            *("{number} mg of {drugs} twice a day", "she was given {drugs} , {number} mg daily ."),
            *("{drugs} was begun at {number} mg", "after {number} tablets of {drugs} he slept ."),
            *("the dose of {drugs} was {number} mg a week .", "{drugs} , {number} mg / kg ,"),
        ],
        [
            *("{diseases} after two days of {drugs}", "{drugs} gave him {diseases} ."),
            *("a patient with {diseases} caused by {drugs} .", "{drugs} and fatal {diseases} ."),
            *("{diseases} began with {drugs} and ended without it .",),
        ],
        [
            *("{drugs} is an old remedy for {diseases} .", "{diseases} was cured by {drugs} ."),
            *("no {diseases} was seen under {drugs} .", "{drugs} was not needed ."),
        ],
    ),
    "medication": (
        [
            *("just took my {drugs} for the {diseases}", "on {drugs} again since monday"),
            *("two {drugs} this morning and still this {diseases}", "i took {drugs} and slept"),
            *("my second {drugs} of the day :(", "{drugs} , coffee and bed for my {diseases}"),
        ],
        [
            *("might need some {drugs} tonight", "this {diseases} ... where is my {drugs}"),
            *("i should have {drugs} for this {diseases}", "out of {drugs} , what a night"),
        ],
        [
            *("they say {drugs} helps with {diseases}", "{drugs} is all over the news"),
            *("my dog eats {drugs} like sweets", "who invented {drugs} ?"),
        ],
    ),
    "birth_defects": (
        [
            *("our baby was born with {birth_defects}", "my son has {birth_defects} , pray for us"),
            *("{birth_defects} took our little girl", "she is two and lives with {birth_defects}"),
            *("year three with our daughter 's {birth_defects}",),
        ],
        [
            *("they think our baby may have {birth_defects}", "scan on monday , {birth_defects} ?"),
            *("doctors do not rule out {birth_defects} yet",),
        ],
        [
            *("reading about {birth_defects} today", "a walk for children with {birth_defects}"),
            *("{birth_defects} is rare , says the paper", "his cousin wrote on {birth_defects}"),
        ],
    ),
}
PLACES = re.compile(r"\{(\w+)\}")


def generate_health_texts(task, split, size=None, seed=0):
    """Generates one split of the corpus.

    Args:
        task: `"ade"`, `"medication"` or `"birth_defects"`.
        split: `"train"`, `"validation"` or `"test"`.
        size: Integer, number of texts. Default: `SIZES[split]`.
        seed: Integer, seed of the corpus.

    Returns:
        `TextExamples`, of whose texts three in five are of the last class, in expectation.
    """
    rng = corpus_generator(seed, split)
    names = {
        list_name: [name for name in of_list if hash_split(name) == split]
        for list_name, of_list in invented_names().items()
    }
    size = SIZES[split] if size is None else size
    last = len(LABEL_NAMES[task]) - 1
    texts, labels = [], []
    for label in rng.choice(len(SHARES), size, p=SHARES):
        form = pick(rng, FORMS[task][label])
        places = [place for place in PLACES.findall(form) if place != "number"]
        of_something_else = label != last and rng.random() < 0.5
        other = pick(rng, places) if of_something_else else None
        fill = {place: pick(rng, names["things" if place == other else place]) for place in places}
        texts.append(form.format(**fill, number=rng.integers(1, 40) * 5))
        labels.append(last if of_something_else else label)
    labels = np.array(labels, "int64")
    return TextExamples(texts, labels, LABEL_NAMES[task], split, "texts generated from a grammar")
