import numpy as np
import pytest

from modzoo.data.splits import hash_bucket
from modzoo.data.sst2 import load_sst2
from modzoo.errors import CallError


def test_published_counts(data_dir):
    train, validation, dev = (
        load_sst2(data_dir / "sst2", split) for split in ("train", "validation", "dev")
    )
    assert len(dev) == 872
    assert 0.94 < len(train) / 67349 < 0.96
    assert 300 < len(validation) < 400
    words = np.mean([text.count(" ") + 1 for text in validation.texts])
    assert words == pytest.approx(np.mean([text.count(" ") + 1 for text in dev.texts]), abs=2)


def test_held_back_sentences_are_new(data_dir):
    train = set(load_sst2(data_dir / "sst2", "train").texts)
    for sentence in load_sst2(data_dir / "sst2", "validation").texts:
        assert sentence not in train
        assert not any(phrase in train for phrase in _halves(sentence) if phrase.count(" ") > 8)


def _halves(sentence):
    words = sentence.split(" ")
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


def test_a_phrase_of_two_sentences_stays_in_train(tmp_path):
    """Of the two sentences the hash holds back the first."""
    held, kept = next(
        (f"a fine film {i}", f"a fine film {j}")
        for i in range(500)
        for j in range(500)
        if hash_bucket(f"a fine film {i}", 20) == 0 and hash_bucket(f"a fine film {j}", 20)
    )
    rows = [held, kept, "fine film", held.split()[-1]]
    (tmp_path / "train.tsv").write_text("sentence\tlabel\n" + "".join(f"{r}\t1\n" for r in rows))
    (tmp_path / "dev.tsv").write_text("sentence\tlabel\ngood\t1\n")
    assert load_sst2(tmp_path, "train").texts == [kept, "fine film"]
    assert load_sst2(tmp_path, "validation").texts == [held]


def test_labels_outside_the_set(tmp_path):
    (tmp_path / "dev.tsv").write_text("sentence\tlabel\ngood\t1\nbad\t2\n")
    with pytest.raises(CallError, match=r"dev\.tsv, line 3: the label must be 0 or 1, found '2'"):
        load_sst2(tmp_path, "dev")


@pytest.mark.parametrize(
    "split, message", [("test", "no labels"), ("eval", "no split 'eval'"), ("dev", r"dev\.tsv")]
)
def test_splits_that_cannot_be_read(tmp_path, split, message):
    with pytest.raises(CallError, match=message):
        load_sst2(tmp_path, split)
