"""How much a stranger's description of a model may ask for: what its file holds, about."""

import contextlib
import json
import math
import threading

from modzoo.errors import CallError

SLACK = 2**24
NO_SIZES = ("seed", "shared_object_id")  # any number
_ALONE = threading.RLock()


def require_bounded(text, num_bytes, path):
    """Raises if a description holds a number of parts that no file of that size describes.

    Args:
        text: JSON string that describes a model.
        num_bytes: Integer, size of the file of its weights.
        path: Where it was read, for the error.
    """

    largest = num_bytes + SLACK
    beyond = []

    def check(members):
        beyond.extend(
            name
            for name, value in members
            if isinstance(value, int) and value > largest and not name.endswith(NO_SIZES)
        )

    with contextlib.suppress(ValueError, RecursionError):  # what is no JSON is said elsewhere
        json.loads(text, object_pairs_hook=check)
    if beyond:
        raise _too_large(path)


@contextlib.contextmanager
def bounded_weights(num_bytes, path):
    """The scope in which layers make no more weights than the file of `num_bytes` can hold."""
    from keras import Layer

    add_weight, made = Layer.add_weight, 0

    def add_bounded(layer, shape=None, *args, **kwargs):
        nonlocal made
        made += math.prod(shape or ())
        if made > num_bytes + SLACK:  # a weight takes a byte at least
            raise _too_large(path)
        return add_weight(layer, shape, *args, **kwargs)

    with _ALONE:
        Layer.add_weight = add_bounded
        try:
            yield
        finally:
            Layer.add_weight = add_weight


def _too_large(path):
    return CallError(f"Cannot read {path}: it describes a larger model than its weights are of.")
