"""What the level of a frame says beside those before it: how far it is above their mean, and above
the floor of the noise."""

import numpy as np
from keras import ops

from modzoo.applications.speech.spectrum import BINS

MEAN, SMOOTH, FLOOR = 60, 6, 90  # frames: 0.96 s, 0.1 s, 1.44 s
DECAY = 1 - 1 / MEAN
UNKNOWN = 1e3  # above all levels
GATE_SLOPE, GATE_OFFSET = 7.0, -2.5  # of a gate on how far a level is above the floor


def initial_floor(batch_size):
    """What `compare` has to know of the frames before the first."""
    return {
        "mean": ops.zeros((batch_size, BINS)),
        "recent": ops.zeros((batch_size, SMOOTH - 1, BINS)),
        "floors": ops.full((batch_size, FLOOR - 1, BINS), UNKNOWN),
    }


def compare(levels, steps, state):
    """Levels beside those of the frames before.

    Args:
        levels: Float32 `(batch, time, bins)`.
        steps: Integers `(batch,)`, how many frames there have been.
        state: What `initial_floor` or the last call returned.

    Returns:
        The levels above their mean, in which a frame weighs less by one part in 60 with each one
        that follows; and above the least, in the last 90 frames, of the mean of six: each
        `(batch, time, bins)`. Last the state.
    """
    time = ops.shape(levels)[1]
    # How many frames there have been with each, (batch, time, 1).
    count = steps[:, None, None] + ops.arange(1, time + 1, dtype="int32")[:, None]
    count = ops.cast(count, "float32")
    sums = _decayed_sums(levels, state["mean"])
    mean = sums * (1 - DECAY) / (1 - DECAY**count)
    recent = ops.concatenate([state["recent"], levels], axis=1)
    smooth = sum(recent[:, i : i + time] for i in range(SMOOTH)) / ops.minimum(count, SMOOTH)
    floors = ops.concatenate([state["floors"], smooth], axis=1)
    state = {"mean": sums[:, -1], "recent": recent[:, time:], "floors": floors[:, time:]}
    return levels - mean, levels - _sliding_minimum(floors, FLOOR), state


def _decayed_sums(x, before):
    """The sum of each step and of those before, each `DECAY` times as much as the one behind."""
    steps = ops.arange(ops.shape(x)[1], dtype="float32")
    behind = steps[:, None] - steps
    decays = ops.where(behind >= 0, DECAY ** ops.maximum(behind, 0.0), 0.0)
    return ops.matmul(decays, x) + DECAY ** (steps[:, None] + 1) * before[:, None]


def _sliding_minimum(x, window):
    """The least of each `window` steps, `(batch, time - window + 1, features)`."""
    spans = [2**i for i in range(int(np.log2(window)))]
    for ahead in [*spans, window - 1 - sum(spans)]:
        x = ops.minimum(x[:, ahead:], x[:, : ops.shape(x)[1] - ahead])
    return x
