import numpy as np
import pytest

from modzoo.layers import InterleavedRNN
from tests.layers.multi_task import MASK, X, built, call, lstms
from tests.reference import multi_task as oracle

TASKS, UNITS, GATE_UNITS = 3, 4, 2


def gates_of(weights):
    """`[B, T, K - 1]`, from the two directions of the context."""
    (forward,) = lstms(weights, "context/forward_rim", 1)
    (backward,) = lstms(weights, "context/backward_rim", 1)
    there = oracle.run(X, forward, MASK)
    back = oracle.run(X[:, ::-1], backward, MASK[:, ::-1])[:, ::-1]
    logits = np.concatenate([there, back], axis=-1) @ weights["gates/kernel"]
    gates = np.apply_along_axis(oracle.softmax, -1, logits + weights["gates/bias"])
    return gates[..., :-1] * MASK[..., None]


def test_the_equations():
    layer, weights = built(InterleavedRNN, TASKS, UNITS, GATE_UNITS)
    (primary, *others), decisions = call(layer)
    auxiliary, gates = lstms(weights, "auxiliary", TASKS - 1), gates_of(weights)
    np.testing.assert_allclose(decisions["gates"], gates, atol=1e-5)
    np.testing.assert_allclose(primary, oracle.interleaved(X, auxiliary, gates, MASK), atol=1e-5)
    for y, lstm in zip(others, auxiliary, strict=True):
        np.testing.assert_allclose(y, oracle.run(X, lstm, MASK), atol=1e-5)


@pytest.mark.parametrize("chosen", [0, 1, 2])
def test_gates_that_choose_one_auxiliary_throughout(chosen):
    """The primary state is then that LSTM's, or, where it is kept, stays zero."""
    layer, _ = built(InterleavedRNN, TASKS, UNITS)
    layer.gates.bias.assign(1000.0 * np.eye(TASKS)[chosen])
    (primary, *others), decisions = call(layer)
    expected = [*others, np.zeros_like(primary)][chosen]
    np.testing.assert_allclose(primary, expected, atol=1e-6)
    for gates in decisions["gates"][MASK]:
        np.testing.assert_allclose(gates, np.eye(TASKS)[chosen, :-1], atol=1e-6)


@pytest.mark.parametrize("arguments", [{"num_tasks": 1}, {"gate_units": 0}])
def test_wrong_arguments(arguments):
    with pytest.raises(ValueError, match=r"num_tasks=1|gate_units=0"):
        InterleavedRNN(**{"num_tasks": TASKS, "units": UNITS, **arguments})
