"""What masks leave out: steps that are read as zeros, and logits that are 0 behind a softmax
or a sigmoid.

Such logits are finite, since the difference of two infinities is not a number.
"""

import keras
from keras import ops


def zero_masked(x, mask):
    """`x`, `(batch, time, features)`, with zeros where `mask`, `(batch, time)`, is `False`.

    What stood there reaches neither outputs nor gradients, were it not a number.
    """
    return x if mask is None else ops.where(ops.expand_dims(mask, -1), x, ops.zeros_like(x))


def needed(mask):
    """The boolean `mask`, or None where it is known to let everything through."""
    if mask is None or keras.backend.backend() != "torch":
        return mask
    import torch

    is_known = mask.device.type == "cpu" and not torch.compiler.is_compiling()
    return None if is_known and bool(mask.all()) else mask


def lowest_logit(dtype):
    """A logit of type `dtype` below all others, far from the end of its range."""
    return -3e4 if keras.backend.standardize_dtype(dtype) == "float16" else -1e9


def masked_softmax(logits, mask=None, axis=-1):
    """Softmax over what the boolean `mask` lets through, in the type of `logits`.

    The rest is 0, and all is 0 where nothing is let through. `mask=None` lets all through.
    """
    if mask is None:
        return _softmax(logits, axis)
    weights = _softmax(ops.where(mask, logits, lowest_logit(logits.dtype)), axis)
    return ops.where(mask, weights, 0.0)


def _softmax(logits, axis):
    if logits.shape[axis] == 1:  # Keras' own warns
        return 0 * logits + 1
    if keras.backend.backend() != "torch" or logits.shape[axis] > _SHORT:
        return ops.softmax(logits, axis=axis)
    # Over a short axis PyTorch's own takes many times as long.
    weights = (logits - logits.amax(axis, keepdim=True).detach()).exp()
    return weights / weights.sum(axis, keepdim=True)


_SHORT = 16
