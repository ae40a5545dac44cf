"""Encoded pictures. A picture may be of several sides, drawn apart and put together."""

import functools
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from modzoo.applications.images.codebook import encode
from modzoo.data.pictures import resize


@dataclass(frozen=True, eq=False)
class EncodedPictures:
    """Colour codes of pictures, a container for `modzoo.training.train_batches`.

    Attributes:
        sides: Tuple of int32 arrays `(pictures, height, width)`, what stands from left to
            right. There need not be as many of each: a picture takes one of each at random.
        split: Name of the split.
    """

    sides: tuple
    split: str
    lengths = None  # pictures are all of one size

    def __len__(self):
        return min(len(side) for side in self.sides)

    @property
    def size(self):
        """Height and width of a whole picture."""
        return self.sides[0].shape[1], sum(side.shape[2] for side in self.sides)

    def limit(self, count):
        return replace(self, sides=tuple(side[:count] for side in self.sides))

    def shuffled(self, rng):
        """Each side in an order of its own, so that sides meet anew: `(pictures, sides)`."""
        orders = [rng.permutation(len(side))[: len(self)] for side in self.sides]
        return np.stack(orders, axis=1)

    def gather(self, indices):
        """Codes, and the same codes to be foretold, `(batch, height * width)`.

        `indices` are `(batch, sides)`, or `(batch,)` where a picture takes the same of each.
        """
        height, width = self.size
        of_each = [indices] * len(self.sides)
        if indices.shape.rank == 2:
            of_each = tf.unstack(indices, num=len(self.sides), axis=1)
        parts = [tf.gather(s, i) for s, i in zip(self._tensors, of_each, strict=True)]
        codes = tf.reshape(tf.concat(parts, axis=2), (-1, height * width))
        return codes, codes

    @functools.cached_property
    def _tensors(self):
        with tf.init_scope():
            return [tf.constant(side) for side in self.sides]

    def in_order(self):
        """All pictures as codes `(pictures, height, width)`, the first of each side together."""
        return np.concatenate([side[: len(self)] for side in self.sides], axis=2)


def encode_pictures(pictures, codebook, resolution):
    """`EncodedPictures` of `SideBySide`, each side made `resolution` x `resolution`."""
    sides = (resize(part.pixels, resolution, resolution) for part in pictures.parts)
    return EncodedPictures(tuple(encode(side, codebook) for side in sides), pictures.split)
