"""Pictures in published formats, and what is said of files that are not."""

import gzip
import io
import pickle
import struct

import numpy as np
import pytest

from modzoo.data.cifar10 import load_cifar10
from modzoo.data.mnist import load_mnist
from modzoo.data.pictures import Pictures, SideBySide
from modzoo.data.sample_images import load_digits, load_patches
from modzoo.errors import CallError

RNG = np.random.default_rng(0)
GRAY = RNG.integers(0, 256, (40, 28, 28), dtype="uint8")
PLANES = RNG.integers(0, 256, (40, 3072), dtype="uint8")
COLORS = PLANES.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
LABELS = np.arange(40) % 10


def idx(pixels, magic=0x803):
    return struct.pack(">4I", magic, *pixels.shape) + pixels.tobytes()


def binary(planes, labels=LABELS):
    labels = np.asarray(labels, "uint8")[: len(planes), None]
    return np.concatenate([labels, planes], axis=1).tobytes()


def pickled(planes):
    batch = {b"batch_label": b"training batch 1", b"labels": LABELS.tolist(), b"data": planes}
    return pickle.dumps(batch, protocol=2)


def splits(load, folder):
    return [load(folder, split).pixels for split in ("train", "validation", "test")]


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("train-images-idx3-ubyte", bytes),
        ("train-images-idx3-ubyte.gz", gzip.compress),
        ("train-images.idx3-ubyte", bytes),
    ],
)
def test_mnist(tmp_path, name, pack):
    (tmp_path / name).write_bytes(pack(idx(GRAY)))
    train, validation, test = splits(load_mnist, tmp_path)
    assert [len(train), len(validation), len(test)] == [32, 4, 4]
    pixels = np.concatenate([train, validation, test])
    assert np.array_equal(pixels, np.repeat(GRAY[..., None], 3, axis=-1))
    assert load_mnist(tmp_path).split == "test"


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-images.idx3-ubyte"])
def test_a_file_in_a_folder_of_its_name(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / name).write_bytes(idx(GRAY))
    assert len(load_mnist(tmp_path, "train")) == 32
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(GRAY[:20])))
    assert len(load_mnist(tmp_path, "train")) == 16  # what lies beside goes before


def test_a_published_test_is_the_test(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(GRAY))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(GRAY[:7]))
    assert [len(part) for part in splits(load_mnist, tmp_path)] == [36, 4, 7]
    for name, planes in (("data_batch_2.bin", PLANES), ("data_batch_1.bin", PLANES[:20])):
        (tmp_path / name).write_bytes(binary(planes))
    (tmp_path / "test_batch.bin").write_bytes(binary(PLANES[:3]))
    train, validation, test = splits(load_cifar10, tmp_path)
    assert [len(train), len(validation), len(test)] == [54, 6, 3]
    assert np.array_equal(train[20:], COLORS[:34])


BAD_IDX = [
    (b"", "begins with 0 bytes"),
    (b"\x00\x00\x08", "begins with 3 bytes"),
    (idx(GRAY, magic=0x801), "begins with 0x00000801, not with 0x00000803"),
    (idx(GRAY)[:10], "is cut short: its header alone takes 16 bytes"),
    (b"PK\x03\x04" + bytes(40), "begins with 0x504b0304"),
    (idx(GRAY)[:-1], "is cut short: its header says 40 pictures of 28 x 28"),
    (idx(GRAY)[:16], "is cut short"),
    (idx(GRAY) + b"x", "is too long"),
    (idx(GRAY[:, :0, :0])[:16], "holds pictures of 0 x 0"),
    (struct.pack(">4I", 0x803, 2**31, 28, 28), "is cut short: its header says 2147483648 pictures"),
    (gzip.compress(idx(GRAY))[:-100], "is cut short or damaged"),
    (b"\x1f\x8b" + bytes(20), "is cut short or damaged"),
    (idx(GRAY[:, :20, :20]), "holds pictures of 20 x 20; MNIST's are 28 x 28"),
    (idx(GRAY[:9]), "holds 9 pictures; three splits need at least 10"),
]


@pytest.mark.parametrize(("content", "message"), BAD_IDX, ids=[m for _, m in BAD_IDX])
def test_bad_idx(tmp_path, content, message):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(CallError, match=message):
        load_mnist(tmp_path)


@pytest.mark.parametrize("inner", ["", "cifar-10-batches-bin", "cifar-10-batches-py"])
def test_cifar(tmp_path, inner):
    (tmp_path / inner).mkdir(exist_ok=True)
    if inner.endswith("-py"):
        (tmp_path / inner / "data_batch_1").write_bytes(pickled(PLANES))
    else:
        (tmp_path / inner / "data_batch_1.bin").write_bytes(binary(PLANES))
    assert np.array_equal(np.concatenate(splits(load_cifar10, tmp_path)), COLORS)


def test_an_empty_test_is_said_before_training(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(GRAY))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(GRAY[:0]))
    with pytest.raises(CallError, match="holds no pictures for the test"):
        load_mnist(tmp_path)


class Asks:
    def __reduce__(self):
        return print, ("a pickle had its way",)


BAD_BATCHES = [
    ("data_batch_1.bin", b"", "holds 0 bytes, and a picture takes 3073"),
    ("data_batch_1.bin", binary(PLANES)[:-1], "is no whole batch"),
    ("data_batch_1.bin", binary(PLANES, [*LABELS[:39], 10]), "picture 40 has the label 10"),
    ("data_batch_1", b"", "is no batch of CIFAR-10"),
    ("data_batch_1", pickled(PLANES)[:-50], "is no batch of CIFAR-10"),
    ("data_batch_1", binary(PLANES), "is no batch of CIFAR-10"),
    ("data_batch_1", pickle.dumps({b"labels": [1]}), "it has no b'data'"),
    ("data_batch_1", pickle.dumps([1]), "is no batch of CIFAR-10"),
    ("data_batch_1", pickled(PLANES[:, :-1]), r"shape \(40, 3071\), not \(pictures, 3072\)"),
    ("data_batch_1", pickled(PLANES / 255), "its data are no array of bytes"),
    ("data_batch_1", pickle.dumps({b"data": Asks()}), "asks for builtins.print"),
    ("data_batch_1", b"\x80\x02Nr\x00\x00\x00\x7f.", "has no 2,130,706,432 parts"),
    ("data_batch_1", b"\x80\x02c_codecs\nencode\nC\x01aX\x03\x00\x00\x00hex\x86R.", "is no batch"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD_BATCHES)
def test_bad_batches(tmp_path, capsys, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CallError, match=message):
        load_cifar10(tmp_path)
    assert not capsys.readouterr().out


@pytest.mark.parametrize("load", [load_mnist, load_cifar10])
def test_bad_folders(tmp_path, load):
    with pytest.raises(CallError, match="There is no data folder"):
        load(tmp_path / "none")
    with pytest.raises(CallError, match="expected a folder with"):
        load(tmp_path)
    (tmp_path / "set.tar.gz").touch()
    with pytest.raises(CallError, match=r"\. Unpack set\.tar\.gz first\."):
        load(tmp_path)
    with pytest.raises(CallError, match=r"tar\.gz is a file, no data folder\. Unpack set\.tar\.gz"):
        load(tmp_path / "set.tar.gz")
    (tmp_path / "inner").mkdir()
    for name in ("train-images-idx3-ubyte", "data_batch_1"):
        (tmp_path / "inner" / name).touch()
    with pytest.raises(CallError, match=r"\. Such files are in .*inner: give that folder\."):
        load(tmp_path)


def test_unknown_split():
    with pytest.raises(CallError, match="no split 'dev'; it has: train, validation, test"):
        load_digits("dev")


def test_pictures_are_limited():
    pictures = load_digits("validation")
    assert np.array_equal(pictures.limit(3).pixels, pictures.pixels[:3])
    assert len(pictures.limit(None)) == len(pictures) == len(pictures.limit(10**6)) == 179
    assert pictures.limit(3).source == pictures.source


def test_pictures_side_by_side():
    left = Pictures(RNG.integers(0, 256, (7, 8, 8, 3), dtype="uint8"), "test", "digits")
    right = Pictures(RNG.integers(0, 256, (5, 6, 6, 3), dtype="uint8"), "test", "photographs")
    both = SideBySide((left, right))
    assert (both.split, both.source, len(both)) == ("test", "digits beside photographs", 5)
    few = both.limit(6)
    assert [len(part) for part in few.parts] == [6, 5] and len(few) == 5
    assert (few.split, few.source) == (both.split, both.source)
    assert np.array_equal(few.parts[0].pixels, left.pixels[:6])
    assert [len(part) for part in both.limit(None).parts] == [7, 5]
    alone = SideBySide((left,))
    assert (alone.source, len(alone)) == ("digits", 7)


def test_published_files(data_dir):
    parts = splits(load_mnist, data_dir / "mnist")
    assert [len(part) for part in parts] == [48000, 6000, 6000]
    # The first digit of the training set is a five, whose stroke begins in the sixth row.
    assert not parts[0][0, :5].any() and parts[0][0, 5].any()
    both = [splits(load_cifar10, data_dir / "cifar10" / name) for name in ("", _PICKLED)]
    assert [len(part) for part in both[0]] == [4000, 500, 500]
    assert [len(part) for part in both[1]] == [800, 100, 100]
    for train, *_ in both:  # photographs: a pixel is like the one beside it
        neighbours = np.abs(train[:, :, 1:].astype(int) - train[:, :, :-1]).mean()
        assert neighbours < 20 < train.std()


_PICKLED = "cifar-10-batches-py"


def test_sample_images():
    digits = np.concatenate([load_digits(s).pixels for s in ("train", "validation", "test")])
    assert digits.shape == (1797, 8, 8, 3)
    assert np.array_equal(np.unique(digits), np.round(np.arange(17) * 255 / 16))
    patches = np.concatenate([load_patches(s).pixels for s in ("train", "validation", "test")])
    assert patches.shape == (2080, 16, 16, 3)
    from sklearn import datasets

    first = datasets.load_sample_images().images[0]
    assert np.array_equal(patches[1], first[16:32, :16])


def test_a_batch_read_from_a_zip(tmp_path):
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("cifar-10-batches-bin/data_batch_1.bin", binary(PLANES))
    (tmp_path / "cifar.zip").write_bytes(buffer.getvalue())
    assert np.array_equal(np.concatenate(splits(load_cifar10, tmp_path)), COLORS)
