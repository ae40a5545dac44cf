import pytest

from modzoo.data.tweeteval import is_tweeteval, load_tweeteval
from modzoo.errors import CallError


def folder_of(tmp_path, texts, labels, mapping="0\tno\n1\tyes"):
    for name, content in (
        ("mapping.txt", mapping),
        ("test_text.txt", texts),
        ("test_labels.txt", labels),
    ):
        content = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    "task, sizes, classes", [("emotion", (3257, 374, 1421), 4), ("irony", (2862, 955, 784), 2)]
)
def test_published_counts(data_dir, task, sizes, classes):
    for split, size in zip(("train", "val", "test"), sizes, strict=True):
        examples = load_tweeteval(data_dir / "tweeteval" / task, split)
        assert len(examples) == len(examples.labels) == size
        assert len(examples.label_names) == classes
        assert set(examples.labels) == set(range(classes))
    assert load_tweeteval(data_dir / "tweeteval" / task).split == "test"
    assert load_tweeteval(data_dir / "tweeteval" / task, "validation").split == "val"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_empty_tweet_keeps_its_label(tmp_path, end):
    texts = end.join(["\ufeffa", "", "b\u2028c\x0cd\x85e", " ", ""])
    examples = load_tweeteval(folder_of(tmp_path, texts, end.join(["1", "0", "1", "0"])))
    assert examples.texts == ["a", "", "b\u2028c\x0cd\x85e", ""]
    assert examples.labels.tolist() == [1, 0, 1, 0]
    assert examples.label_names == ["no", "yes"]


def test_classes_are_in_the_order_of_their_numbers(tmp_path):
    folder = folder_of(tmp_path, "a\nb\n", "10\n2\n", "10\tten\r\n2\ttwo\r\n")
    assert load_tweeteval(folder).label_names == ["two", "ten"]
    assert load_tweeteval(folder).labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    "texts, labels, message",
    [
        ("a\nb\n", "1\n2\n", r"test_labels\.txt, line 2: the label must be .* 0, 1, found '2'"),
        ("a\nb\n", "1\n\n", r"test_labels\.txt, line 2: .* found ''"),
        ("a\nb\n", "1\nyes\n", r"test_labels\.txt, line 2: .* found 'yes'"),
        ("a\nb\n", "1\n", r"test_text\.txt has 2 lines and test_labels\.txt has 1"),
        ("", "", r"test_text\.txt holds no tweets"),
        (b"a\ncaf\xe9\n", "1\n1\n", r"test_text\.txt, line 2: byte 0xe9"),
    ],
)
def test_errors_name_file_and_line(tmp_path, texts, labels, message):
    with pytest.raises(CallError, match=message):
        load_tweeteval(folder_of(tmp_path, texts, labels))


@pytest.mark.parametrize("mapping", ["0\tno\nyes\tyes\n", "0\tno\n0\tyes\n", "0\tno\n1\n"])
def test_mappings_that_cannot_be_read(tmp_path, mapping):
    with pytest.raises(CallError, match=r"mapping\.txt, line 2: expected"):
        load_tweeteval(folder_of(tmp_path, "a\n", "0\n", mapping))


def test_splits_that_cannot_be_read(tmp_path):
    with pytest.raises(CallError, match="no split 'dev'; it has: train, val, test"):
        load_tweeteval(tmp_path, "dev")
    with pytest.raises(CallError, match=r"has no train_text\.txt, train_labels\.txt; expected"):
        load_tweeteval(folder_of(tmp_path, "a\n", "0\n"), "train")


def test_the_targets_of_stance_have_their_mapping_above(tmp_path):
    target = tmp_path / "abortion"
    target.mkdir()
    folder_of(target, "a\nb\n", "1\n0\n")
    (target / "mapping.txt").rename(tmp_path / "mapping.txt")
    assert is_tweeteval(target)
    assert load_tweeteval(target).label_names == ["no", "yes"]
    with pytest.raises(CallError, match=r"Such files are in .*abortion: give that folder"):
        load_tweeteval(tmp_path, "test")
    (tmp_path / "mapping.txt").unlink()
    assert not is_tweeteval(target)
    with pytest.raises(CallError, match=r"has no mapping\.txt"):
        load_tweeteval(target)


def test_without_a_test_the_default_is_val(tmp_path):
    folder_of(tmp_path, "a\n", "1\n")
    for file in ("text", "labels"):
        (tmp_path / f"test_{file}.txt").rename(tmp_path / f"val_{file}.txt")
    assert load_tweeteval(tmp_path).split == "val"
