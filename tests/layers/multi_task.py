"""What the tests of layers of several tasks share."""

from tests.backends import outputs, randomise
from tests.layers.test_routed_encoder import MASK, X, tensor, weights_of


def built(cls, *arguments, shape=X.shape, **options):
    """A layer with random weights, which returns its decisions, and these weights by path."""
    layer = cls(*arguments, return_decisions=True, **options)
    layer.build(shape)
    randomise(layer)
    return layer, weights_of(layer)


def call(layer, inputs=X, mask=MASK):
    inputs = [tensor(x) for x in inputs] if isinstance(inputs, list) else tensor(inputs)
    return outputs(lambda: layer(inputs, mask=tensor(mask)), layer.variables)


def lstms(weights, name, num_lstms):
    """The LSTMs of the layer `name`, as the oracles take them."""
    kernel, recurrent, bias = (
        weights[f"{name}/lstm_{part}"] for part in ("kernel", "recurrent_kernel", "bias")
    )
    if kernel.ndim == 2:  # rows of the LSTMs' own inputs, one below another
        kernel = kernel.reshape(num_lstms, -1, kernel.shape[-1])
    return list(zip(kernel, recurrent, bias, strict=True))
