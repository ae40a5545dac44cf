"""Derivatives of a Keras model's output by some of its inputs, on every backend."""

import keras
import numpy as np


def gradients_by(model, num_fixed):
    """A function of the derivatives of a model's output by all inputs but the first few.

    Args:
        model: A functional model of one output.
        num_fixed: Integer, how many inputs come first by which nothing is derived.

    Returns:
        Function `(inputs, selectors) -> list of float32 arrays`, of NumPy arrays: the derivatives
        of the sum of the outputs, each times its selector.
    """
    compute = _BACKENDS[keras.backend.backend()](model, num_fixed)

    def gradients(inputs, selectors):
        fixed, others = inputs[:num_fixed], inputs[num_fixed:]
        return [np.asarray(g, "float32") for g in compute(fixed, others, selectors)]

    return gradients


def _tensorflow(model, num_fixed):
    import tensorflow as tf

    @tf.function
    def compute(fixed, others, selectors):
        with tf.GradientTape() as tape:
            tape.watch(others)
            output = model([*fixed, *others], training=False)
            total = tf.reduce_sum(tf.cast(output, "float32") * selectors)
        return tape.gradient(total, others, unconnected_gradients="zero")

    def run(fixed, others, selectors):
        tensors = [list(map(tf.constant, arrays)) for arrays in (fixed, others)]
        return [g.numpy() for g in compute(*tensors, tf.constant(selectors))]

    return run


def _jax(model, num_fixed):
    import jax

    def total(others, fixed, selectors, trainable, fixed_weights):
        inputs = [*fixed, *others]
        output, _ = model.stateless_call(trainable, fixed_weights, inputs, training=False)
        return (output.astype("float32") * selectors).sum()

    compute = jax.jit(jax.grad(total))

    def run(fixed, others, selectors):
        weights = [
            [variable.value for variable in variables]
            for variables in (model.trainable_variables, model.non_trainable_variables)
        ]
        return compute(others, fixed, selectors, *weights)

    return run


def _torch(model, num_fixed):
    import torch

    def run(fixed, others, selectors):
        fixed, others = ([keras.ops.convert_to_tensor(a) for a in part] for part in (fixed, others))
        others = [tensor.requires_grad_() for tensor in others]
        output = model([*fixed, *others], training=False)
        total = (output.float() * keras.ops.convert_to_tensor(selectors)).sum()
        found = torch.autograd.grad(total, others, allow_unused=True)
        pairs = zip(found, others, strict=True)
        return [(torch.zeros_like(x) if g is None else g).cpu().numpy() for g, x in pairs]

    return run


_BACKENDS = {"jax": _jax, "tensorflow": _tensorflow, "torch": _torch}
