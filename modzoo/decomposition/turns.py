"""Units of decoders rated in turns: what is left is rated anew once the least of it is gone."""

import numpy as np

from modzoo.decomposition.rules import NEVER, masks_by

TURN = 0.02  # of a layer's units that go in a turn
GONE = -1.0  # rated below all that are left


def in_turns(effects, whole, most):
    """Scores by which units go, of which each is rated while those before it are gone.

    What a decoder writes hangs on all of its earlier steps, so that the effects of units that go
    together do not add up as they do at a single output.

    Args:
        effects: Function `(masks, turn, turns) -> {site's name: array (modules, steps or 1,
            units)}`, of units of modules with the masks, booleans of that shape; infinite for one
            that stays.
        whole: `{site's name: masks}` of modules that have all units.
        most: Float in `[0, 1)`, the largest share of units that is to go.

    Returns:
        `{site's name: float64 array (modules, steps or 1, units)}`, the least go first.
    """
    turns = max(1, round(most / TURN))
    left, scores = whole, {name: np.full(ones.shape, NEVER) for name, ones in whole.items()}
    for turn in range(turns):
        for name, own in effects(left, turn, turns).items():
            place = np.where(left[name], _from_0_to_1(own), GONE)
            scores[name] = np.where(left[name], turn + place / 2, scores[name])
            left = {**left, name: masks_by(place, most * (turn + 1) / turns)}
    return scores


def _from_0_to_1(own):
    """The finite values of each row, from its least to its greatest."""
    finite = np.isfinite(own)
    least = np.where(finite, own, NEVER).min(-1, keepdims=True)
    greatest = np.where(finite, own, -NEVER).max(-1, keepdims=True)
    with np.errstate(invalid="ignore"):  # of rows that are all infinite
        span = greatest - least
        return np.where(finite, (own - least) / np.where(span > 0, span, 1), NEVER)
