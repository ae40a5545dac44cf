"""CIFAR-10 in both of its published layouts, binary and pickled batches."""

import functools
import io
import pickle
import pickletools
import re
from pathlib import Path

import numpy as np

from modzoo.data.folders import data_files, hint
from modzoo.data.pictures import choose_split
from modzoo.errors import CallError, shortened

SIDE = 32
BYTES = 3 * SIDE * SIDE
BINARY, PICKLED = "cifar-10-batches-bin", "cifar-10-batches-py"
LAYOUT = (
    "data_batch_1.bin to data_batch_5.bin (binary) or data_batch_1 to data_batch_5 (pickled), "
    f"in it or in its folder {BINARY} or {PICKLED}"
)
BATCH = re.compile(r"data_batch_\d+(\.bin)?")


def load_cifar10(folder, split=None):
    """A split of CIFAR-10's pictures; of the labels nothing is used.

    Of a folder that has both layouts the binary one is read. Without a `test_batch` the last
    tenth of the training pictures is the test.
    """
    folder = Path(folder)
    inner = next((folder / name for name in (BINARY, PICKLED) if (folder / name).is_dir()), folder)
    files = data_files(inner)
    batches = sorted(name for name in files if BATCH.fullmatch(name))
    if any(name.endswith(".bin") for name in batches):
        batches = [name for name in batches if name.endswith(".bin")]
    if not batches:
        advice = hint(inner, BATCH.fullmatch)
        raise CallError(f"{folder} holds no CIFAR-10; expected a folder with {LAYOUT}.{advice}")
    train = _pictures(*(files[name] for name in batches))
    test = next((files[name] for name in ("test_batch.bin", "test_batch") if name in files), None)
    test = None if test is None else _pictures(test)
    return choose_split(train, test, split, f"CIFAR-10 in {inner}")


@functools.lru_cache(maxsize=2)  # a training wants all splits
def _pictures(*files):
    """uint8 `(pictures, 32, 32, 3)` of batches, each a `DataFile`."""
    is_binary = str(files[0]).endswith(".bin")
    planes = np.concatenate([(_read_binary if is_binary else _read_pickled)(f) for f in files])
    return planes.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)


def _read_binary(file):
    """A byte of label, then 1,024 of red, green and blue each, for every picture."""
    content = file.read()
    if not content or len(content) % (BYTES + 1):
        raise CallError(
            f"{file} is no whole batch of CIFAR-10: it holds {len(content)} bytes, and a picture "
            f"takes {BYTES + 1}."
        )
    rows = np.frombuffer(content, "uint8").reshape(-1, BYTES + 1)
    if rows[:, 0].max() > 9:
        place = int((rows[:, 0] > 9).argmax())
        raise CallError(
            f"{file} is no batch of CIFAR-10: picture {place + 1} has the label "
            f"{rows[place, 0]}, and there are 0 to 9."
        )
    return rows[:, 1:]


def _read_pickled(file):
    try:
        content = file.read()
        _check_memory(content)
        batch = _Unpickler(io.BytesIO(content), encoding="bytes").load()
        data = batch[b"data"]
        if not isinstance(data, np.ndarray) or data.dtype != np.uint8:
            raise TypeError("its data are no array of bytes")
        if data.ndim != 2 or data.shape[1] != BYTES or not len(data):
            raise ValueError(f"its data have the shape {data.shape}, not (pictures, {BYTES})")
    except CallError:
        raise
    except Exception as error:  # a damaged pickle raises anything
        detail = "it has no b'data'" if isinstance(error, KeyError) else shortened(str(error), 200)
        raise CallError(f"{file} is no batch of CIFAR-10: {detail}.") from error
    return data


def _check_memory(content):
    """Raises if a pickle asks for a place in memory beyond its own size, which would be filled."""
    for code, argument, _ in pickletools.genops(content):
        if code.name.endswith("PUT") and argument is not None and argument > len(content):
            raise pickle.UnpicklingError(f"it has no {argument:,} parts")


def _latin1(text, encoding):
    """The bytes of a string, which older pickles hold: the one encoding that batches need."""
    return text.encode("latin1")


class _Unpickler(pickle.Unpickler):
    """Makes arrays, and nothing else: a pickle can ask for any function to be called."""

    def find_class(self, module, name):
        arrays = {"_reconstruct", "ndarray", "dtype", "_frombuffer"}
        if module.split(".")[0] == "numpy" and name in arrays:
            return super().find_class(module, name)
        if (module, name) == ("_codecs", "encode"):
            return _latin1
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no batch needs")
