import keras
import numpy as np
import pytest

from modzoo.layers import AttentionPooling
from tests.backends import outputs, outputs_and_gradients, randomise

# Rows: right-padded, interior gaps, masked throughout, one step only, not masked.
MASK = np.array(
    [[1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0], [1, 1, 1, 1]],
    "bool",
)


def pool(x, context, mask=None):
    """The output and the weights, one row at a time."""
    weights = np.zeros(x.shape[:2])
    for b in range(len(x)):
        steps = np.arange(x.shape[1]) if mask is None else np.flatnonzero(mask[b])
        if len(steps):
            logits = x[b, steps] @ context[:, 0]
            exponentials = np.exp(logits - logits.max())
            weights[b, steps] = exponentials / exponentials.sum()
    return np.einsum("bt,btd->bd", weights, x), weights


def tensors(*arrays):
    return keras.tree.map_structure(keras.ops.convert_to_tensor, arrays)


def problem(scale=1.0, **arguments):
    layer = AttentionPooling(**arguments)
    x = scale * np.random.default_rng(0).normal(size=(5, 4, 3)).astype("float32")
    layer.build(x.shape)
    return layer, x, randomise(layer, scale=1.0)["context"]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_softmax_over_the_unmasked_steps(masked, scale):
    layer, x, context = problem(scale, return_decisions=True)
    arrays = tensors(x, MASK)
    kwargs = {"mask": arrays[1]} if masked else {}
    output, decisions = outputs(lambda: layer(arrays[0], **kwargs), layer.variables)
    expected, weights = pool(x.astype("float64"), context, MASK if masked else None)
    tolerance = {"rtol": 1e-4, "atol": 1e-5 * scale}
    np.testing.assert_allclose(output, expected, **tolerance)
    np.testing.assert_allclose(decisions["pooling"], weights, rtol=1e-4, atol=1e-4)
    if masked:
        assert np.all(output[2] == 0)
        assert np.all(decisions["pooling"][~MASK] == 0)


def test_decisions_come_on_request_only():
    layer, x, _ = problem()
    decided = AttentionPooling(return_decisions=True)
    decided.build(x.shape)
    decided.set_weights(layer.get_weights())
    (x,) = tensors(x)
    alone, (output, decisions) = outputs(lambda: (layer(x), decided(x)))
    np.testing.assert_array_equal(alone, output)
    assert decisions.keys() == {"pooling"}


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_gradients_are_finite_and_leave_masked_steps_out(scale):
    layer, x, context = problem(scale)
    inputs = keras.Variable(x)
    (mask,) = tensors(MASK)

    def loss():
        output = layer(keras.ops.convert_to_tensor(inputs), mask=mask)
        return keras.ops.sum(output[:, 0] + 2 * output[:, 1]), ()

    _, (by_input, by_context) = outputs_and_gradients(loss, [inputs, layer.context])
    assert np.all(by_input[~MASK] == 0)
    assert np.all(np.isfinite(by_input))
    assert np.all(np.isfinite(by_context))

    def reference(context):
        return np.sum(pool(x.astype("float64"), context, MASK)[0] @ [1.0, 2.0, 0.0])

    if scale == 1.0:
        for i in range(3):
            step = np.zeros_like(context)
            step[i] = 1e-6
            difference = (reference(context + step) - reference(context - step)) / 2e-6
            np.testing.assert_allclose(by_context[i, 0], difference, rtol=1e-3, atol=1e-4)
