"""MNIST in its published files, idx: a header of sizes, then bytes."""

import functools
import struct

import numpy as np

from modzoo.data.folders import data_files, hint
from modzoo.data.pictures import choose_split, gray_to_rgb
from modzoo.errors import CallError
from modzoo.files import read_gzip

IMAGES_MAGIC = 0x00000803  # bytes, in three dimensions
SIDE = 28
NAMES = {
    part: [f"{part}-images{dot}idx3-ubyte{gz}" for dot in "-." for gz in (".gz", "")]
    for part in ("train", "t10k")
}
LAYOUT = "train-images-idx3-ubyte, with .gz or without, and, if there, t10k-images-idx3-ubyte"


def load_mnist(folder, split=None):
    """A split of MNIST's pictures; of the labels nothing is read.

    Without `t10k-images-idx3-ubyte` the last tenth of the training pictures is the test.
    """
    files = data_files(folder)
    train = _find(files, "train")
    if train is None:
        advice = hint(folder, NAMES["train"].__contains__)
        raise CallError(f"{folder} holds no MNIST; expected a folder with {LAYOUT}.{advice}")
    test = _find(files, "t10k")
    test = None if test is None else _pictures(test)
    return choose_split(_pictures(train), test, split, f"MNIST in {folder}")


def read_idx_images(file):
    """The pictures of an idx file (a `DataFile`), uint8 `(pictures, height, width)`.

    Raises:
        CallError: If the file is no idx file of pictures, or shorter or longer than its header
            says.
    """
    content = file.read()
    if content[:2] == b"\x1f\x8b":
        content = read_gzip(content, file)
    magic = int.from_bytes(content[:4], "big")
    if len(content) < 4 or magic != IMAGES_MAGIC:
        found = f"0x{magic:08x}" if len(content) >= 4 else f"{len(content)} bytes"
        raise CallError(
            f"{file} is no idx file of pictures: it begins with {found}, "
            f"not with 0x{IMAGES_MAGIC:08x}."
        )
    if len(content) < 16:
        raise CallError(f"{file} is cut short: its header alone takes 16 bytes.")
    shape = struct.unpack(">3I", content[4:16])
    size = shape[0] * shape[1] * shape[2]
    if len(content) - 16 != size:
        raise CallError(
            f"{file} is {'cut short' if len(content) - 16 < size else 'too long'}: its header "
            f"says {shape[0]} pictures of {shape[1]} x {shape[2]}, that is {size} bytes, and "
            f"{len(content) - 16} follow."
        )
    return np.frombuffer(content, "uint8", offset=16).reshape(shape)


@functools.lru_cache(maxsize=2)  # a training wants all splits
def _pictures(file):
    pixels = read_idx_images(file)
    if pixels.shape[1:] != (SIDE, SIDE):
        height, width = pixels.shape[1:]
        raise CallError(
            f"{file} holds pictures of {height} x {width}; MNIST's are {SIDE} x {SIDE}."
        )
    return gray_to_rgb(pixels)


def _find(files, part):
    return next((files[name] for name in NAMES[part] if name in files), None)
