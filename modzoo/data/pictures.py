from dataclasses import dataclass, replace

import numpy as np

from modzoo.errors import CallError


@dataclass(frozen=True)
class Pictures:
    """Pictures of a split: `pixels`, uint8 `(pictures, height, width, 3)`, red, green, blue."""

    pixels: np.ndarray
    split: str
    source: str

    def __len__(self):
        return len(self.pixels)

    def limit(self, number):
        """The first `number` of them; None: all."""
        return replace(self, pixels=self.pixels[:number])


SPLITS = ("train", "validation", "test")


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
    split = split or "test"
    if split not in SPLITS:
        raise CallError(f"{source} has no split {split!r}; it has: {', '.join(SPLITS)}.")
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
