"""Layers that read one tensor or a list of them: their shapes and masks."""

import functools

import keras
from keras import ops

from modzoo.layers.shapes import check_shape


def is_several(shape):
    """Whether `shape` is a list of shapes rather than one."""
    return isinstance(shape[0], (list, tuple))


def common_steps(inputs, mask):
    """`(batch, time)`, as far as they are known, which all inputs and all masks must have.

    Args:
        inputs: Tensor `(batch, time, width)`, or a list of them.
        mask: Tensor `(batch, time)`, a list with Nones in it, or None.
    """
    first, *others = keras.tree.flatten(inputs)
    steps = tuple(first.shape[:2])
    for x in others:
        check_shape("inputs", x.shape, (*steps, None))
    for m in keras.tree.flatten(mask):
        if m is not None:
            check_shape("mask", m.shape, steps)
    return steps


def combine_masks(mask, how=ops.logical_and):
    """All masks that are given, one or a list with Nones in it, in one; or None.

    A step is let through where all of them are `True`; with `how=ops.logical_or` where any is.
    """
    masks = [ops.cast(m, "bool") for m in keras.tree.flatten(mask) if m is not None]
    return functools.reduce(how, masks) if masks else None


def own_masks(mask):
    """A list of one mask for each input; None where they do not differ.

    An input without a mask of its own is there where any of the others is.
    """
    if not isinstance(mask, (list, tuple)) or len({id(m) for m in mask if m is not None}) < 2:
        return None
    together = combine_masks(mask, ops.logical_or)
    return [together if m is None else ops.cast(m, "bool") for m in mask]
