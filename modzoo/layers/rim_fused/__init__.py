"""The recurrence of a RIM of LSTM modules, with a backward pass written by hand.

It computes what `RIMStep.step` does, step by step, in fewer operations: one product for all that
a module's cell reads, its gates in the order i, f, o, g, scales folded into the weights. The
weights' gradients add up in the loop rather than behind it, which reads less memory.
"""

import importlib
from typing import NamedTuple

import keras
from keras import ops

from modzoo.layers.rim_step import RIMStep
from modzoo.layers.slicing import split

BACKENDS = {"jax": "with_jax", "torch": "with_torch"}


class Inputs(NamedTuple):
    """What the steps read, along the first axis."""

    keys: object  # (time, [modules,] batch, key_dim)
    values: object  # (time, [modules,] batch, value_dim)
    available: object  # booleans (time, modules or 1, batch): what may be active; or None


class Weights(NamedTuple):
    """The weights as the recurrence uses them."""

    gate_kernel: object  # (modules, units + value_dim, 4 * units), of [state, what is read]
    gate_bias: object  # (modules, 1, 4 * units)
    query_kernel: object  # (modules, units, key_dim)
    communication_kernel: object  # (modules, units, 3 * units): queries, keys and values


class Masks(NamedTuple):
    """Dropout masks, the same at all steps, or None."""

    value: object  # (modules, batch, value_dim)
    message: object  # (modules, batch, units)


def covers(layer, projected, dropout_masks):
    """Whether `fused_recurrence` computes what a `RIM` is to compute; else its own steps do.

    Args:
        layer: `RIM`.
        projected: What its `project` returned.
        dropout_masks: `DropoutMasks`.
    """
    return all(
        (
            keras.backend.backend() in BACKENDS,
            layer.compute_dtype == "float32",
            list(layer.order.members) == ["lstm"],
            layer.activation is keras.activations.tanh,
            layer.recurrent_activation is keras.activations.sigmoid,
            layer.use_bias,
            layer.input_attention and layer.selection == "null" and not layer.attention_bias,
            layer.communication and not layer.communication_gate and layer.num_modules > 1,
            layer.communication_key_dim * layer.num_heads == layer.units,
            layer.idle_communication == "state",
            not layer.disabled,
            dropout_masks.state is None,
            not layer.unroll,
            type(layer).step is RIMStep.step,
        )
    ) and _backend().runs(projected[0])


def fused_recurrence(layer, projected, update, states, weights, dropout_masks):
    """The steps of a `RIM` that `covers` lets through.

    Args:
        layer: `RIM`.
        projected: Keys and values, `(time, [modules,] batch, width)`.
        update: Booleans `(time, batch)` or `(time, modules, batch)`, or None.
        states: The initial `(h, c)`, `(modules, batch, units)`.
        weights: `StepWeights`.
        dropout_masks: `DropoutMasks`, none of the states.

    Returns:
        The states `h` of all steps, `(time, modules, batch, units)`, activity and attention,
        both `(time, modules, batch)`; and the last states.
    """
    if update is not None and len(update.shape) == 2:
        update = ops.expand_dims(update, 1)
    hidden, memory, activity, attention = _backend().recurrence(
        Inputs(*projected, update),
        _weights(layer, weights),
        Masks(dropout_masks.value, dropout_masks.communication),
        states,
        layer.num_active,
        layer.num_heads,
    )
    if update is not None:
        attention = ops.where(update, attention, ops.zeros_like(attention))
    return (hidden, activity, attention), (hidden[-1], memory)


def _backend():
    return importlib.import_module(f"{__name__}.{BACKENDS[keras.backend.backend()]}")


def _weights(layer, weights):
    (kernel,), (bias,), (recurrent,) = weights.kernels, weights.biases, weights.recurrent_kernels
    units = layer.units
    recurrent, query = split(recurrent, [4 * units, layer.key_dim], axis=-1)
    reader, others = split(weights.communication_kernel, [units, 2 * units], axis=-1)
    return Weights(
        gate_kernel=_sigmoids_first(ops.concatenate([recurrent, kernel], axis=1)),
        gate_bias=_sigmoids_first(bias),
        query_kernel=query * layer.key_dim**-0.5,
        communication_kernel=ops.concatenate(
            [reader * layer.communication_key_dim**-0.5, others], axis=-1
        ),
    )


def _sigmoids_first(x):
    """Gates in the order i, f, g, o in the order i, f, o, g."""
    i, f, g, o = ops.split(x, 4, axis=-1)
    return ops.concatenate([i, f, o, g], axis=-1)
