import keras
import numpy as np
import pytest

from modzoo.layers import CrossStitch, IndependentLSTM, Sluice
from tests.backends import outputs
from tests.layers.multi_task import MASK, X, built, call, lstms, tensor
from tests.layers.test_routed_encoder import with_losses
from tests.reference import multi_task as oracle

TASKS, UNITS = 3, 4


def reference(layer, weights):
    layers = range(layer.num_layers)
    return oracle.stitched(
        X.astype("float64"),
        [lstms(weights, f"lstms_{i}", TASKS) for i in layers],
        [weights[f"stitch_{i}"] for i in layers],
        layer.num_subspaces,
        MASK,
    )


@pytest.mark.parametrize("num_layers", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_states_mix_behind_each_layer(num_layers):
    layer, weights = built(CrossStitch, TASKS, UNITS, num_layers=num_layers)
    found, decisions = call(layer)
    *_, (_, expected) = reference(layer, weights)
    np.testing.assert_allclose(np.stack(found), expected, atol=1e-5)
    assert decisions == {} and np.any(found)


def test_tasks_that_keep_their_own_are_independent():
    layer, _ = built(CrossStitch, TASKS, UNITS, num_layers=1)
    layer.stitches[0].assign(np.eye(TASKS))
    independent, _ = built(IndependentLSTM, TASKS, UNITS)
    independent.set_weights(layer.lstms[0].get_weights())
    np.testing.assert_allclose(call(layer)[0], call(independent)[0], atol=1e-6)


@pytest.mark.parametrize(("cls", "own", "size"), [(CrossStitch, 0.9, 3), (Sluice, 0.95, 6)])
def test_at_first_each_keeps_most_of_its_own(cls, own, size):
    layer = cls(TASKS, UNITS)
    layer.build(X.shape)
    for stitch in layer.stitches:
        stitch = keras.ops.convert_to_numpy(stitch)
        np.testing.assert_allclose(np.diag(stitch), [own] * size, rtol=1e-5)
        np.testing.assert_allclose(stitch.sum(1), [1.0] * size, rtol=1e-5)
    assert len(layer.stitches) == 2


def test_sluices_mix_subspaces_and_layers():
    layer, weights = built(Sluice, TASKS, UNITS, orthogonality_weight=0.3)
    ((found, _), lost) = outputs(
        lambda: with_losses(layer, tensor(X), mask=tensor(MASK)), layer.variables
    )
    layers = reference(layer, weights)
    mix = weights["layer_mix"]
    for k, y in enumerate(found):
        expected = sum(mix[k, i] * states[k] for i, (_, states) in enumerate(layers))
        np.testing.assert_allclose(y, expected, atol=1e-5)
    penalties = [
        oracle.orthogonality(*np.split(h, 2, axis=-1), MASK) for states, _ in layers for h in states
    ]
    np.testing.assert_allclose(lost, 0.3 * sum(penalties), rtol=1e-4)


@pytest.mark.parametrize(
    ("cls", "arguments", "message"),
    [
        (CrossStitch, {"num_layers": 0}, "num_layers=0"),
        (Sluice, {"units": 3}, "units=3"),
        (Sluice, {"orthogonality_weight": -1.0}, "orthogonality_weight=-1.0"),
    ],
)
def test_wrong_arguments(cls, arguments, message):
    with pytest.raises(ValueError, match=message):
        cls(**{"num_tasks": TASKS, "units": UNITS, **arguments})
