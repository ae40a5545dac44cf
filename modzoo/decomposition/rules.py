"""Which units a module does without. Scores say in which order they go, the least first."""

import numpy as np

RULES = ("effect", "tendency", "random")
NEVER = np.inf  # the score of a unit that stays
OUTLIER = 2  # from how many median absolute deviations on a state is left out
FEW = 5  # of fewer positives at a step nothing is concluded
EXACT = 6  # decimals, of the greatest score, within which scores are the same on every backend


def tendency(states, present):
    """The mean of each unit's absolute states without outliers.

    A state is an outlier if it is `OUTLIER` median absolute deviations from the median or more;
    where that deviation is 0 there are none.

    Args:
        states: Array `(examples, units)`.
        present: Boolean array `(examples,)`, which of them count.

    Returns:
        Float64 array `(units,)`; 0 where nothing counts.
    """
    values = np.ascontiguousarray(np.abs(states[present]).T, "float64")
    if not values.size:
        return np.zeros(states.shape[-1])
    distance = np.abs(values - np.median(values, axis=1, keepdims=True))
    deviation = np.median(distance, axis=1, keepdims=True)
    kept = (distance < OUTLIER * deviation) | (deviation == 0)
    return (values * kept).sum(1) / kept.sum(1)


def tendency_scores(states, present, is_positive, is_relu):
    """The paper's rule, of one step or of all steps together.

    A unit may go if its tendency is lower on positives than on negatives, the most so first; a
    ReLU that is above 0 neither on positives (concern) nor on negatives (tangling).

    Args:
        states: Array `(examples, units)`.
        present: Boolean array `(examples,)`, which of them count.
        is_positive: Boolean array `(examples,)`.
        is_relu: Whether the units' activation is ReLU.

    Returns:
        Float64 array `(units,)`.
    """
    positive, negative = present & is_positive, present & ~is_positive
    if positive.sum() < FEW:
        return np.full(states.shape[-1], NEVER)
    if is_relu:
        return np.where((states[present] > 0).any(0), NEVER, 0.0)
    difference = tendency(states, positive) - tendency(states, negative)
    return np.where(difference < 0, difference, NEVER)


def masks_by(scores, share):
    """Masks without the units of the least scores.

    Args:
        scores: Array `(..., units)`.
        share: Float in `[0, 1)`, how many of the units go at most. Ties go by the units' numbers.

    Returns:
        Boolean array of the same shape, whether a unit stays.
    """
    finite = np.isfinite(scores)
    scale = np.abs(np.where(finite, scores, 0)).max(-1, keepdims=True)
    rounded = np.where(finite, scores / np.where(scale > 0, scale, 1), NEVER).round(EXACT)
    place = np.argsort(np.argsort(rounded, axis=-1, kind="stable"), axis=-1, kind="stable")
    return (place >= int(share * scores.shape[-1] + 1e-9)) | ~finite
