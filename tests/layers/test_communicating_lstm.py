import numpy as np
import pytest

from modzoo.layers import CommunicatingLSTM, IndependentLSTM
from tests.layers.multi_task import MASK, X, built, call, lstms
from tests.reference import multi_task as oracle

TASKS, UNITS = 3, 4
SEVERAL = [X, X[..., ::-1].copy(), X + 1]
CASES = {
    "direct": ("direct", X),
    "direct_several": ("direct", SEVERAL),
    "indirect": ("indirect", X),
    "indirect_several": ("indirect", SEVERAL),
}


@pytest.mark.parametrize("case", CASES)
def test_the_equations(case):
    communication, x = CASES[case]
    shape = [X.shape] * TASKS if isinstance(x, list) else X.shape
    layer, weights = built(CommunicatingLSTM, TASKS, UNITS, communication, 5, 2, shape=shape)
    found, decisions = call(layer, x)
    messages = weights["message_kernel"]
    own = [
        (np.concatenate([kernel, message]), *rest)
        for (kernel, *rest), message in zip(lstms(weights, "lstms", TASKS), messages, strict=True)
    ]
    attention = [weights[f"attention_{part}_kernel"] for part in ("message", "state", "input")]
    states, weighed = oracle.communicating(
        x if isinstance(x, list) else [x] * TASKS,
        own,
        [*attention, weights["attention_vector"][:, 0]],
        lstms(weights, "shared", 1)[0] if communication == "indirect" else None,
        MASK,
    )
    np.testing.assert_allclose(np.stack(found), states, atol=1e-5)
    np.testing.assert_allclose(decisions["attention"], weighed, atol=1e-5)


def test_a_single_task_has_nobody_to_attend_to():
    layer, _ = built(CommunicatingLSTM, 1, UNITS)
    alone, _ = built(IndependentLSTM, 1, UNITS)
    alone.set_weights(layer.lstms.get_weights())
    (found, decisions), (expected, _) = call(layer), call(alone)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not np.any(decisions["attention"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"communication": "both"}, "communication='both'"),
        ({"shared_units": 0}, "shared_units=0"),
        ({"attention_units": 0}, "attention_units=0"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        CommunicatingLSTM(TASKS, UNITS, **arguments)


@pytest.mark.parametrize(("widths", "message"), [((3, 3), "list of 3"), ((3, 3, 4), "features|3")])
def test_wrong_inputs(widths, message):
    with pytest.raises(ValueError, match=message):
        CommunicatingLSTM(TASKS, UNITS)([np.ones((2, 3, width), "float32") for width in widths])
