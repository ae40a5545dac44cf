"""Maps of groups of features in the layout `(groups, rows, width)`.

The maps of all groups are then one batched matrix product. Rows are all other axes, such as
batch and time, in one. `affine` maps one group by itself.
"""

import keras
from keras import ops

from modzoo.layers.precision import product, widened


def group_width(input_shape, num_groups):
    """Width of one group of the last axis of `input_shape`."""
    width = input_shape[-1]
    if width is None or width % num_groups:
        raise ValueError(
            "The last axis of the input must be known and divisible by `num_groups`. "
            f"Received: input_shape={tuple(input_shape)}, num_groups={num_groups}."
        )
    return width // num_groups


def split_groups(x, num_groups):
    """`(..., num_groups * width)` as `(num_groups, rows, width)`."""
    x = ops.reshape(x, (-1, num_groups, x.shape[-1] // num_groups))
    return ops.transpose(x, (1, 0, 2))


def join_groups(x, like):
    """`(num_groups, rows, width)` as `(..., num_groups * width)`, with the rows of `like`."""
    groups, _, width = x.shape
    return ops.reshape(ops.transpose(x, (1, 0, 2)), (*ops.shape(like)[:-1], groups * width))


def affine(x, kernel, bias):
    """`x W + b` of the rows of one group, `(rows, width)`."""
    if keras.backend.backend() == "torch":
        import torch

        return torch.addmm(bias, x, kernel)
    return product(x, kernel) + bias


def group_affine(x, kernel, bias=None):
    """`x_g W_g + b_g`; the bias is `(groups, 1, units)` or None."""
    kernel = ops.convert_to_tensor(kernel)
    if bias is None:
        return product(x, kernel)
    bias = ops.convert_to_tensor(bias)
    if keras.backend.backend() == "torch":
        import torch

        if kernel.shape[-1] == 1:  # cheaper than a matrix product of one column
            return (x * kernel.mT).sum(-1, keepdim=True) + bias
        return torch.baddbmm(bias, x, kernel)
    # Not `ops.add`: on TensorFlow it takes a bias (groups, 1, 1) for one of `groups` rows.
    return ops.matmul(x, kernel) + bias


def group_normalize(x, gamma, beta, epsilon):
    """Layer normalisation of each row of each group, of scale and offset `(groups, 1, width)`;
    statistics are taken in float32 or wider."""
    gamma, beta = ops.convert_to_tensor(gamma), ops.convert_to_tensor(beta)
    if keras.backend.backend() == "torch":
        import torch

        normalize = torch.nn.functional.layer_norm
        groups = zip(x.unbind(0), gamma.squeeze(1), beta.squeeze(1), strict=True)
        return torch.stack([normalize(y, y.shape[-1:], g, b, epsilon) for y, g, b in groups])
    dtype = x.dtype
    x = widened(x)
    x = x - ops.mean(x, axis=-1, keepdims=True)
    x = x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + epsilon)
    return ops.cast(x, dtype) * gamma + beta


def add_weighted(x, weight, y):
    """`x + weight * y`."""
    if keras.backend.backend() == "torch":
        return x.addcmul(weight, y)
    return x + weight * y
