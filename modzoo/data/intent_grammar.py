"""Generated requests to an assistant, each of one intent or of several.

A request is a phrase of its intent with places for words, which intents share: only the phrase
tells a transfer to Paris from a flight there. Some words stand in two phrases, and politeness in
all. A hash of the request gives it to a split, so that none is in two.
"""

import numpy as np

from modzoo.data.examples import TextExamples
from modzoo.data.generated import corpus_generator, pick
from modzoo.data.multi_label import MultiLabelTexts
from modzoo.data.splits import hash_split

SIZES = {"train": 3000, "validation": 500, "test": 1000}
SOURCE = "requests generated from a grammar"
PHRASES = {
    "alarm": [
        *("set an alarm for {t}", "wake me up at {t}", "i must be up by {t} {d}"),
        *("put the alarm on for {d} at {t}", "do not let me sleep past {t}"),
    ],
    "balance": [
        *("how much is in my {a} account", "what is left on my {a} card"),
        *("tell me what i have in {a}", "is there enough money in my {a} account for {d}"),
    ],
    "flight": [
        *("book a seat to {c} {d}", "i need to fly to {c} at {t}", "find me a plane to {c}"),
        *("what does a ticket to {c} cost {d}", "get me out to {c} {d}"),
    ],
    "music": [
        *("play something by {m}", "put {m} on", "i want to hear {m} {d}"),
        *("turn up the {m} song", "skip this , play {m}"),
    ],
    "reminder": [
        *("remind me to call {m} {d}", "do not let me forget {m} at {t}"),
        *("note that i must pay {a} {d}", "put {m} on my list for {d}"),
    ],
    "restaurant": [
        *("find a table for {d} at {t}", "where can i eat in {c}", "book dinner at {t} in {c}"),
        *("which places in {c} are open {d}", "is there good food in {c}"),
    ],
    "transfer": [
        *("move money from {a} to {m}", "send {m} fifty from my {a} account"),
        *("pay {m} out of {a} {d}", "wire the rent to {c} {d}"),
    ],
    "weather": [
        *("will it rain in {c} {d}", "how hot is it in {c} at {t}", "do i need a coat in {c} {d}"),
        *("what is {c} like {d}", "is it going to be cold {d}"),
    ],
}
WORDS = {
    "a": [
        *("savings", "checking", "travel", "joint", "business", "blue", "holiday", "old", "green"),
    ],
    "c": [
        *("paris", "oslo", "lima", "cairo", "boston", "delhi", "rome", "quito", "perth", "accra"),
        *("kyoto", "lisbon"),
    ],
    "d": [
        *("today", "tomorrow", "on monday", "on friday", "this week", "next month", "tonight"),
        *("on sunday", "this weekend", "next summer"),
    ],
    "m": [
        *("anna", "the doctor", "mozart", "my sister", "queen", "the landlord", "prince", "lee"),
        *("madonna", "my uncle", "the dentist", "bach"),
    ],
    "t": [
        *("six", "seven", "half past nine", "noon", "ten thirty", "midnight", "a quarter to five"),
        *("eight", "ten to eleven", "four in the morning"),
    ],
}
POLITE = ["please", "can you", "hey ,", "i would like this :", "quickly ,", "could you maybe"]
INTENTS = sorted(PHRASES)


def generate_requests(split, size=None, seed=0, intents=INTENTS):
    """Generates one split of requests of one intent each.

    Args:
        split: `"train"`, `"validation"` or `"test"`. None: `"test"`.
        size: Integer, number of requests. Default: `SIZES[split]`.
        seed: Integer, seed of the corpus.
        intents: List of those of `INTENTS` to generate.

    Returns:
        `TextExamples`, as many of each intent in expectation.
    """
    split = split or "test"
    rng = corpus_generator(seed, split)
    labels = rng.integers(0, len(intents), SIZES[split] if size is None else size)
    texts = [_request(rng, [intents[label]], split) for label in labels]
    return TextExamples(texts, labels, list(intents), split, SOURCE)


def generate_joint_requests(split, size=None, seed=0):
    """Generates one split of requests of one to three intents each; `split`, `size` and `seed`
    as of `generate_requests`.

    Returns:
        `MultiLabelTexts`.
    """
    split = split or "test"
    rng = corpus_generator(seed, split)
    number = SIZES[split] if size is None else size
    flags, texts = np.zeros((number, len(INTENTS)), "float32"), []
    for row in flags:
        labels = rng.choice(len(INTENTS), rng.integers(1, 4), replace=False)
        row[labels] = 1
        texts.append(_request(rng, [INTENTS[label] for label in labels], split))
    return MultiLabelTexts(texts, flags, INTENTS, split, SOURCE)


def _request(rng, intents, split):
    while True:
        said = []
        for intent in intents:
            fill = {place: pick(rng, options) for place, options in WORDS.items()}
            said.append(pick(rng, PHRASES[intent]).format(**fill))
        text = " and ".join(said)
        if rng.random() < 0.5:
            text = f"{pick(rng, POLITE)} {text}"
        if rng.random() < 0.2:
            text = f"{text} please"
        if hash_split(text) == split:
            return text
