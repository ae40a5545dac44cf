"""Coded pictures in batches. A picture may be of several sides, drawn apart and put together."""

from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from modzoo.applications.images.codebook import encode, resize
from modzoo.training.batches import endless_epochs, steps_per_epoch


@dataclass(frozen=True)
class CodedPictures:
    """Colour codes of pictures.

    Attributes:
        sides: Tuple of integer arrays `(pictures, height, width)`, what stands from left to
            right. There need not be as many of each: a picture takes one of each at random.
        split: Name of the split.
    """

    sides: tuple
    split: str

    def __len__(self):
        return min(len(side) for side in self.sides)

    @property
    def size(self):
        """Height and width of a whole picture."""
        return self.sides[0].shape[1], sum(side.shape[2] for side in self.sides)

    def limit(self, number):
        return replace(self, sides=tuple(side[:number] for side in self.sides))

    def compose(self, indices):
        """The pictures of integers `(sides, pictures)`, as codes `(pictures, height, width)`."""
        parts = [side[i] for side, i in zip(self.sides, indices, strict=True)]
        return np.concatenate(parts, axis=2)

    def in_order(self):
        """All pictures, the first of each side put together, and so on."""
        return self.compose([np.arange(len(self))] * len(self.sides))


def fit_side(pictures, side):
    """The pixels of `Pictures`, made `side` x `side`."""
    return resize(pictures.pixels, side, side)


def code(pictures, side, codebook):
    """`CodedPictures` of a list of `Pictures`, one for each side, each `side` x `side`."""
    sides = tuple(encode(fit_side(part, side), codebook) for part in pictures)
    return CodedPictures(sides, pictures[0].split)


def picture_batches(pictures, batch_size, seed, first_epoch=0):
    """An endless stream of training batches, beginning with epoch `first_epoch`.

    Each epoch every side is shuffled by itself, so that sides meet anew. Call `fit` with
    `steps_per_epoch(pictures, batch_size)`.

    Returns:
        `tf.data.Dataset` of codes and the same codes, `(batch, height * width)`.
    """
    height, width = pictures.size
    batch_size = min(batch_size, len(pictures))
    steps = steps_per_epoch(pictures, batch_size)

    def order(epoch):
        rng = np.random.default_rng([seed, int(epoch)])
        drawn = [rng.permutation(len(side))[: steps * batch_size] for side in pictures.sides]
        return np.stack(drawn, axis=1).reshape(steps, batch_size, -1)

    def compose(indices):
        return pictures.compose(indices.T).reshape(batch_size, -1)

    def codes(indices):
        batch = tf.numpy_function(compose, [indices], tf.int32)
        batch = tf.ensure_shape(batch, (batch_size, height * width))
        return batch, batch

    indices = endless_epochs(order, (batch_size, len(pictures.sides)), first_epoch)
    return indices.map(codes).prefetch(tf.data.AUTOTUNE)


def picture_evaluation_batches(pictures, batch_size=32):
    """Batches of codes and the same codes, `(batch, height * width)`, in order."""
    codes = pictures.in_order().reshape(len(pictures), -1)
    return tf.data.Dataset.from_tensor_slices((codes, codes)).batch(batch_size)
