import numpy as np
import pytest

from modzoo.data.semeval import TEST_SPLIT, load_scores, load_semeval17
from modzoo.data.splits import hash_bucket
from modzoo.errors import CallError

SIZES = {
    "2013train": 9684,
    "2013dev": 1654,
    "2013test": 3547,
    "2014test": 1853,
    "2014sarcasm": 86,
    "2015train": 489,
    "2015test": 2390,
    "2016train": 6000,
    "2016dev": 1999,
    "2016devtest": 2000,
}


def write(folder, name, content):
    content = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(content)


def tweets(folder, split, rows):
    write(folder, f"twitter-{split}-A.tsv", "".join("\t".join(row) + "\n" for row in rows))


def test_published_counts(data_dir):
    for split, size in SIZES.items():
        examples = load_semeval17(data_dir / "semeval17_4a", split)
        assert len(examples) == len(examples.labels) == size, split
        assert examples.split == split
        assert not any("\\u2019" in text or "\\u002c" in text for text in examples.texts)
        assert set(examples.labels) == {0, 1, 2}


def test_published_train_and_validation(data_dir):
    train, validation, test = (
        load_semeval17(data_dir / "semeval17_4a", split) for split in ("train", "validation", None)
    )
    assert test.split == TEST_SPLIT == "2016devtest"
    assert 0.045 < len(validation) / (len(train) + len(validation)) < 0.055
    assert 27000 < len(train) + len(validation) < sum(SIZES.values()) - 2000
    assert not set(test.texts) & {*train.texts, *validation.texts}
    assert not set(train.texts) & set(validation.texts)


def test_published_scores(data_dir):
    folder = data_dir / "semeval16_4ce"
    sizes = {split: len(load_scores(folder, split)) for split in ("train", "dev", "devtest")}
    assert sizes == {"train": 6000, "dev": 2000, "devtest": 2000}
    last = load_scores(folder)
    assert last.split == "devtest"
    assert last.label_names == ["-2", "-1", "0", "1", "2"]
    assert np.bincount(last.labels).tolist() == [31, 233, 583, 1005, 148]
    assert load_scores(folder, "validation").texts == load_scores(folder, "dev").texts


def test_rows(tmp_path):
    lines = [
        '\ufeff1\tpositive\t"a\\u2019b\\u002c c',
        "2\tneutral\tNot Available",
        "",
        "3\tnegative\ttab\there \\ud83d\\ude02 \\ud83d \\u20 \\uzzzz",
        "3\tneutral\t",
    ]
    write(tmp_path, "twitter-2016dev-A.tsv", "\r\n".join(lines))
    examples = load_semeval17(tmp_path, "2016dev")
    assert examples.texts == ['"a’b, c', "tab\there 😂 \\ud83d \\u20 \\uzzzz", ""]
    assert examples.labels.tolist() == [2, 0, 1]
    assert examples.label_names == ["negative", "neutral", "positive"]


def test_train_has_each_tweet_once_and_none_of_the_test(tmp_path):
    held = [str(i) for i in range(300) if hash_bucket(str(i), 20) == 0][:2]
    kept = [str(i) for i in range(300) if hash_bucket(str(i), 20)][:6]
    one = [*[(tweet, "positive", f"text {tweet}") for tweet in (*held, *kept)]]
    tweets(tmp_path, "2013train", one)
    tweets(tmp_path, "2015train", [(kept[0], "negative", "again"), ("t", "neutral", "by id")])
    tweets(tmp_path, "2016devtest", [("t", "neutral", "x"), ("u", "positive", f"text {kept[1]}")])
    train = load_semeval17(tmp_path, "train")
    assert train.texts == [f"text {tweet}" for tweet in (kept[0], *kept[2:])]
    assert set(train.labels) == {2}
    assert load_semeval17(tmp_path, "validation").texts == [f"text {tweet}" for tweet in held]


@pytest.mark.parametrize(
    "content, message",
    [
        ("1\tgood\ta\n", "line 1: the label must be one of negative, neutral, positive, found 'g"),
        ("1\tpositive\ta\n2\tPositive\tb\n", "line 2: the label must"),
        ("1\tpositive\ta\n\n2\tpositive\n", r"line 3: expected 3 .*\(id, label, text\), found 2"),
        (b"1\tpositive\tcaf\xe9\n", "line 1: byte 0xe9"),
        ("", "holds no rows"),
    ],
)
def test_errors_name_file_and_line(tmp_path, content, message):
    write(tmp_path, "twitter-2016devtest-A.tsv", content)
    with pytest.raises(CallError, match=rf"twitter-2016devtest-A\.tsv.*{message}"):
        load_semeval17(tmp_path)


@pytest.mark.parametrize("suffix", ["tsv", "txt"])
def test_published_names(tmp_path, suffix):
    write(tmp_path, f"twitter-2016test-A.{suffix}", "1\tpositive\ta\t\n")
    assert load_semeval17(tmp_path, "2016test").texts == ["a"]
    write(tmp_path, f"twitter-2016devtest-CE.{suffix}", "1\ttopic\t-2\ta\n")
    assert load_scores(tmp_path).split == "devtest"


def test_two_files_for_one_split_are_named(tmp_path):
    for suffix in ("tsv", "txt"):
        write(tmp_path, f"twitter-2016test-A.{suffix}", "1\tpositive\ta\n")
    with pytest.raises(CallError, match=r"-A\.tsv and twitter-2016test-A\.txt for one split"):
        load_semeval17(tmp_path)


def test_ids_that_tell_no_tweets_apart_are_named(tmp_path):
    tweets(tmp_path, "2016train", [("NA", "positive", f"text {i}") for i in range(9)])
    with pytest.raises(CallError, match=r"train-A\.tsv: 9 tweets have the id 'NA'; give each its"):
        load_semeval17(tmp_path, "train")
    assert len(load_semeval17(tmp_path, "2016train")) == 9


def test_without_the_test_file_the_default_is_validation(tmp_path):
    tweets(tmp_path, "2016train", [(str(i), "positive", f"text {i}") for i in range(100)])
    examples = load_semeval17(tmp_path)
    assert examples.split == "validation"
    assert examples.texts == [f"text {i}" for i in range(100) if hash_bucket(str(i), 20) == 0]


def test_a_file_named_train_is_cleared_of_the_test_too(tmp_path):
    rows = [(str(i), "positive", f"text {i}") for i in range(60)]
    tweets(tmp_path, "train", rows)
    tweets(tmp_path, "2016devtest", rows[:30])
    assert not {f"text {i}" for i in range(30)} & set(load_semeval17(tmp_path, "train").texts)


def test_tweets_none_of_which_was_available(tmp_path):
    tweets(tmp_path, "2016devtest", [("1", "positive", "Not Available")])
    with pytest.raises(
        CallError, match=r"twitter-2016devtest-A\.tsv holds no tweet that was avail"
    ):
        load_semeval17(tmp_path)


def test_splits_that_cannot_be_read(tmp_path):
    for load in (load_semeval17, load_scores):
        with pytest.raises(CallError, match=r"none of the files; .*twitter-"):
            load(tmp_path)
        with pytest.raises(CallError, match="no data folder"):
            load(tmp_path / "none")
    tweets(tmp_path, "2016train", [("1", "positive", "a")])
    with pytest.raises(CallError, match="no split '2016devtest'; it has: 2016train, train, valid"):
        load_semeval17(tmp_path, "2016devtest")
    empty = "validation" if hash_bucket("1", 20) else "train"
    with pytest.raises(CallError, match=f"too few rows: none .* '{empty}'"):
        load_semeval17(tmp_path, empty)


@pytest.mark.parametrize(
    "score, expected",
    [("-5", 0), ("-2.5", 2), ("-2.4", 3), ("-0.4", 5), ("0", 5), ("2.5", 8), ("4.51", 10)],
)
def test_decimal_scores(tmp_path, score, expected):
    write(tmp_path, "test.tsv", f"1\t{score}\ta \\u2019\r\n")
    examples = load_scores(tmp_path)
    assert examples.labels.tolist() == [expected]
    assert examples.label_names == [str(i) for i in range(-5, 6)]
    assert examples.texts == ["a ’"]


@pytest.mark.parametrize("score", ["5.1", "-6", "nan", "inf", "good", ""])
def test_scores_outside_the_scale(tmp_path, score):
    write(tmp_path, "test.tsv", f"1\t0\ta\n2\t{score}\tb\n")
    with pytest.raises(CallError, match=r"test\.tsv, line 2: .* from -5 to 5, found"):
        load_scores(tmp_path)


def test_validation_is_held_back_where_no_file_is(tmp_path):
    rows = "".join(f"{i}\t1\ttext {i}\n" for i in range(100))
    write(tmp_path, "train.tsv", rows)
    held = [f"text {i}" for i in range(100) if hash_bucket(str(i), 20) == 0]
    assert load_scores(tmp_path, "validation").texts == held
    train = load_scores(tmp_path, "train").texts
    assert len(train) == 100 - len(held)
    assert not set(train) & set(held)
    assert load_scores(tmp_path).texts == held
    with pytest.raises(CallError, match="no split 'test'; it has: train, validation"):
        load_scores(tmp_path, "test")
    write(tmp_path, "dev.tsv", "1\t1\tdev\n")
    assert load_scores(tmp_path, "validation").texts == ["dev"]
    assert len(load_scores(tmp_path, "train")) == 100
    write(tmp_path, "validation.tsv", "1\t1\town\n")
    assert load_scores(tmp_path, "validation").texts == ["own"]


def test_scores_of_topics(tmp_path):
    write(tmp_path, "twitter-2016devtest-CE.tsv", "1\ttopic\t-2\ta\n2\ttopic\t2\tb\n")
    assert load_scores(tmp_path).labels.tolist() == [0, 4]
    write(tmp_path, "twitter-2016devtest-CE.tsv", "1\ttopic\t-2\ta\n2\t1\tb\n")
    with pytest.raises(CallError, match=r"line 2: expected 4 .*\(id, topic, score, text\)"):
        load_scores(tmp_path)
