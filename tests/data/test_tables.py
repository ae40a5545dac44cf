import pytest

from modzoo.data.tables import read_table, require_layout
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
        'index\tlabel\tsentence\n0\t1\ta "quote\n1\t0\tb\textra\n',
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
