"""The recurrent kinds a module can be: one step of many modules of one kind at once.

A step takes the input's and the state's contributions to the gates, each
`(modules, batch, gates * units)` with biases added, and the previous `h` (and `c`),
`(modules, batch, units)`. Gate order and biases are Keras'.
"""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops


def _lstm(x, r, h, c, activation, recurrent_activation):
    i, f, g, o = ops.split(x + r, 4, axis=-1)
    c = recurrent_activation(f) * c + recurrent_activation(i) * activation(g)
    return recurrent_activation(o) * activation(c), c


def _gru(x, r, h, c, activation, recurrent_activation):
    x_z, x_r, x_h = ops.split(x, 3, axis=-1)
    r_z, r_r, r_h = ops.split(r, 3, axis=-1)
    z = recurrent_activation(x_z + r_z)
    candidate = activation(x_h + recurrent_activation(x_r + r_r) * r_h)
    return z * h + (1 - z) * candidate, c


def _simple_rnn(x, r, h, c, activation, recurrent_activation):
    return activation(x + r), c


class ModuleKind(NamedTuple):
    """`num_gates` blocks of columns; `has_memory`: a second state `c`;
    `has_recurrent_bias`: a bias of its own for the state's contribution."""

    step: Callable
    num_gates: int
    has_memory: bool = False
    has_recurrent_bias: bool = False


MODULE_KINDS = {
    "lstm": ModuleKind(_lstm, num_gates=4, has_memory=True),
    "gru": ModuleKind(_gru, num_gates=3, has_recurrent_bias=True),
    "simple_rnn": ModuleKind(_simple_rnn, num_gates=1),
}
