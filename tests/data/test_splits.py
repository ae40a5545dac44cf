import pytest

from modzoo.data.splits import SPLITS, hash_split, require_split
from modzoo.errors import CallError


def test_a_split_there_is():
    assert require_split("test", SPLITS, "The set") == "test"


def test_a_split_there_is_not():
    with pytest.raises(CallError) as caught:
        require_split("dev", SPLITS, "The set")
    message = "The set has no split 'dev'; it has: train, validation, test."
    assert str(caught.value) == message
    with pytest.raises(CallError, match="no split 'dev'; it has: none"):
        require_split("dev", {}, "The set")


def test_hash_split_is_by_id():
    splits = [hash_split(f"Sentence: {i}") for i in range(1000)]
    assert set(splits) == set(SPLITS)
    assert 760 < splits.count("train") < 840
    assert 70 < splits.count("test") < 130
