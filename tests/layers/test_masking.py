import keras
import numpy as np
import pytest

from modzoo.layers.masking import lowest_logit, masked_softmax
from tests.backends import outputs, outputs_and_gradients

DTYPES = ["float32", "float16", "bfloat16"]


def softmax(logits, dtype="float32", **kwargs):
    logits = keras.ops.cast(keras.ops.convert_to_tensor(logits), dtype)
    return outputs(lambda: masked_softmax(logits, **kwargs))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, -1])
def test_only_what_the_mask_lets_through_has_a_weight(dtype, axis):
    logits = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    mask = np.random.default_rng(1).random((4, 6)) < 0.6
    expected = np.exp(logits) * mask
    expected /= expected.sum(axis, keepdims=True)
    weights = softmax(logits, dtype, mask=mask, axis=axis)
    assert np.all(weights[~mask] == 0)
    tolerance = 1e-6 if dtype == "float32" else 1e-2
    np.testing.assert_allclose(weights, expected, atol=tolerance, rtol=tolerance)


def test_without_a_mask_it_is_the_softmax():
    logits = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    expected = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    np.testing.assert_allclose(softmax(logits), expected, atol=1e-6)
    np.testing.assert_allclose(softmax(logits, mask=np.ones(6, "bool")), expected, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_that_is_masked_throughout_is_zero(dtype):
    logits = np.array([[1.0, 2.0], [np.inf, np.nan]], "float32")
    weights = softmax(logits, dtype, mask=np.array([[True, True], [False, False]]))
    np.testing.assert_array_equal(weights[1], [0.0, 0.0])
    np.testing.assert_allclose(weights[0].sum(), 1.0, atol=1e-2)


def test_no_gradient_passes_where_the_mask_is_closed():
    mask = np.array([[True, False, True], [False, False, False]])
    logits = keras.Variable(np.arange(6.0, dtype="float32").reshape(2, 3))

    def loss():
        weights = masked_softmax(keras.ops.convert_to_tensor(logits), mask)
        return keras.ops.sum(weights * keras.ops.convert_to_tensor(np.float32([1, 2, 3]))), ()

    _, (gradient,) = outputs_and_gradients(loss, [logits])
    np.testing.assert_array_equal(gradient[~mask], 0.0)
    assert np.all(np.abs(gradient[mask]) > 0.1)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_lowest_logit_is_zero_behind_softmax_and_sigmoid(dtype):
    lowest = keras.ops.full((1,), lowest_logit(dtype), dtype)
    logits = keras.ops.concatenate([lowest, keras.ops.zeros((1,), dtype)])

    def run():
        return keras.ops.isfinite(2 * lowest), keras.ops.sigmoid(lowest), keras.ops.softmax(logits)

    finite, gate, weights = outputs(run)
    assert finite.all()
    np.testing.assert_array_equal(gate, [0.0])
    np.testing.assert_array_equal(weights, [0.0, 1.0])
