"""Steps of a trained model that are computed again and again, compiled where that is possible."""

import keras


def compiled(model, function):
    """`function` of tensors, compiled where the backend compiles, which uses `model`'s weights
    as they are at each call."""
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        def without_gradients(*inputs):
            with torch.no_grad():
                return function(*inputs)

        return without_gradients
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function)
    import jax

    variables = model.variables

    @jax.jit
    def stateless(values, *inputs):
        with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
            return function(*inputs)

    return lambda *inputs: stateless([v.value for v in variables], *inputs)
