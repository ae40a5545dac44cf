"""Files of taggers: damaged ones, and those of strangers who mean harm."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from modzoo.errors import CallError
from modzoo.knowledge import Tags
from modzoo.knowledge.arrays import MAX_BYTES
from modzoo.knowledge.tags import SHIPPED


@pytest.fixture(scope="module")
def shipped():
    source = Tags("pos")
    source.load_assets(SHIPPED["pos"])
    return source.arrays


def refused(folder, width=20):
    """The one sentence with which the file is refused."""
    with pytest.raises(CallError) as caught:
        Tags("pos", width).load_assets(folder)
    message = str(caught.value)
    assert message.startswith(f"Cannot read {folder / 'pos.npz'} (")
    assert message.endswith(f"it is no tagger of modzoo whose vectors have {width} numbers.")
    assert "\n" not in message
    return message


def header(shape, dtype="<f2", version=(1, 0)):
    file = io.BytesIO()
    write = {(1, 0): np.lib.format.write_array_header_1_0}.get(
        version, np.lib.format.write_array_header_2_0
    )
    write(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue()


def write(folder, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(folder / "pos.npz", "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_the_shipped_file_holds_arrays_alone(shipped):
    assert {array.dtype.kind for array in shipped.values()} == {"f", "i", "U"}
    assert shipped["embedding"].dtype == "float16"
    assert "graph" not in shipped


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip", b"\x93NUMPY"])
def test_no_zip_file(content, tmp_path):
    (tmp_path / "pos.npz").write_bytes(content)
    refused(tmp_path)


def test_a_file_that_breaks_off(tmp_path):
    content = (SHIPPED["pos"] / "pos.npz").read_bytes()
    (tmp_path / "pos.npz").write_bytes(content[: len(content) // 2])
    refused(tmp_path)
    damaged = bytearray(content)
    damaged[len(content) // 2] ^= 255
    (tmp_path / "pos.npz").write_bytes(damaged)
    refused(tmp_path)


def test_a_graph_of_an_earlier_version_is_not_run(shipped, tmp_path):
    graph = np.frombuffer(b"a serialised graph", "uint8")
    np.savez(tmp_path / "pos.npz", **{**shipped, "graph": graph})
    assert "the arrays graph are missing or not of a tagger" in refused(tmp_path)


class Harm:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_pickles_are_not_read(shipped, tmp_path):
    harm = np.array([Harm(tmp_path / "harm")], dtype=object)
    np.savez(tmp_path / "pos.npz", **{**shipped, "tags": harm}, allow_pickle=True)
    refused(tmp_path)
    (tmp_path / "pos.npz").write_bytes(pickle.dumps(Harm(tmp_path / "harm")))
    refused(tmp_path)
    assert not (tmp_path / "harm").exists()


def test_bombs_are_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(np, "load", lambda *args, **kwargs: pytest.fail("It was read."))
    write(tmp_path, {"embedding.npy": b"\0" * (MAX_BYTES + 1)})
    assert (tmp_path / "pos.npz").stat().st_size < MAX_BYTES / 100
    assert "more than" in refused(tmp_path)
    # Headers that declare more than the member has, or fewer, or in another format.
    for content in (
        header((2**40, 2**40)) + b"\0" * 8,
        header((4,)) + b"\0" * 800,
        header((-1, -4)) + b"\0" * 10,
        header((4,), version=(2, 0)) + b"\0" * 8,
        b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535,
        b"",
    ):
        write(tmp_path, {"embedding.npy": content})
        refused(tmp_path)
    write(tmp_path, {"embedding.npy": header((4,)) + b"\0" * 8}, zipfile.ZIP_LZMA)
    assert "compressed in another way" in refused(tmp_path)


def changed(arrays, name):
    """What a file may hold that is wrong about an array."""
    array = arrays[name]
    yield np.zeros(array.shape, "S9")
    yield array[None]
    if array.ndim:
        yield array[..., :-1]
        yield np.zeros((0,) * array.ndim, array.dtype)
    if array.dtype.kind == "f":
        yield np.full_like(array, np.nan)


def test_arrays_must_fit_each_other(shipped, tmp_path):
    for name in shipped:
        np.savez(tmp_path / "pos.npz", **{k: v for k, v in shipped.items() if k != name})
        refused(tmp_path)
        for array in changed(shipped, name):
            np.savez(tmp_path / "pos.npz", **{**shipped, name: array})
            refused(tmp_path)


@pytest.mark.parametrize(
    "name, value",
    [
        ("context", "next"),
        ("max_characters", 0),
        ("max_characters", 2**40),
        ("characters", [97] * 95),
        ("characters", [*range(94), 2**30]),
        ("characters", [*range(94), -1]),
    ],
)
def test_values_must_be_possible(shipped, name, value, tmp_path):
    np.savez(tmp_path / "pos.npz", **{**shipped, name: np.array(value)})
    assert name.split("_")[-1] in refused(tmp_path) or "chr()" in refused(tmp_path)


def test_vectors_must_be_as_wide_as_the_model_reads(tmp_path):
    np.savez(tmp_path / "pos.npz", **np.load(SHIPPED["pos"] / "pos.npz"))
    assert "the array vectors must be of kind f and of shape (42, 3)" in refused(tmp_path, 3)
