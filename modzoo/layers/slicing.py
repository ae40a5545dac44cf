"""Splits and permutations whose gradients are cheap on every backend, and compile.

The gradient of a slice or a gather is a scatter into zeros, one for each slice; that of a
split is one concatenation. `ops.split` by places goes through an index tensor on PyTorch.
"""

import keras
from keras import ops


def split(x, sizes, axis):
    """Splits `x` along `axis` into parts of `sizes`."""
    x = ops.convert_to_tensor(x)
    if len(sizes) == 1:
        return [x]
    if keras.backend.backend() == "torch":
        import torch

        return list(torch.split(x, sizes, dim=axis))
    places = [sum(sizes[:i]) for i in range(1, len(sizes))]
    return ops.split(x, places, axis=axis)


def transpose(x, axes):
    """Transposes; in a loop on TensorFlow second derivatives of it compile too."""
    if keras.backend.backend() != "tensorflow":
        return ops.transpose(x, axes)
    import tensorflow as tf

    inverse = [axes.index(axis) for axis in range(len(axes))]

    @tf.custom_gradient
    def transposed(x):  # TensorFlow's own gradient computes `inverse` while it runs
        return tf.transpose(x, axes), lambda gradient: transpose(gradient, inverse)

    return transposed(x)


def permute(x, order, axis):
    """Puts the rows of `x` along `axis`, few and known in number, in `order`."""
    x = ops.convert_to_tensor(x)
    if list(order) == sorted(order):
        return x
    rows = ops.unstack(x, axis=axis)
    return ops.stack([rows[i] for i in order], axis=axis)
