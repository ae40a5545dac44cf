"""How many examples pass a network at once."""

import math

from modzoo.decomposition.anatomy import made_by
from modzoo.errors import CallError

MOST_NUMBERS = 2**26  # that a layer gives, of all examples that pass at once
MOST_OF_ONE = 2**24  # and of one of them


def rows_at_once(anatomy, arrays, most):
    """How many examples may pass a network at once.

    Args:
        anatomy: The `Anatomy` of the network.
        arrays: List of the arrays that it reads.
        most: Integer, so many at most.

    Raises:
        CallError: If one example alone is too large.
    """
    steps = max((array.shape[1] for array in arrays if array.ndim > 1), default=1)
    numbers, name = max(_sizes(anatomy, steps))
    if numbers > MOST_OF_ONE:
        raise CallError(
            f"The layer {name} gives {numbers:,} numbers of one example; a model to decompose has "
            f"{MOST_OF_ONE:,} at most."
        )
    return min(most, max(1, MOST_NUMBERS // max(1, numbers)))


def _sizes(anatomy, steps):
    """Pairs of how many numbers a layer gives of an example, and its name."""
    read = [tensor for calls in anatomy.reads.values() for tensors in calls for tensor in tensors]
    for tensor in (*read, *anatomy.model.outputs):
        yield _size(tensor.shape[1:], steps), made_by(tensor).name
    for site in anatomy.sites:
        (sequence, *_), *_ = anatomy.reads[site.layer]
        yield _size((sequence.shape[1], site.units), steps), site.name


def _size(shape, steps):
    return math.prod(steps if size is None else size for size in shape)
