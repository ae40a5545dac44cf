"""Training on many devices: what `--distribute` makes of those there are.

none     one device
data     each device computes its share of every batch, all hold the whole model
model    on JAX, the devices of a process hold a part of the weights each; processes share
         the batches
"""

import contextlib
import importlib
import math
import sys

from modzoo.errors import CallError
from modzoo.training.environment import running_backend

KINDS = ("none", "data", "model")
BACKENDS = {"jax": "with_jax", "tensorflow": "with_tensorflow"}


def make_distribution(kind, layout):
    """What `modzoo.training.prepared` takes as `distribute`; joins the other processes first.

    Args:
        kind: One of `KINDS`.
        layout: `{regular expression of weights' paths: axes}`, each axis None or `"model"`: how
            an application's weights are split.

    Returns:
        A `keras.distribution.Distribution` or a `tf.distribute.Strategy`; None for one device.

    Raises:
        CallError: If the backend cannot do it, or the other processes cannot be joined.
    """
    if kind not in KINDS:
        raise CallError(f"--distribute must be one of {', '.join(KINDS)}, received {kind!r}.")
    if kind == "none":
        return None
    if running_backend() not in BACKENDS:
        raise CallError(
            f"--distribute {kind} is not there on {running_backend()}, which trains on one device; "
            "--backend jax has data and model, --backend tensorflow has data."
        )
    distribution, devices = _of_backend().make(kind, layout)
    alone = ", the only device there is" if distribution is None else ""
    print(f"--distribute {kind}: training on {devices}{alone}.", file=sys.stderr)
    return distribution


def check_batch_size(distribution, batch_size):
    """Raises unless the devices can share a batch evenly."""
    shares = 1 if distribution is None else _of_backend().shares(distribution)
    if batch_size % shares:
        near = math.ceil(batch_size / shares) * shares
        raise CallError(
            f"--batch-size must be divisible by {shares}, the devices that share a batch, "
            f"received {batch_size}; {near} is."
        )


def num_shares():
    """In how many shares the devices of the scope we are in take a batch."""
    return _of_backend().current_shares() if running_backend() in BACKENDS else 1


def num_processes():
    """How many processes train together."""
    return _of_backend().num_processes() if running_backend() == "jax" else 1


def is_first_process():
    """Whether this is the process, of those that train together, that writes."""
    return running_backend() != "jax" or _of_backend().process_id() == 0


def wait_for_all():
    """Returns when all processes that train together have come here."""
    if num_processes() > 1:
        _of_backend().wait_for_all()


def clip_together(optimizer):
    """Has an optimizer clip the gradients of a whole batch, where Keras, on TensorFlow, would
    clip those of each device's share."""
    if running_backend() == "tensorflow" and num_shares() > 1:
        _of_backend().clip_together(optimizer)


def readable(variables):
    """The scope in which this process, alone, can read variables that several hold."""
    if num_processes() > 1:
        return _of_backend().readable(variables)
    return contextlib.nullcontext()


def _of_backend():
    return importlib.import_module(f"{__name__}.{BACKENDS[running_backend()]}")
