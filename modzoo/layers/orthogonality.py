from keras import ops

from modzoo.layers.precision import widened


def orthogonality_penalty(a, b, mask=None):
    """`||A^T B||_F^2 / T^2` of each sequence, mean over sequences: 0 where the features of `a`
    and those of `b` do not go together.

    Args:
        a: Tensor `(batch, time, width)`, `A` of each sequence; zeros at masked steps.
        b: Tensor `(batch, time, other_width)`, likewise.
        mask: Boolean tensor `(batch, time)`; `T` counts the steps where it is `True`.
    """
    a, b = widened(a), widened(b)
    steps = ops.ones_like(a[..., 0]) if mask is None else ops.cast(mask, a.dtype)
    steps = ops.maximum(ops.sum(steps, axis=1), 1.0)
    products = ops.matmul(ops.transpose(a, (0, 2, 1)), b)
    squares = ops.sum(ops.square(products), axis=(1, 2)) / ops.square(steps)
    return ops.sum(squares) / ops.cast(ops.maximum(ops.shape(a)[0], 1), squares.dtype)
