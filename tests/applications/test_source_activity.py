"""What modules did at all words of a data set, beside counting by hand."""

import itertools

import numpy as np
import pytest

from modzoo.applications import sentiment
from modzoo.applications.annotated_texts import inspection
from modzoo.applications.annotated_texts.inspection import Counts
from modzoo.data.examples import TextExamples
from modzoo.knowledge import Lexicon, Tokens
from tests.applications.test_sentiment import classifier

LEXICA = [Lexicon("one", {"a": 1.0}), Lexicon("two", {"a": 1.0})]
SOURCES = [Tokens.learn(["a"]), *LEXICA]
# Words of the modules token, one and two: active, attention, what the lexica say.
WORDS = [
    ((0, 1, 1), (0.2, 0.9, 0.8), (3, 1)),  # they agree, the token is idle
    ((1, 1, 0), (0.7, 0.6, 0.4), (-2, -1)),  # they agree, and one of them is idle
    ((0, 1, 1), (0.3, 0.6, 0.5), (1, None)),  # the token lost to a lexicon that is silent
    ((1, 0, 1), (0.9, 0.1, 0.5), (1, -1)),  # they differ
    ((0, 1, 1), (0.4, 0.5, 0.5), (0, 0)),  # equal, of no sign: neutral words do not agree
    ((1, 1, 0), (0.8, 0.5, 0.5), (None, None)),
]


def batch(words, padding):
    """Arrays of one text of these words, and so much padding."""
    shape = (1, len(words) + padding)
    arrays = {
        "padding_mask": np.arange(shape[1])[None] < len(words),
        "activity": np.ones((*shape, 3), "float32"),  # as nothing at padding may count
        "attention": np.ones((*shape, 3), "float32"),
        "one": np.ones((*shape, 2), "float32"),
        "two": np.ones((*shape, 2), "float32"),
    }
    for place, (active, attention, said) in enumerate(words):
        arrays["activity"][0, place] = active
        arrays["attention"][0, place] = attention
        for name, score in zip(("one", "two"), said, strict=True):
            arrays[name][0, place] = (0, 0) if score is None else (score, 1)
    return arrays


@pytest.mark.one_backend
@pytest.mark.parametrize("size", [1, 2, 6])
def test_counted_by_hand(size):
    counts = Counts(SOURCES)
    for start in range(0, len(WORDS), size):
        counts.add(batch(WORDS[start : start + size], padding=start))
    record = counts.record()
    assert record["words"] == 6 and record["modules"] == ["token", "one", "two"]
    assert record["activity"] == {
        "token": {
            "words": 6,
            "active": 3 / 6,
            "lost_to_silent": 1 / 6,
            "attention": pytest.approx(3.3 / 6),
            "active_in_silence": None,
        },
        "one": {
            "words": 5,
            "active": 4 / 5,
            "lost_to_silent": 0,
            "attention": pytest.approx(2.7 / 5),
            "active_in_silence": 1,
        },
        "two": {
            "words": 4,
            "active": 3 / 4,
            "lost_to_silent": 0,
            "attention": pytest.approx(2.2 / 4),
            "active_in_silence": 1 / 2,
        },
    }
    token_one, token_two, one_two = record["competition"]
    assert token_one == {
        "modules": ["token", "one"],
        "words": 5,
        "first": 1 / 5,
        "second": 3 / 5,
        "both": 1 / 5,
        "neither": 0,
        "first_ahead": 2 / 5,
        "second_ahead": 3 / 5,
    }
    assert (token_two["words"], token_two["both"]) == (4, 1 / 4)
    assert one_two == {
        "modules": ["one", "two"],
        "words": 4,
        "first": 1 / 4,
        "second": 1 / 4,
        "both": 2 / 4,
        "neither": 0,
        "first_ahead": 2 / 4,
        "second_ahead": 1 / 4,
    }
    assert record["agreement"] == {
        "lexica": ["one", "two"],
        "words": 2,
        "modules": {
            "token": {"idle": 0.5, "lost_to_silent": 0, "behind": 0.5, "idle_elsewhere": 2 / 4}
        },
    }


@pytest.mark.one_backend
def test_nothing_is_said_of_no_words_and_of_one_lexicon():
    counts = Counts(SOURCES[:2])
    counts.add({**batch([], 2), "activity": np.ones((1, 2, 2)), "attention": np.ones((1, 2, 2))})
    record = counts.record()
    assert "agreement" not in record and record["words"] == 0
    assert set(record["activity"]["one"].values()) == {0, None}
    record = {"split": "dev", "examples": 1, "num_active": 1, **record}
    assert any("–" in line for line in inspection.inspection_lines(record))


@pytest.mark.parametrize("silent_sources", ["null", "idle"])
def test_over_a_data_set_it_is_as_explain_says_of_each_text(monkeypatch, silent_sources):
    monkeypatch.setattr(inspection, "BATCH_SIZE", 3)
    model = classifier(num_active=2, silent_sources=silent_sources)
    texts = ["a good , great film", "dull", "", "not bad at all , but awful", "good"]
    examples = TextExamples(texts, np.zeros(5, int), ["negative"], "dev", "here")
    record = sentiment.inspect(model, examples)
    told = [sentiment.explain(model, text) for text in texts if text]
    words = [
        {
            "active": [told_of["active"][m][t] for m in range(3)],
            "attention": [told_of["attention"][m][t] for m in range(3)],
            "said": [told_of["annotations"][name][t] for name in ("afinn", "vader")],
        }
        for told_of in told
        for t in range(len(told_of["tokens"]))
    ]
    assert (record["words"], record["examples"], record["num_active"]) == (len(words), 5, 2)
    for place, name in enumerate(["afinn", "vader"], start=1):
        spoke = [word for word in words if word["said"][place - 1] is not None]
        silent = [word for word in words if word["said"][place - 1] is None]
        of = record["activity"][name]
        assert of["words"] == len(spoke) > 0
        assert of["active"] == pytest.approx(np.mean([w["active"][place] for w in spoke]))
        assert of["attention"] == pytest.approx(
            np.mean([w["attention"][place] for w in spoke]), abs=1e-4
        )
        share = np.mean([w["active"][place] for w in silent])
        assert of["active_in_silence"] == pytest.approx(share)
        assert share == 0 or silent_sources == "null"
    agree = [w for w in words if None not in w["said"] and np.prod(w["said"]) > 0]
    found = record["agreement"]
    assert found["words"] == len(agree) > 0
    idle = np.mean([not word["active"][0] for word in agree])
    assert found["modules"]["token"]["idle"] == pytest.approx(idle)
    for pair in record["competition"]:
        one, other = (["token", "afinn", "vader"].index(name) for name in pair["modules"])
        both = [w for w in words if all(([0, *w["said"]][i]) is not None for i in (one, other))]
        alone = [w["active"][one] and not w["active"][other] for w in both]
        assert (pair["words"], pair["first"]) == (len(both), pytest.approx(np.mean(alone)))
        shares = [pair[name] for name in ("first", "second", "both", "neither")]
        assert sum(shares) == pytest.approx(1)
    assert len(record["competition"]) == len([*itertools.combinations(range(3), 2)])
    (figure,) = sentiment.draw_inspection(record).values()
    assert figure.get_size_inches()[0] < 16
