"""What routes do: readers read the mean of the sources that are connected to them."""

from keras import ops

from modzoo.layers.counts import check_weight
from modzoo.layers.precision import widened

MAX_LAYERS = 100  # which may share their weights, so that nothing else bounds them


def read_connected(sources, routes):
    """The mean of the sources connected to each reader (eq. 4), zero where none is.

    Args:
        sources: Tensor `(..., sources, rows, width)`.
        routes: Tensor `(..., sources, readers, rows)` of 0 and 1.

    Returns:
        Tensor `(..., readers, rows, width)`.
    """
    # Not `maximum(total, 1)`: the backends share out its gradient at 1 in different ways.
    total = ops.sum(routes, axis=-3)
    total = ops.where(total > 0, total, ops.ones_like(total))
    read = ops.sum(ops.expand_dims(routes, -1) * ops.expand_dims(sources, -3), axis=-4)
    return read / ops.expand_dims(total, -1)


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
