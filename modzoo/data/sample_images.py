"""Pictures that come with scikit-learn: digits, and two photographs cut into patches."""

import functools

import numpy as np

from modzoo.data.pictures import choose_split, gray_to_rgb

PATCH_SIDE = 16


def load_digits(split=None):
    """A split of scikit-learn's 1,797 digits, 8 x 8 in 17 shades; the last tenth is the test."""
    return choose_split(_digits(), None, split, "scikit-learn's digits")


def load_patches(split=None):
    """A split of the 2,080 patches of 16 x 16 into which scikit-learn's two photographs are cut.

    The last tenth, the photographs' right edge, is the test.
    """
    return choose_split(_patches(), None, split, "patches of scikit-learn's photographs")


@functools.cache
def _digits():
    from sklearn import datasets

    shades = datasets.load_digits().images  # 0 to 16
    return gray_to_rgb(np.round(shades * (255 / 16)).astype("uint8"))


@functools.cache
def _patches():
    from sklearn import datasets

    photographs = np.stack(datasets.load_sample_images().images)
    rows, columns = (n // PATCH_SIDE for n in photographs.shape[1:3])
    photographs = photographs[:, : rows * PATCH_SIDE, : columns * PATCH_SIDE]
    patches = photographs.reshape(-1, rows, PATCH_SIDE, columns, PATCH_SIDE, 3)
    return patches.transpose(3, 0, 1, 2, 4, 5).reshape(-1, PATCH_SIDE, PATCH_SIDE, 3)
