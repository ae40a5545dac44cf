"""Units rated in turns."""

import numpy as np
import pytest

from modzoo.decomposition.rules import masks_by
from modzoo.decomposition.turns import in_turns

pytestmark = pytest.mark.one_backend


def test_of_two_units_that_do_the_same_one_stays():
    asked = []

    def effects(masks, turn, turns):
        asked.append((turn, turns))
        (left,) = masks.values()
        costs = np.array([[[1.0, 1.0, 5.0, 6.0, np.inf]]])
        costs[..., 0] = np.where(left[..., 1], 1, 10)  # as long as the other is there
        costs[..., 1] = np.where(left[..., 0], 1, 10)
        return {"decoder": costs}

    scores = in_turns(effects, {"decoder": np.ones((1, 1, 5), bool)}, 0.8)["decoder"]
    assert asked == [(turn, 40) for turn in range(40)]
    gone = [np.flatnonzero(~masks_by(scores, share)[0, 0]).tolist() for share in (0.2, 0.4, 0.6)]
    assert gone == [[0], [0, 2], [0, 2, 3]]
    assert masks_by(scores, 0.8).tolist() == [[[False, False, False, False, True]]]


def test_costs_may_be_below_0_and_all_alike():
    def effects(masks, turn, turns):
        return {"a": np.array([[[-3.0, -7.0, 2.0, 0.0]]]), "b": np.zeros((1, 2, 4))}

    whole = {"a": np.ones((1, 1, 4), bool), "b": np.ones((1, 2, 4), bool)}
    scores = in_turns(effects, whole, 0.5)
    assert masks_by(scores["a"], 0.5).tolist() == [[[False, False, True, True]]]
    assert masks_by(scores["b"], 0.5).tolist() == [[[False, False, True, True]] * 2]
