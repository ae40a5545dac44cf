import unicodedata

import pytest

from modzoo.data.splits import hash_bucket
from modzoo.data.text_table import load_text_table
from modzoo.errors import CallError

ROWS = [(f"text {i}", "yes" if i % 3 else "no") for i in range(200)]


def write(path, rows, header=("text", "label")):
    separator = "," if path.suffix.lower() == ".csv" else "\t"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{separator.join(row)}\n" for row in [header, *rows]), "utf-8")
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".CSV"])
def test_a_file_is_divided_by_a_hash_of_the_text(tmp_path, suffix):
    path = write(tmp_path / f"own{suffix}", ROWS)
    parts = {split: load_text_table(path, split) for split in ("train", "validation", "test")}
    assert sum(map(len, parts.values())) == 200
    for split, buckets in (("train", range(8)), ("validation", [8]), ("test", [9])):
        expected = [row for row in ROWS if hash_bucket(row[0]) in buckets]
        assert parts[split].texts == [text for text, _ in expected]
        names = parts[split].label_names
        assert [names[label] for label in parts[split].labels] == [label for _, label in expected]
        assert names == ["no", "yes"]
    assert load_text_table(path).texts == parts["test"].texts
    assert load_text_table(path, "dev").split == "validation"


def test_one_text_in_two_encodings_is_in_one_split(tmp_path):
    rows = [
        (unicodedata.normalize(form, f"é {i}"), str(i % 2))
        for i in range(60)
        for form in ("NFC", "NFD")
    ]
    path = write(tmp_path / "own.tsv", rows)
    for split in ("train", "validation", "test"):
        texts = load_text_table(path, split).texts
        composed = {unicodedata.normalize("NFC", text) for text in texts}
        assert texts
        assert len(texts) == 2 * len(composed)


@pytest.mark.parametrize("dev", ["validation.csv", "dev.tsv"])
def test_a_folder(tmp_path, dev):
    write(tmp_path / "train.tsv", [("a", "1"), ("b", "0")])
    write(tmp_path / dev, [("c", "0")])
    write(tmp_path / "test.csv", [("d", "1"), ('"e, f"', "0")])
    assert load_text_table(tmp_path, "train").texts == ["a", "b"]
    assert load_text_table(tmp_path, "validation").texts == ["c"]
    assert load_text_table(tmp_path).texts == ["d", "e, f"]
    assert load_text_table(tmp_path).labels.tolist() == [1, 0]


def test_validation_is_held_back_where_no_file_is(tmp_path):
    write(tmp_path / "train.csv", ROWS)
    held = [text for text, _ in ROWS if hash_bucket(text, 20) == 0]
    assert load_text_table(tmp_path, "validation").texts == held
    train = load_text_table(tmp_path, "train").texts
    assert sorted([*train, *held]) == sorted(text for text, _ in ROWS)
    assert load_text_table(tmp_path).texts == held
    with pytest.raises(CallError, match=r"no file for the split 'test'; .*test\.csv or test\.tsv"):
        load_text_table(tmp_path, "test")


def test_a_folder_of_a_test_alone_is_read_with_its_own_classes(tmp_path):
    write(tmp_path / "test.csv", [("a", "yes"), ("b", "yes")])
    examples = load_text_table(tmp_path)
    assert (examples.texts, examples.label_names) == (["a", "b"], ["yes"])


def test_all_of_a_file(tmp_path):
    path = write(tmp_path / "own.csv", ROWS)
    examples = load_text_table(path, "all")
    assert examples.texts == [text for text, _ in ROWS]
    assert examples.label_names == ["no", "yes"]
    with pytest.raises(CallError, match="no split 'all'; it has: train, validation, test"):
        load_text_table(tmp_path, "all")


def test_columns_quotes_and_empty_texts(tmp_path):
    write(
        tmp_path / "train.tsv",
        [("1", 'an "open quote', "x"), ("1", "", "y"), ("0", "a, b", "z")],
        ("stars", "review", "other"),
    )
    write(tmp_path / "dev.tsv", [("0", "d")], ("stars", "review"))
    examples = load_text_table(tmp_path, "train", "review", "stars")
    assert examples.texts == ['an "open quote', "", "a, b"]
    assert examples.labels.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    "labels, names",
    [
        (["10", "9", "-1", "+3"], ["-1", "+3", "9", "10"]),
        (["10", "9", "-1", "a"], ["-1", "10", "9", "a"]),
    ],
)
def test_order_of_labels(tmp_path, labels, names):
    write(tmp_path / "train.csv", [(f"t{label}", label) for label in labels])
    write(tmp_path / "dev.csv", [("t", "9")])
    assert load_text_table(tmp_path, "train").label_names == names
    assert load_text_table(tmp_path, "validation").labels.tolist() == [names.index("9")]


@pytest.mark.parametrize("none", ["", "NaN", "nan", "N/A", "#N/A", "<NA>", "NULL"])
def test_rows_without_a_label_are_skipped(tmp_path, none):
    rows = [("a", "1"), ("b", none), ("c", "None"), ("d", "NA"), ("e", none)]
    write(tmp_path / "train.tsv", rows)
    examples = load_text_table(tmp_path / "train.tsv", "all", skip_unlabelled=True)
    assert (examples.texts, examples.label_names) == (["a", "c", "d"], ["1", "NA", "None"])
    assert examples.remarks == ("train.tsv: 2 rows without a label are left out.",)
    assert load_text_table(write(tmp_path / "o.tsv", ROWS), skip_unlabelled=True).remarks == ()


def test_classes_too_rare_to_be_divided_are_in_train(tmp_path):
    tested = next(f"rare {i}" for i in range(99) if hash_bucket(f"rare {i}") == 9)
    path = write(tmp_path / "own.csv", [*ROWS, (tested, "seldom"), (tested, "yes")])
    plain = write(tmp_path / "plain.csv", ROWS)
    train = load_text_table(path, "train")
    assert train.label_names == ["no", "seldom", "yes"]
    assert train.texts == [*load_text_table(plain, "train").texts, tested, tested]
    for split in ("validation", "test"):
        assert load_text_table(path, split).texts == load_text_table(plain, split).texts
    (remark,) = train.remarks
    assert remark.startswith("own.csv: in train alone") and remark.endswith("classes seldom.")
    many = [(f"{tested} {i}", f"class {i}") for i in range(3000)]
    (remark,) = load_text_table(write(path, [*ROWS, *many])).remarks
    assert " more." in remark and len(remark) < 400


def test_classes_too_rare_for_what_is_held_back_are_in_train(tmp_path):
    held = next(f"rare {i}" for i in range(99) if hash_bucket(f"rare {i}", 20) == 0)
    write(tmp_path / "train.csv", [*ROWS, (held, "seldom")])
    assert load_text_table(tmp_path, "train").texts[-1] == held
    assert held not in load_text_table(tmp_path, "validation").texts


def test_labels_that_train_lacks(tmp_path):
    write(tmp_path / "train.csv", [("a", "1"), ("b", "0")])
    write(tmp_path / "dev.csv", [("c", "0"), ("d", "2")])
    with pytest.raises(CallError, match=r"dev\.csv, line 3: .* the label '2'; they have: 0, 1"):
        load_text_table(tmp_path, "validation")


@pytest.mark.parametrize(
    "content, message",
    [
        ("text,label\na,1\nb,\n", "line 3: the label .label. is empty; --skip-unlabelled leaves"),
        (
            "text,label\na,1\nb,N/A\n",
            "line 3: the label .label. is 'N/A', which says",
        ),
        ("text,label\na,1\nb,  \n", "line 3: the label .label. is empty"),
        ("text,label\na,1\nb\n", "line 3: found 1 comma-separated"),
        ("text,stars\na,1\n", "line 1: the header needs a column 'label', found 'text', 'stars'"),
        ("", "line 1: .* an empty file"),
        ("text,label\n", "holds no rows"),
        ("text,label\na,1\nb,1\n", "one label, '1'"),
        ('text,label\na,1\n"b,0\n', "line 3: the row that begins here"),
        (b"text,label\na,1\ncaf\xe9,0\n", "line 3: byte 0xe9 is not UTF-8"),
        (
            "text,label\na,1\n".encode("utf-16"),
            "byte 0xff is not UTF-8, the file is in UTF-16",
        ),
        ("text,label\na,1\n".encode("utf-16-be"), "the file is in UTF-16"),
        ("text,label\ra,1\r", "its lines end in CR alone"),
    ],
)
def test_errors_name_file_and_line(tmp_path, content, message):
    path = tmp_path / "train.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    write(tmp_path / "dev.csv", [("a", "1")])
    with pytest.raises(CallError, match=rf"train\.csv.*{message}"):
        load_text_table(tmp_path, "train")


def test_paths_that_cannot_be_read(tmp_path):
    with pytest.raises(CallError, match="no file or folder"):
        load_text_table(tmp_path / "none.csv")
    with pytest.raises(CallError, match=r"own\.txt is neither \.csv nor \.tsv"):
        load_text_table(write(tmp_path / "own.txt", ROWS))
    (tmp_path / "own.zip").write_bytes(b"PK")
    with pytest.raises(CallError, match=r"neither \.csv nor \.tsv\. Unpack own\.zip first"):
        load_text_table(tmp_path / "own.zip")
    with pytest.raises(CallError, match="no file for the split 'validation'"):
        load_text_table(tmp_path)
    with pytest.raises(CallError, match="no split 'eval'"):
        load_text_table(tmp_path, "eval")
    few = [row for row in ROWS if hash_bucket(row[0]) < 8][:2]
    with pytest.raises(CallError, match="too few rows: none of them falls to the split 'test'"):
        load_text_table(write(tmp_path / "own.csv", [(few[0][0], "a"), (few[1][0], "b")]))
    write(tmp_path / "train.csv", ROWS)
    write(tmp_path / "train.tsv", ROWS)
    with pytest.raises(CallError, match=r"several files for the split 'train', train\.csv and"):
        load_text_table(tmp_path, "train")


def test_pairs(tmp_path):
    path = tmp_path / "own.csv"
    rows = [f'"one\tand {i}",other {i},{i % 2}' for i in range(60)]
    path.write_text("\n".join(["a,b,label", *rows]))
    examples = load_text_table(path, "all", "a", pair_column="b")
    assert (examples.texts[7], examples.pairs) == ("one and 7\tother 7", True)
    assert "60 pairs of texts of 2 classes" in examples.summary
