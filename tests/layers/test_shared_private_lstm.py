import keras
import numpy as np
import pytest

from modzoo.layers import SharedPrivateLSTM
from modzoo.layers.gradient_reversal import reverse_gradient
from tests.backends import outputs, outputs_and_gradients
from tests.layers.multi_task import MASK, X, built, lstms, tensor
from tests.layers.test_routed_encoder import with_losses
from tests.reference import multi_task as oracle

TASKS, UNITS, SHARED = 2, 4, 3


def test_the_equations():
    layer, weights = built(SharedPrivateLSTM, TASKS, UNITS, SHARED, orthogonality_weight=0.3)
    ((found, decisions), lost) = outputs(
        lambda: with_losses(layer, tensor(X), mask=tensor(MASK)), layer.variables
    )
    private = [oracle.run(X, lstm, MASK) for lstm in lstms(weights, "private", TASKS)]
    (shared,) = (oracle.run(X, lstm, MASK) for lstm in lstms(weights, "shared", 1))
    for y, h in zip(found, private, strict=True):
        np.testing.assert_allclose(y, np.concatenate([h, shared], axis=-1), atol=1e-5)
    ends = [steps.nonzero()[0][-1:] for steps in MASK]
    last = [np.sum(h[end], axis=0) for h, end in zip(shared, ends, strict=True)]
    logits = np.stack(last) @ weights["adversary/kernel"] + weights["adversary/bias"]
    np.testing.assert_allclose(decisions["task_logits"], logits, atol=1e-5)
    penalty = sum(oracle.orthogonality(shared, h, MASK) for h in private)
    np.testing.assert_allclose(lost, 0.3 * penalty, rtol=1e-4)


def test_the_gradient_is_reversed():
    x = keras.Variable(X)

    def loss():
        y = reverse_gradient(keras.ops.convert_to_tensor(x))
        return keras.ops.sum(keras.ops.square(y)), y

    y, (gradient,) = outputs_and_gradients(loss, [x])
    np.testing.assert_array_equal(y, X)
    np.testing.assert_allclose(gradient, -2 * X, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"shared_units": 0}, "shared_units=0"), ({"orthogonality_weight": -1}, "weight=-1")],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        SharedPrivateLSTM(TASKS, UNITS, **arguments)
