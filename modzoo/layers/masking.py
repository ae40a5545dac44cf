"""What masks leave out: logits that are 0 behind a softmax or a sigmoid.

Finite ones, since the difference of two infinities is not a number.
"""

import keras
from keras import ops


def lowest_logit(dtype):
    """A logit of type `dtype` below all others, far from the end of its range."""
    return -3e4 if keras.backend.standardize_dtype(dtype) == "float16" else -1e9


def masked_softmax(logits, mask=None, axis=-1):
    """Softmax over what the boolean `mask` lets through, in the type of `logits`.

    The rest is 0, and all is 0 where nothing is let through. `mask=None` lets all through.
    """
    if mask is None:
        return ops.softmax(logits, axis=axis)
    weights = ops.softmax(ops.where(mask, logits, lowest_logit(logits.dtype)), axis=axis)
    return ops.where(mask, weights, 0.0)
