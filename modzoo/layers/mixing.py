from keras import ops

from modzoo.layers.precision import product


def mixed(tensors, weights):
    """`sum_j weights[i, j] tensors[j]` for each `i`, as a list; the tensors have one shape."""
    weights, stacked = ops.convert_to_tensor(weights), ops.stack(tensors)
    flat = ops.reshape(stacked, (len(tensors), -1))
    shape = ops.shape(stacked)[1:]
    sums = ops.unstack(product(weights, flat), num=weights.shape[0], axis=0)
    return [ops.reshape(x, shape) for x in sums]


def mostly_own(own, size):
    """Initialiser of weights `(size, size)` by which each of `size` tensors keeps the share `own`
    of itself and reads the others, in equal shares, for the rest."""

    def initialize(shape, dtype=None):
        other = (1 - own) / max(size - 1, 1)
        return ops.full(shape, other, dtype) + (own - other) * ops.eye(size, dtype=dtype)

    return initialize
