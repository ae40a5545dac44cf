"""What modules read from each other at one step: attention of each to the states of all.

States are module-major, `(modules, batch, units)`, modules in the order inside
(`ModuleOrder`). `enabled` is an array of booleans, one for each module, or None where none
is switched off.
"""

from keras import ops

from modzoo.layers.masking import masked_softmax
from modzoo.layers.slicing import split, transpose


def communicate(state, source, kernel, num_heads, key_dim, enabled=None):
    """What each module reads, `(modules, batch, units)`.

    Args:
        state: The readers' states.
        source: The states that are read; the same tensor, or another one.
        kernel: `(modules, units, query + key + value)`.
        num_heads: Integer, number of heads.
        key_dim: Integer, width of a head's queries and keys.
        enabled: Which modules are read.
    """
    width, units = num_heads * key_dim, state.shape[-1]
    if source is state:
        projected = ops.matmul(state, kernel)  # (modules, batch, query + key + value)
        query, key, value = split(projected, [width, width, units], axis=-1)
    else:
        query_kernel, source_kernel = split(kernel, [width, width + units], axis=-1)
        query = ops.matmul(state, query_kernel)
        key, value = split(ops.matmul(source, source_kernel), [width, units], axis=-1)
    if state.shape[0] == 1:  # a softmax over one module is 1
        return value

    query, key, value = (_by_head(x, num_heads) for x in (query, key, value))
    scores = ops.matmul(query, transpose(key, (0, 1, 3, 2))) * key_dim**-0.5
    attention = masked_softmax(scores, enabled)  # (batch, heads, modules, modules)
    message = ops.matmul(attention, value)  # (batch, heads, modules, units / heads)
    return ops.reshape(transpose(message, (2, 0, 1, 3)), ops.shape(state))


def _by_head(x, num_heads):
    """`(modules, batch, heads * width)` as `(batch, heads, modules, width)`."""
    modules, batch, width = ops.shape(x)
    x = ops.reshape(x, (modules, batch, num_heads, width // num_heads))
    return transpose(x, (1, 2, 0, 3))


def gated(message, kernel, bias):
    """A message as `sigmoid(u W + b) * tanh(u)`, which is bounded."""
    gate = ops.matmul(message, kernel) + bias
    return ops.sigmoid(gate) * ops.tanh(message)
