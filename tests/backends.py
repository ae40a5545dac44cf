"""What differs between the backends, for tests. Everything comes back as NumPy arrays."""

import keras
import numpy as np

BACKENDS = ("tensorflow", "jax", "torch")


def to_numpy(tree):
    return keras.tree.map_structure(lambda x: None if x is None else _array(x), tree)


def _array(x):
    x = keras.ops.convert_to_numpy(x)
    return x.astype("float32") if x.dtype.name == "bfloat16" else x


def assert_equal_trees(a, b, atol):
    """Asserts that two structures of arrays are equal up to `atol`."""
    keras.tree.assert_same_structure(a, b)
    for x, y in zip(keras.tree.flatten(to_numpy(a)), keras.tree.flatten(to_numpy(b)), strict=True):
        np.testing.assert_allclose(x, y, atol=atol)


def outputs(function, variables=()):
    """What `function()`, which may use `variables`, returns; compiled on JAX."""
    if keras.backend.backend() == "jax":
        compiled = _jit(lambda values: _stateless(function, variables, values))
        return to_numpy(compiled([v.value for v in variables]))
    return to_numpy(function())


def gradients(function, variables):
    """Gradients of the scalar `function()`; None where none arrives."""
    return outputs_and_gradients(lambda: (function(), ()), variables)[1]


def outputs_and_gradients(function, variables):
    """With `function() -> (loss, outputs)`: the outputs, and the gradients of the loss."""
    outputs, found = _GRADIENTS[keras.backend.backend()](function, variables)
    return to_numpy(outputs), to_numpy(list(found))


def _tensorflow(function, variables):
    import tensorflow as tf

    values = [v.value for v in variables]
    with tf.GradientTape() as tape:
        loss, outputs = function()
    found = tape.gradient(loss, values)  # indexed slices, where a weight is gathered from
    return outputs, [None if g is None else tf.convert_to_tensor(g) for g in found]


def _jax(function, variables):
    import jax

    compiled = jax.value_and_grad(lambda v: _stateless(function, variables, v), has_aux=True)
    (_, outputs), found = _jit(compiled)([v.value for v in variables])
    return outputs, found


def _torch(function, variables):
    import torch

    values = [v.value for v in variables]
    loss, outputs = function()
    return outputs, torch.autograd.grad(loss, values, allow_unused=True)


_GRADIENTS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}


def _jit(function):
    """Compiles for a single run: a quarter of the usual time."""
    import jax

    options = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}
    return jax.jit(function, compiler_options=options)


def _stateless(function, variables, values):
    with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
        return function()


def randomise(layer, seed=0, scale=0.5):
    """Draws every weight anew, biases too, and returns `{name: array}`."""
    rng = np.random.default_rng(seed)
    drawn = {}
    for v in layer.trainable_variables:
        drawn[v.name] = scale * rng.normal(size=v.shape)
        v.assign(drawn[v.name].astype("float32"))
    return drawn
