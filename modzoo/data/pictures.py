from dataclasses import dataclass, replace

import numpy as np

from modzoo.data.splits import SPLITS, require_split
from modzoo.errors import CallError


@dataclass(frozen=True)
class Pictures:
    """Pictures of a split.

    Attributes:
        pixels: uint8 `(pictures, height, width, 3)`, red, green, blue.
        split: Name of the split.
        source: Where they are from, for people.
    """

    pixels: np.ndarray
    split: str
    source: str

    def __len__(self):
        return len(self.pixels)

    def limit(self, count):
        """The first `count` pictures; all of them for None."""
        return replace(self, pixels=self.pixels[:count])


@dataclass(frozen=True)
class SideBySide:
    """Pictures that are put together of one of each of several sets.

    Attributes:
        parts: Tuple of `Pictures` of the same split, what stands from left to right. There need
            not be as many of each: the smallest one says how many pictures there are.
    """

    parts: tuple[Pictures, ...]
    remarks = ()

    @property
    def split(self):
        return self.parts[0].split

    @property
    def source(self):
        return " beside ".join(part.source for part in self.parts)

    @property
    def summary(self):
        """How many there are, for people."""
        return f"{len(self):,} pictures"

    def __len__(self):
        return min(len(part) for part in self.parts)

    def limit(self, count):
        """The first `count` pictures of each part; all of them for None."""
        return replace(self, parts=tuple(part.limit(count) for part in self.parts))


def choose_split(train, test, split, source):
    """A split of pictures `train` and, where a set has published one, `test`.

    Without a `test` the last tenth of `train` stands for it, and the tenth before is
    `validation`; with one, the last tenth of `train` is `validation`.

    Args:
        train: uint8 `(pictures, height, width, 3)`.
        test: Likewise, or None.
        split: `"train"`, `"validation"` or `"test"`. None: `"test"`.
        source: What is read, for people.
    """
    split = require_split(split or "test", SPLITS, source)
    tenth = len(train) // 10
    if not tenth:
        raise CallError(f"{source} holds {len(train)} pictures; three splits need at least 10.")
    if test is not None and not len(test):
        raise CallError(f"{source} holds no pictures for the test.")
    if test is None:
        train, test = train[:-tenth], train[-tenth:]
    parts = {"train": train[:-tenth], "validation": train[-tenth:], "test": test}
    return Pictures(parts[split], split, source)


def gray_to_rgb(pixels):
    """uint8 `(pictures, height, width)` as `(pictures, height, width, 3)`."""
    return np.repeat(pixels[..., None], 3, axis=-1)


def resize(pixels, height, width):
    """uint8 `(pictures, h, w, 3)` at another size, each pixel the mean of what it covers."""
    if pixels.shape[1:3] == (height, width):
        return pixels
    import tensorflow as tf

    parts = np.array_split(pixels, max(1, len(pixels) // 1000))
    means = (tf.image.resize(part, (height, width), method="area").numpy() for part in parts)
    return np.concatenate([np.round(part).astype("uint8") for part in means])
