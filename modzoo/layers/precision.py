import keras
from keras import ops


def widened(x):
    """`x` in float32, or as it is where its type is wider."""
    return x if keras.backend.standardize_dtype(x.dtype) == "float64" else ops.cast(x, "float32")


def product(a, b):
    """The matrix product in the type of `a`, which Keras' own narrows on PyTorch from float64."""
    return ops.cast(ops.matmul(a, b), a.dtype)


def tanh(x):
    """The tanh in the type of `x`, which Keras' own narrows on JAX from float64."""
    return ops.cast(ops.tanh(x), x.dtype)
