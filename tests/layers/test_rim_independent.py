"""LSTM modules on PyTorch that PyTorch runs over all steps, beside the steps in turn."""

import keras
import numpy as np
import pytest

from modzoo.layers import RIM
from modzoo.layers import rim as module
from tests.backends import outputs_and_gradients, randomise
from tests.layers.test_routed_encoder import MASK, X, tensor

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="The backend runs steps in turn."
)
SMALL = {
    "num_modules": 2,
    "units": 4,
    "input_attention": False,
    "communication": False,
    "return_sequences": True,
}
CASES = {
    "plain": ({"return_state": True, "return_decisions": True}, False),
    "masked": ({"return_decisions": True}, True),
    "backwards": ({"go_backwards": True, "zero_output_for_mask": True}, True),
    "no_bias": ({"use_bias": False, "dropout": 0.5, "seed": 1}, False),
    "own_inputs": ({"input_dims": [1, 2]}, True),
    "last": ({"return_sequences": False}, True),
}


@pytest.mark.parametrize("case", CASES)
def test_outputs_and_gradients(case, monkeypatch):
    options, masked = CASES[case]
    mask = tensor(MASK) if masked else None
    calls, run = [], module.independent_recurrence
    monkeypatch.setattr(
        module, "independent_recurrence", lambda *args: calls.append(1) or run(*args)
    )
    found = []
    for unroll in (False, True):
        layer = RIM(**{**SMALL, **options}, unroll=unroll)
        layer.build(X.shape)
        randomise(layer)
        inputs = keras.Variable(X)

        def loss(layer=layer, inputs=inputs):
            y = layer(keras.ops.convert_to_tensor(inputs), mask=mask, training=True)
            leaves = keras.tree.flatten(y)[: 3 if options.get("return_state") else 1]
            return sum(keras.ops.sum(keras.ops.sin(3 * leaf)) for leaf in leaves), y

        found.append(outputs_and_gradients(loss, [inputs, *layer.trainable_variables]))
    assert len(calls) == 1
    for a, b in zip(*map(keras.tree.flatten, found), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
