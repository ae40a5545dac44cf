import pytest

from modzoo.data.sst2 import load_sst2
from modzoo.errors import CallError


def test_published_counts(data_dir):
    sizes = {split: len(load_sst2(data_dir / "sst2", split)) for split in ("train", "dev")}
    validation = load_sst2(data_dir / "sst2", "validation")
    assert sizes["dev"] == 872
    assert sizes["train"] + len(validation) == 67349
    assert 0.045 < len(validation) / 67349 < 0.055


def test_splits_share_no_sentence(data_dir):
    train = set(load_sst2(data_dir / "sst2", "train").texts)
    assert not train & set(load_sst2(data_dir / "sst2", "validation").texts)


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
