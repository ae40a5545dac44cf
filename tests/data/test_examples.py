"""The containers of examples: what each of them offers alike."""

import subprocess
import sys

import numpy as np
import pytest

from modzoo.data.examples import TextExamples
from modzoo.data.pictures import Pictures, SideBySide
from modzoo.data.tagged_sentences import TaggedSentences

TEXTS = ["a fine film", "", "fine", "not  so fine ."]
TOKENS = [["a", "fine", "film"], ["fine"], []]
PIXELS = np.arange(4 * 2 * 2 * 3, dtype="uint8").reshape(4, 2, 2, 3)


def texts(count=None):
    chosen = TEXTS[:count]
    return TextExamples(chosen, np.arange(len(chosen)), ["a", "b", "c", "d"], "test", "some texts")


def sentences(count=None):
    tags = {"pos": [["DT", "JJ", "NN"], None, []][:count]}
    return TaggedSentences(TOKENS[:count], tags, "test", "some sentences")


def pictures():
    return Pictures(PIXELS, "test", "some pictures")


PAIRS = SideBySide((pictures(), pictures().limit(3)))
EXAMPLES = [texts(), sentences(), SideBySide((pictures(),)), PAIRS]


@pytest.mark.parametrize("examples", EXAMPLES, ids=lambda e: type(e).__name__)
def test_what_all_offer(examples):
    assert examples.split == "test" and examples.source.startswith("some")
    assert len(examples) >= 3
    assert examples.summary.startswith(f"{len(examples)} ") and examples.remarks == ()
    few = examples.limit(count=2)
    assert type(few) is type(examples)
    assert (len(few), few.split, few.source) == (2, examples.split, examples.source)
    assert len(examples.limit(100)) == len(examples.limit(None)) == len(examples)
    assert len(examples.limit(0)) == 0


def test_summaries():
    assert sentences().summary == "3 sentences, 4 words: pos of 3 tags"
    assert PAIRS.summary == "3 pictures"


def test_lengths():
    assert texts().lengths.tolist() == [2, 0, 0, 4]
    assert sentences().lengths.tolist() == [3, 1, 0]
    for examples in (texts(), texts(0), sentences(), sentences(0)):
        assert examples.lengths.dtype.kind == "i"
        assert examples.lengths.shape == (len(examples),)


def test_containers_bring_no_tensorflow():
    modules = "modzoo.data.examples, modzoo.data.tagged_sentences, modzoo.data.pictures"
    script = f"import sys, {modules}; print('tensorflow' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
