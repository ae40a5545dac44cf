"""One recurrence over time for every backend: what `keras.layers.RNN` cannot do portably.

States of any rank, several outputs per step, and on JAX rematerialisation: each step's
intermediate values are computed again in the backward pass rather than stored.
"""

import keras


def recur(step, inputs, states, outputs, unroll=False):
    """Runs `step` along the first axis of `inputs`.

    Args:
        step: Function `(inputs_t, states) -> (outputs_t, states)`, all of them tuples of
            tensors; the states keep their shapes.
        inputs: Non-empty tuple of tensors `(time, ...)`, `time >= 1`.
        states: Tuple of the initial states.
        outputs: For each output of `step` its `(shape, dtype)`, sizes as `ops.shape` gives them.
        unroll: Whether to unroll the steps (the number of steps must be known).

    Returns:
        The outputs, each `(time, ...)`, and the final states, as two tuples.
    """
    if unroll and inputs[0].shape[0] is None:
        raise ValueError(
            "`unroll=True` needs a known number of time steps. "
            f"Received: an input with shape (time, ...) = {tuple(inputs[0].shape)}."
        )
    backend = keras.backend.backend()
    if unroll or backend == "torch":
        return _loop(step, inputs, states)
    return _DRIVERS[backend](step, inputs, states, outputs)


def _loop(step, inputs, states):
    per_step = []
    for inputs_t in zip(*(keras.ops.unstack(x, axis=0) for x in inputs), strict=True):
        outputs_t, states = step(inputs_t, states)
        per_step.append(outputs_t)
    return tuple(keras.ops.stack(ys) for ys in zip(*per_step, strict=True)), states


def _scan(step, inputs, states, outputs):
    import jax

    def body(states, inputs_t):
        outputs_t, states = step(inputs_t, states)
        return states, outputs_t

    states, stacked = jax.lax.scan(jax.checkpoint(body), states, inputs)
    return stacked, states


def _while_loop(step, inputs, states, outputs):
    import tensorflow as tf

    # A Python number where it is known: XLA needs it to size the loop's storage.
    num_steps = inputs[0].shape[0]
    length = -1 if num_steps is None else num_steps
    if num_steps is None:
        num_steps = tf.shape(inputs[0])[0]
    sources = [
        tf.TensorArray(x.dtype, num_steps, element_shape=x.shape[1:]).unstack(x) for x in inputs
    ]
    # What `tf.TensorArray` is made of: LiteRT needs rows of a size known when the loop begins.
    rows = [{"element_shape": tf.stack(shape), "element_dtype": dtype} for shape, dtype in outputs]
    sinks = tuple(tf.raw_ops.TensorListReserve(num_elements=num_steps, **row) for row in rows)

    def body(t, sinks, states):
        outputs_t, states = step(tuple(source.read(t) for source in sources), states)
        sinks = tuple(
            tf.raw_ops.TensorListSetItem(input_handle=sink, index=t, item=y)
            for sink, y in zip(sinks, outputs_t, strict=True)
        )
        return t + 1, sinks, states

    _, sinks, states = tf.while_loop(
        lambda t, *_: t < num_steps,
        body,
        (tf.constant(0), sinks, states),
        maximum_iterations=num_steps,
    )
    stacked = (
        tf.raw_ops.TensorListStack(input_handle=sink, num_elements=length, **row)
        for sink, row in zip(sinks, rows, strict=True)
    )
    return tuple(stacked), states


_DRIVERS = {"jax": _scan, "tensorflow": _while_loop}
