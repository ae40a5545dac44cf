import csv

import pytest

from modzoo.data.tables import read_columns, read_table, require_layout
from modzoo.errors import CallError

COLUMNS = ["sentence", "label"]


def table(tmp_path, content):
    path = tmp_path / "train.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        'sentence\tlabel\na "quote\t1\n\nb \t0\n',
        '\ufeffsentence\tlabel\r\na "quote\t1\r\nb\t0',
        'index\tlabel\tsentence\n0\t1\ta "quote\n1\t0\tb\n',
    ],
    ids=["quotes and empty lines", "mark and CRLF", "other columns"],
)
def test_rows(tmp_path, content):
    rows = list(read_table(table(tmp_path, content), COLUMNS))
    assert [values for _, values in rows] == [['a "quote', "1"], ["b", "0"]]


def test_line_numbers_count_every_line(tmp_path):
    rows = read_table(table(tmp_path, "sentence\tlabel\na\t1\n\nb\t0\n"), COLUMNS)
    assert [number for number, _ in rows] == [2, 4]


@pytest.mark.parametrize(
    "content, message",
    [
        ("", "line 1: the header needs a column 'sentence', found an empty file"),
        ("text\tlabel\na\t1\n", "line 1: the header needs a column 'sentence', found 'text'"),
        ("sentence\tlabel\n", "holds no rows"),
        ("sentence\tlabel\na\t1\nb\n", "line 3: found 1 tab-separated columns"),
        ('sentence\tlabel\na\t1\n"b\ttwo"\t0\n', "line 3: found 3 tab-separated columns"),
        ("label\tsentence\tlabel\n", "line 1: several columns are named 'label'"),
        ("sentence,label\na,1\n", r"found 'sentence,label'\. Commas divide it: rename .* \.csv"),
        (b"sentence\tlabel\na\t1\ncaf\xe9\t1\n", "line 3: byte 0xe9 is not UTF-8"),
    ],
)
def test_errors_name_file_and_line(tmp_path, content, message):
    with pytest.raises(CallError, match=message) as caught:
        list(read_table(table(tmp_path, content), COLUMNS))
    assert "train.tsv" in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(CallError, match="No such file"):
        list(read_table(tmp_path / "none.tsv", COLUMNS))


def test_layout(tmp_path):
    with pytest.raises(CallError, match=r"no data folder .*x; expected a folder with a\.tsv"):
        require_layout(tmp_path / "x", ["a.tsv"], "a.tsv")
    with pytest.raises(CallError, match=r"has no a\.tsv; expected"):
        require_layout(tmp_path, ["a.tsv"], "a.tsv")


@pytest.mark.parametrize(
    "content",
    [
        'sentence,label\n"a ""quote",1\n\nb ,0\n',
        '\ufefflabel,other,sentence\r\n1,x,"a ""quote"\r\n0,,b',
    ],
)
def test_csv_rows(tmp_path, content):
    path = tmp_path / "train.csv"
    path.write_text(content, encoding="utf-8", newline="")
    rows = list(read_table(path, COLUMNS))
    assert [values for _, values in rows] == [['a "quote', "1"], ["b", "0"]]


def test_csv_rows_of_several_lines(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text('sentence,label\n"a\n\nb, c",1\r\n\nd,0\n', newline="")
    assert list(read_table(path, COLUMNS)) == [(2, ["a\n\nb, c", "1"]), (6, ["d", "0"])]


@pytest.mark.parametrize(
    "content, message",
    [
        ("", "line 1: the header needs a column 'sentence', found an empty file"),
        ("sentence;label\na;1\n", r"found 'sentence;label'\. Semicolons .*: save it with commas"),
        ("sentence\tlabel\na\t1\n", r"\. Tabs divide it: rename the file to \.tsv"),
        ("sentence,label\n", "holds no rows"),
        ("sentence,label\na,1\nb\n", "line 3: found 1 comma-separated columns"),
        ("sentence,label\na,1\nb, c,1\n", "line 3: found 3 comma-separated columns"),
        ('sentence,label\na,1\n"b,1\nc,0\n', "line 3: the row that begins here"),
        ('sentence,label\na,1\n"b"c,1\n', "line 3: the row that begins here"),
        (b"sentence,label\na,1\ncaf\xe9,1\n", "line 3: byte 0xe9 is not UTF-8"),
    ],
)
def test_csv_errors_name_file_and_line(tmp_path, content, message):
    path = tmp_path / "train.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CallError, match=message) as caught:
        list(read_table(path, COLUMNS))
    assert "train.csv" in str(caught.value)


def test_long_cells_are_read_and_the_process_keeps_its_limit(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(f'sentence,label\n"{"x, " * 50_000}",1\nb,0\n')
    limit = csv.field_size_limit()
    rows = read_table(path, COLUMNS)
    assert len(next(rows)[1][0]) == 149_999
    assert csv.field_size_limit() == limit
    assert next(rows)[1] == ["b", "0"]


def test_an_error_names_some_of_many_columns(tmp_path):
    header = "\t".join(f"c{i}" for i in range(5000))
    with pytest.raises(CallError, match=r"'c8', 'c9' and 4,990 more\.") as caught:
        list(read_table(table(tmp_path, header), COLUMNS))
    assert len(str(caught.value)) < 400


def test_columns_without_a_header(tmp_path):
    path = table(tmp_path, "\ufeff1\ta\tb\tc\r\n\n2\t\t\n")
    assert list(read_columns(path, ["id", "x", "text"])) == [
        (1, ["1", "a", "b\tc"]),
        (3, ["2", "", ""]),
    ]


@pytest.mark.parametrize(
    "content, message",
    [
        ("", "holds no rows"),
        ("1\ta\n\n2\n", r"line 3: expected 2 tab-separated columns \(id, text\), found 1"),
        (b"1\ta\xff\n", "line 1: byte 0xff"),
    ],
)
def test_errors_without_a_header(tmp_path, content, message):
    with pytest.raises(CallError, match=message):
        list(read_columns(table(tmp_path, content), ["id", "text"]))
