import keras
import numpy as np
import pytest

from modzoo.layers import RecursiveRoutingLSTM
from modzoo.layers.straight_through_choice import StraightThroughChoice
from tests.backends import outputs_and_gradients
from tests.layers.multi_task import MASK, X, built, call, lstms, tensor
from tests.reference import multi_task as oracle

TASKS, UNITS, FUNCTIONS, DEPTH = 2, 4, 3, 2


@pytest.mark.parametrize("sampling", ["never", "always"])
def test_the_equations(sampling):
    layer, weights = built(
        RecursiveRoutingLSTM, TASKS, UNITS, FUNCTIONS, DEPTH, sampling=sampling, seed=7
    )
    noise = np.zeros((TASKS, *MASK.shape, DEPTH, FUNCTIONS))
    if sampling == "always":
        drawn = StraightThroughChoice(sampling="always", seed=7).draw(noise.shape, False)
        noise = keras.ops.convert_to_numpy(drawn)
    found, decisions = call(layer)
    functions = zip(
        np.split(weights["functions/kernel"], FUNCTIONS, axis=-1),
        np.split(weights["functions/bias"], FUNCTIONS),
        strict=True,
    )
    states, chosen = oracle.recursive(
        X.astype("float64"),
        (weights["first/kernel"], weights["first/bias"]),
        list(functions),
        (weights["seen/kernel"], (weights["scores/kernel"], weights["scores/bias"])),
        weights["task_vectors"],
        DEPTH,
        lstms(weights, "lstm", 1)[0],
        MASK,
        noise,
    )
    np.testing.assert_allclose(np.stack(found), states, atol=1e-5)
    np.testing.assert_allclose(np.stack(decisions["functions"]), chosen, atol=1e-6)


def test_a_choice_has_the_gradient_of_the_softmax():
    router = StraightThroughChoice(temperature=0.5, sampling="never")
    router.build()
    scores, readout = keras.Variable(X), np.array([0.3, -1.0, 2.0], "float32")

    def loss():
        chosen = router.decide(keras.ops.convert_to_tensor(scores))
        return keras.ops.sum(chosen * tensor(readout)), chosen

    chosen, (gradient,) = outputs_and_gradients(loss, [scores])
    np.testing.assert_allclose(chosen, np.eye(3)[X.argmax(-1)], atol=1e-6)
    soft = np.apply_along_axis(oracle.softmax, -1, X / 0.5)
    expected = soft * (readout - (soft * readout).sum(-1, keepdims=True)) / 0.5
    np.testing.assert_allclose(gradient, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_functions": 0}, "num_functions=0"),
        ({"depth": 0}, "depth=0"),
        ({"sampling": "no"}, "sampling='no'"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        RecursiveRoutingLSTM(TASKS, UNITS, **arguments)
