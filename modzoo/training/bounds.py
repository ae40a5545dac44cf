"""How much a stranger's description of a model may ask for: what its file holds, about."""

import contextlib
import contextvars
import functools
import json
import math
from pathlib import Path

from modzoo.data.json_files import require_text
from modzoo.errors import CallError

MAX_DESCRIPTION = 64 * 2**20  # bytes of JSON
SLACK = 2**20  # for what has no weights
NO_SIZES = ("seed", "sequence_length")  # any number
_budget = contextvars.ContextVar("budget", default=None)


@contextlib.contextmanager
def bounded(texts, num_bytes, path):
    """The scope in which a described model is made: neither its counts nor its weights may be
    more than the file of its weights has bytes.

    Args:
        texts: JSON strings that describe the model.
        num_bytes: Integer, size of the file of its weights, of which each takes one at least.
        path: Where it was read, for the error.

    Raises:
        CallError: If they are, or a text of the description cannot be written.
    """
    largest = num_bytes + SLACK
    for text in texts:
        value, counts = _read(text)
        require_text(value, path)
        if max(counts, default=0) > largest:
            raise _too_large(path)
    _count_weights()
    token = _budget.set([largest, path])
    try:
        yield
    finally:
        _budget.reset(token)


def bounded_by_folder(folder):
    """`bounded`, of a folder that `save_to_preset` wrote."""
    texts = [read_description(file) for file in Path(folder).glob("*.json")]
    weights = [*Path(folder).glob("*.h5"), *Path(folder).glob("assets/*/*.npz")]
    return bounded(texts, sum(file.stat().st_size for file in weights if file.is_file()), folder)


def read_description(file):
    """The text of a JSON file that describes a model."""
    try:
        if file.stat().st_size > MAX_DESCRIPTION:
            raise CallError(f"Cannot read {file}: no description of a model is as large.")
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CallError(f"Cannot read {file}: {error}.") from error


def _read(text):
    """The value of a JSON text, and a list of the integers in the configurations of classes of
    `modzoo`, but for `NO_SIZES`."""
    value, found = None, []

    def look(members):
        described = dict(members)
        if str(described.get("registered_name")).startswith("modzoo>"):
            config = described.get("config")
            found.extend(_integers(config) if isinstance(config, dict) else ())
        return described

    with contextlib.suppress(ValueError, RecursionError):  # what is no JSON is said elsewhere
        value = json.loads(text, object_pairs_hook=look)
    return value, found


def _integers(config):
    for name, value in config.items():
        values = value if isinstance(value, list) else [value]
        if not name.endswith(NO_SIZES):
            yield from (v for v in values if isinstance(v, int))


@functools.cache
def _count_weights():
    """Has every layer ask whether a weight is within the budget of the scope it is made in."""
    from keras import Layer

    add_weight = Layer.add_weight

    @functools.wraps(add_weight)
    def add_bounded(layer, shape=None, *args, **kwargs):
        budget = _budget.get()
        if budget is not None:
            budget[0] -= math.prod(shape or ())
            if budget[0] < 0:
                raise _too_large(budget[1])
        return add_weight(layer, shape, *args, **kwargs)

    Layer.add_weight = add_bounded


def _too_large(path):
    return CallError(f"Cannot read {path}: it describes a larger model than its weights are of.")
