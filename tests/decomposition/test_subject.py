"""A person's own arrays, which a network of theirs is taken apart by."""

import zipfile

import numpy as np
import pytest

from modzoo.decomposition.subject import read_subject
from modzoo.errors import CallError

X, Y = np.arange(20).reshape(10, 2), np.arange(10) % 3
NO_TEXT = np.array([2**31], "<u4").view("<U1")


def written(tmp_path, **arrays):
    np.savez(tmp_path / "own.npz", **arrays)
    return tmp_path / "own.npz"


def test_of_five_examples_one_is_held_back_and_one_is_for_measuring(tmp_path):
    subject = read_subject("model", written(tmp_path, x=X, y=Y, labels=["a", "b", "c"], other=X))
    assert subject.tested[0][:, 0].tolist() == [8, 18]
    assert subject.held_back[0][:, 0].tolist() == [6, 16]
    assert subject.observed[0][:, 0].tolist() == [0, 2, 4, 10, 12, 14]
    for part in (subject.observed, subject.held_back, subject.tested):
        np.testing.assert_array_equal(part[1], Y[part[0][:, 0] // 2])
    assert (subject.labels, subject.vocabulary) == (["a", "b", "c"], None)
    fewer = read_subject("model", written(tmp_path, x=X, y=Y), limit=1)
    assert fewer.labels is None and [len(fewer.observed[0]), len(fewer.tested[1])] == [1, 1]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, "has no array 'y'; expected x and y, found x"),
        ({"a": X}, "has no array 'x'; expected x and y, found neither"),
        ({"x": X, "y": Y[:9]}, "as many examples, 6 at least; found 10 and 9"),
        ({"x": X[:5], "y": Y[:5]}, "6 at least; found 5 and 5"),
        ({"x": X.astype(str), "y": Y}, "x must be numbers, an example a row, found <U21"),
        ({"x": X, "y": np.array(3)}, "y must be numbers"),
        ({"x": np.zeros((10**11, 0)), "y": Y}, r"x must be numbers, .* \(100000000000, 0\)"),
        ({"x": X, "y": np.zeros((0, 10**11), int)}, "y must be numbers, an example a row, found"),
        ({"x": X, "y": Y, "labels": ["\ud800"]}, "own.npz, labels: .* is half a character alone"),
        ({"x": X, "y": Y, "labels": NO_TEXT}, "labels hold what is no text"),
        ({"x": X.astype(object), "y": Y}, "Cannot read the array x.npy .* Python objects"),
    ],
)
def test_arrays_that_are_no_examples(tmp_path, arrays, message):
    with pytest.raises(CallError, match=message):
        read_subject("model", written(tmp_path, **arrays))


@pytest.mark.parametrize("name", [None, "none.npz", "x.csv", "."])
def test_files_that_are_no_arrays(tmp_path, name):
    (tmp_path / "x.csv").write_text("x,y\n")
    with pytest.raises(CallError, match=r"a file \.npz with .* (no such file|no data)\."):
        read_subject("model", name and tmp_path / name)
    (tmp_path / "bad.npz").write_bytes(b"PK")
    with pytest.raises(CallError, match=r"bad\.npz is no whole zip file"):
        read_subject("model", tmp_path / "bad.npz")


def test_errors_are_no_longer_than_a_sentence(tmp_path):
    header = f"{{'descr': '{'x' * 9000}', 'fortran_order': False, 'shape': (1,)}}\n"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    with zipfile.ZipFile(tmp_path / "own.npz", "w") as archive:
        archive.writestr("x.npy", content)
    with pytest.raises(CallError, match=r"Cannot read the array x\.npy") as caught:
        read_subject("model", tmp_path / "own.npz")
    assert len(str(caught.value)) < 600
