"""Which modules read the input, and how much of it: one step of the competition in a RIM.

Tensors are `(modules, batch)`, modules in the order inside (`ModuleOrder`). `enabled` is an
array of booleans, one for each module, or None where none is switched off; `update` says which
rows are updated, `(batch,)`, or which modules of which, `(modules, batch)`, or is None.
"""

import numpy as np
from keras import ops

from modzoo.layers.masking import masked_softmax
from modzoo.layers.slicing import transpose


def attend(logits, selection, enabled=None, update=None):
    """The attention `p` on the input, of the logits `s`; 0 for modules that are switched off,
    and across modules for those that have no input."""
    if selection == "null":  # over the input and a null input, of logit 0
        return switch_off(ops.sigmoid(logits), enabled)
    # Over the last axis: over another one TensorFlow's gradient does not compile in a loop.
    competes = enabled
    if update is not None and len(update.shape) == 2:
        competes = transpose(update, (1, 0))
        competes = competes if enabled is None else ops.logical_and(competes, enabled)
    return transpose(masked_softmax(transpose(logits, (1, 0)), competes), (1, 0))


def switch_off(x, enabled):
    """`x`, but 0 for modules that are switched off."""
    return x if enabled is None else x * ops.cast(enabled[:, None], x.dtype)


def select(logits, num_active, order, enabled=None, update=None):
    """True where a module is active; None: everywhere.

    The logits rank as the attention does, but do not saturate. No gradient passes.

    Args:
        logits: `s`; not read where all modules that are not switched off are active.
        num_active: Integer, how many modules are active, at most.
        order: The modules' indices in the caller's order; ties go to the lowest.
        enabled: Which modules are not switched off.
        update: Which rows, or which modules of them, may be active.
    """
    num_enabled = len(order) if enabled is None else enabled.sum()
    if num_active < num_enabled:
        active = _num_ahead(ops.stop_gradient(logits), order, enabled, update) < num_active
    elif enabled is None and update is None:
        return None
    else:
        active = np.ones((len(order), 1), "bool")
    if enabled is not None:
        active = ops.logical_and(active, enabled[:, None])
    return active if update is None else ops.logical_and(active, update)


def _num_ahead(logits, order, enabled, update):
    """How many modules that may be active come before each in the ranking."""
    order = np.array(order)
    mine, other = ops.expand_dims(logits, 1), ops.expand_dims(logits, 0)
    is_first = (order[None] < order[:, None])[..., None]
    # (modules, modules, batch): whether the module on axis 1 comes before that on axis 0.
    ahead = ops.logical_or(other > mine, ops.logical_and(other == mine, is_first))
    if enabled is not None:
        ahead = ops.logical_and(ahead, enabled[None, :, None])
    if update is not None and len(update.shape) == 2:
        ahead = ops.logical_and(ahead, update)
    return ops.sum(ops.cast(ahead, "int32"), axis=1)


def choose(active, new, old):
    """`new` where a module is active, else `old`, both `(modules, batch, width)`."""
    return new if active is None else ops.where(ops.expand_dims(active, -1), new, old)
