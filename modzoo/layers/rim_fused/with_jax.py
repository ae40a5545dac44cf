"""The recurrence of `fused_recurrence` on JAX, with a backward pass of its own.

The forward pass keeps the states of the steps and no more; the backward pass computes the rest
again, and the gradients of the weights add up from step to step.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp

from modzoo.layers.selection import select


def runs(keys):
    """Whether the recurrence runs where `keys` are to be read."""
    return True


def recurrence(inputs, weights, masks, states, num_active, num_heads):
    """See `fused_recurrence`."""
    return _recurrence(num_active, num_heads, inputs, weights, masks, states)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _recurrence(num_active, num_heads, inputs, weights, masks, states):
    outputs, _ = _forward(num_active, num_heads, inputs, weights, masks, states)
    return outputs


def _forward(num_active, num_heads, inputs, weights, masks, states):
    def body(states, inputs_t):
        new_states, active, attention, _ = _step(
            inputs_t, weights, masks, states, num_active, num_heads
        )
        return new_states, (states, new_states[0], active, attention)

    (_, c), (before, hidden, active, attention) = jax.lax.scan(body, states, inputs)
    outputs = (hidden, c, active.astype(hidden.dtype), attention)
    return outputs, (inputs, weights, masks, before, active)


def _backward(num_active, num_heads, kept, grads):
    inputs, weights, masks, before, active = kept
    hidden_grad, c_grad, _, attention_grad = grads

    def body(carry, now):
        (dh, dc), d_weights = carry
        inputs_t, states, active_t, dh_t, d_attention = now
        *_, values = _step(inputs_t, weights, masks, states, num_active, num_heads, active_t)
        d_states, d_inputs, d_weights_t = _step_backward(
            inputs_t, weights, masks, states, active_t, values, (dh + dh_t, dc), d_attention
        )
        d_weights = jax.tree.map(jnp.add, d_weights, d_weights_t)
        return (d_states, d_weights), d_inputs

    (d_states, d_weights), (d_keys, d_values) = jax.lax.scan(
        body,
        ((jnp.zeros_like(c_grad), c_grad), jax.tree.map(jnp.zeros_like, weights)),
        (inputs, before, active, hidden_grad, attention_grad),
        reverse=True,
    )
    d_inputs = inputs._replace(keys=d_keys, values=d_values, available=_none(inputs.available))
    return d_inputs, d_weights, jax.tree.map(jnp.zeros_like, masks), d_states


_recurrence.defvjp(_forward, _backward)


class _Values(NamedTuple):
    """What a step computed on its way."""

    query: jax.Array  # (modules, batch, key_dim)
    attention: jax.Array  # (modules, batch)
    read: jax.Array  # (modules, batch, units + value_dim)
    gates: tuple  # i, f, o, g, each (modules, batch, units)
    squashed: jax.Array  # tanh(c), (modules, batch, units)
    state: jax.Array  # h before communication, (modules, batch, units)
    heads: tuple  # queries, keys and values, each (batch, heads, modules, head_dim)
    weight: jax.Array  # what each reads of each, (batch, heads, modules, modules)


def _step(inputs_t, weights, masks, states, num_active, num_heads, active=None):
    h, c = states
    query = h @ weights.query_kernel
    logits = (query * inputs_t.keys).sum(-1)  # (modules, batch)
    attention = jax.nn.sigmoid(logits)
    if active is None:
        order = range(len(logits))
        active = select(logits, num_active, order, None, inputs_t.available)
        active = jnp.ones(logits.shape, bool) if active is None else active
        active = jnp.broadcast_to(active, logits.shape)
    is_active = active[..., None]

    attended = attention[..., None] * inputs_t.values
    attended = attended if masks.value is None else attended * masks.value
    read = jnp.concatenate([h, attended], axis=-1)
    z = read @ weights.gate_kernel + weights.gate_bias
    ifo, g = jnp.split(z, [3 * h.shape[-1]], axis=-1)
    i, f, o = jnp.split(jax.nn.sigmoid(ifo), 3, axis=-1)
    g = jnp.tanh(g)
    memory = jnp.where(is_active, f * c + i * g, c)
    squashed = jnp.tanh(memory)
    state = jnp.where(is_active, o * squashed, h)

    projected = jnp.split(state @ weights.communication_kernel, 3, axis=-1)
    queries, others, contents = heads = tuple(_by_head(x, num_heads) for x in projected)
    weight = jax.nn.softmax(queries @ others.mT, axis=-1)
    message = _by_module(weight @ contents)
    message = message if masks.message is None else message * masks.message
    new_h = jnp.where(is_active, state + message, state)
    values = _Values(query, attention, read, (i, f, o, g), squashed, state, heads, weight)
    return (new_h, memory), active, attention, values


def _step_backward(inputs_t, weights, masks, states, active, values, grads, d_attention):
    """Gradients of one step: of the states before it, of keys and values, and of the weights."""
    (h, c), (dh, dc) = states, grads
    i, f, o, g = values.gates
    queries, others, contents = values.heads
    is_active, zero = active[..., None], jnp.zeros((), h.dtype)

    d_message = jnp.where(is_active, dh, zero)
    d_message = d_message if masks.message is None else d_message * masks.message
    d_message = _by_head(d_message, queries.shape[1])
    d_contents = values.weight.mT @ d_message
    d_weight = (d_message @ contents.mT) * values.weight
    d_weight -= values.weight * d_weight.sum(-1, keepdims=True)
    d_heads = (d_weight @ others, d_weight.mT @ queries, d_contents)
    d_projected = jnp.concatenate([_by_module(x) for x in d_heads], axis=-1)
    d_state = dh + d_projected @ weights.communication_kernel.mT

    d_candidate = jnp.where(is_active, d_state, zero)
    d_memory = d_candidate * o * (1 - values.squashed**2) + jnp.where(is_active, dc, zero)
    d_gates = jnp.concatenate(
        [
            d_memory * g * i * (1 - i),
            d_memory * c * f * (1 - f),
            d_candidate * values.squashed * o * (1 - o),
            d_memory * i * (1 - g**2),
        ],
        axis=-1,
    )
    d_read = d_gates @ weights.gate_kernel.mT
    d_h, d_attended = jnp.split(d_read, [h.shape[-1]], axis=-1)
    d_attended = d_attended if masks.value is None else d_attended * masks.value
    d_attention += (d_attended * inputs_t.values).sum(-1)
    d_logits = (d_attention * values.attention * (1 - values.attention))[..., None]
    d_query = d_logits * inputs_t.keys
    d_keys = d_logits * values.query
    d_values = d_attended * values.attention[..., None]
    if inputs_t.keys.ndim == 2:  # one input of all modules
        d_keys, d_values = d_keys.sum(0), d_values.sum(0)

    d_h += jnp.where(is_active, zero, d_state) + d_query @ weights.query_kernel.mT
    d_c = jnp.where(is_active, d_memory * f, dc)
    d_weights = weights._replace(
        gate_kernel=values.read.mT @ d_gates,
        gate_bias=d_gates.sum(1, keepdims=True),
        query_kernel=h.mT @ d_query,
        communication_kernel=values.state.mT @ d_projected,
    )
    return (d_h, d_c), (d_keys, d_values), d_weights


def _by_head(x, num_heads):
    """`(modules, batch, units)` as `(batch, heads, modules, head_dim)`."""
    modules, batch, units = x.shape
    return x.reshape(modules, batch, num_heads, units // num_heads).transpose(1, 2, 0, 3)


def _by_module(x):
    """`(batch, heads, modules, head_dim)` as `(modules, batch, units)`."""
    batch, heads, modules, head_dim = x.shape
    return x.transpose(2, 0, 1, 3).reshape(modules, batch, heads * head_dim)


def _none(x):
    """The gradient of booleans."""
    return None if x is None else jnp.zeros(x.shape, jax.dtypes.float0)
