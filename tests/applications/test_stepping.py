"""Steps that are computed again and again: what they return, whichever way they are compiled."""

import keras
import numpy as np
import pytest
from keras import ops

from modzoo.applications.stepping import compiled
from tests.backends import to_numpy


@pytest.fixture
def model():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")])


def arrays(rows):
    return np.random.default_rng(rows).normal(size=(rows, 3)).astype("float32")


def test_a_step_of_nested_tensors_of_several_shapes_uses_the_weights_of_the_moment(model):
    step = compiled(model, lambda x, state: (model(x), {"sum": state["sum"] + ops.sum(x)}))
    for turn, rows in enumerate((1, 4, 1, 4)):
        kernel = model.layers[0].kernel
        kernel.assign(np.full(kernel.shape, turn, "float32"))
        x = arrays(rows)
        y, state = step(ops.convert_to_tensor(x), {"sum": ops.convert_to_tensor(np.float32(2))})
        np.testing.assert_allclose(to_numpy(y), x @ to_numpy(kernel), atol=1e-5)
        assert float(to_numpy(state["sum"])) == pytest.approx(2 + x.sum(), abs=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="Elsewhere values are not known.")
def test_a_step_that_looks_at_values_is_not_recorded(model):
    step = compiled(model, lambda x: model(x) if float(x[0, 0]) > 0 else 0 * model(x))
    model.layers[0].kernel.assign(np.ones((3, 2), "float32"))
    for sign in (1, -1, 1):
        x = sign * np.abs(arrays(2))
        expected = x.sum(1, keepdims=True) * [1, 1] if sign > 0 else np.zeros((2, 2))
        np.testing.assert_allclose(to_numpy(step(ops.convert_to_tensor(x))), expected, atol=1e-5)
