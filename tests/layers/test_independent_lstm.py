import keras
import numpy as np
import pytest

from modzoo.layers import IndependentLSTM, SharedLSTM
from tests.backends import outputs, randomise
from tests.layers.test_routed_encoder import MASK, X, tensor

UNITS = 4


def lstms_of(layer):
    """A `keras.layers.LSTM` for each of the layer's, with its weights."""
    lstms = []
    for weights in zip(*layer.get_weights(), strict=True):
        lstm = keras.layers.LSTM(UNITS, return_sequences=True, zero_output_for_mask=True)
        lstm.build(X.shape)
        lstm.set_weights(weights)
        lstms.append(lstm)
    return lstms


@pytest.mark.parametrize(("cls", "num_lstms"), [(IndependentLSTM, 3), (SharedLSTM, 1)])
def test_they_are_keras_own(cls, num_lstms):
    layer = cls(3, UNITS)
    layer.build(X.shape)
    randomise(layer)
    found = outputs(lambda: layer(tensor(X), mask=tensor(MASK)), layer.variables)
    lstms = lstms_of(layer)
    assert len(lstms) == num_lstms and len(found) == 3
    for k, y in enumerate(found):
        lstm = lstms[k % num_lstms]
        expected = outputs(lambda lstm=lstm: lstm(tensor(X), mask=tensor(MASK)), lstm.variables)
        np.testing.assert_allclose(y, expected, atol=1e-5)
        assert np.any(y)


@pytest.mark.parametrize("arguments", [(0, 4), (2, 0), (2.0, 4), (2, None)])
def test_wrong_counts(arguments):
    with pytest.raises(ValueError, match="must be a positive integer"):
        IndependentLSTM(*arguments)
