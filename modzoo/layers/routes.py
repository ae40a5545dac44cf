"""What routes do: readers read the mean of the sources that are connected to them."""

import functools
import operator

from keras import ops

from modzoo.layers.counts import check_weight
from modzoo.layers.precision import widened

MAX_LAYERS = 100  # which may share their weights, so that nothing else bounds them
MAX_ROUTES = 1000  # each is a few operations


def read_connected(sources, routes):
    """The mean of the sources connected to each reader (eq. 4), zero where none is.

    Args:
        sources: List of tensors `(rows, width)`.
        routes: Tensor `(sources, readers, rows)` of 0 and 1.

    Returns:
        List of one tensor `(rows, width)` for each reader.
    """
    # Not `maximum(total, 1)`: the backends share out its gradient at 1 in different ways.
    total = ops.sum(routes, axis=0)
    shares = routes / ops.where(total > 0, total, ops.ones_like(total))
    return [_weighed(sources, own) for own in ops.unstack(shares, axis=1)]


def _weighed(sources, shares):
    """The sum of `sources`, each times its share, `(sources, rows)`."""
    shares = ops.unstack(ops.expand_dims(shares, -1), axis=0)
    parts = (share * source for share, source in zip(shares, sources, strict=True))
    return functools.reduce(operator.add, parts)


def sparsity_penalty(num_connected, num_routes, weight, threshold, mask=None):
    """`weight * relu(num_connected - threshold * num_routes)` (eq. 10, 11), mean over steps.

    Args:
        num_connected: Tensor `(batch, time)`, routes connected at each step.
        num_routes: Integer, all that can be.
        weight: Float, the paper's `lambda`.
        threshold: Float in `[0, 1]`, the share that goes free, the paper's `gamma`.
        mask: Boolean tensor `(batch, time)`; steps where it is `False` do not count.
    """
    excess = ops.relu(widened(num_connected) - threshold * num_routes)
    counted = ops.ones_like(excess) if mask is None else ops.cast(mask, excess.dtype)
    return weight * ops.sum(excess * counted) / ops.maximum(ops.sum(counted), 1.0)


def check_num_layers(num_layers):
    if not 2 <= num_layers <= MAX_LAYERS:
        raise ValueError(
            "`num_layers` counts the layer of cells and those of sub-encoders, so it must be from "
            f"2 to {MAX_LAYERS}. Received: num_layers={num_layers}."
        )


def check_num_routes(num_routes):
    if num_routes > MAX_ROUTES:
        raise ValueError(
            f"`num_cells`, `num_layers` and `num_modules`, or in a decoder `num_tasks`, may make "
            f"{MAX_ROUTES} routes at most. Received: values that make {num_routes}."
        )


def check_sparsity(weight, threshold):
    check_weight("sparsity_weight", weight)
    if not 0 <= threshold <= 1:
        raise ValueError(
            f"`sparsity_threshold` must be in [0, 1]. Received: sparsity_threshold={threshold}."
        )


def checked_places(disabled, sizes, named):
    """What is switched off, as a tuple of tuples of indices.

    Args:
        disabled: List of tuples or lists of integers.
        sizes: Function that gives the sizes which bound the indices of such a tuple; none for
            a tuple of a wrong length.
        named: What `disabled` may hold, for the error.
    """
    places = tuple(tuple(p) if isinstance(p, (list, tuple)) else (p,) for p in disabled)
    for place in places:
        bounds = sizes(place) if all(isinstance(i, int) for i in place) else ()
        fits = all(0 <= i < size for i, size in zip(place, bounds, strict=False))
        if len(place) != len(bounds) or not fits:
            raise ValueError(f"`disabled` must hold {named}. Received: disabled={list(disabled)}.")
    return places
