"""An order in which parts go, so that together they change little."""

import numpy as np

from modzoo.decomposition.rules import EXACT


def removal_order(effects):
    """The turn of each unit, where units go one after the other.

    What has gone changes an example by the sum of its units' effects. In each turn that unit goes
    with which the mean square of these sums is least: one whose effect is small, or takes back
    what the others did. Places take turns in proportion to their units, so that at any time they
    have lost as large a share of them, as near as can be; ties go by the units' numbers.

    Args:
        effects: List of float arrays `(examples, units)`, one a place.

    Returns:
        List of integer arrays `(units,)`, from 0 on within each place.
    """
    squares = [np.einsum("nu,nu->u", each, each, dtype="float64") for each in effects]
    scales = [max(each.max(initial=0), np.finfo("float64").tiny) for each in squares]
    turns = [np.full(len(each), -1) for each in squares]
    gone = [np.zeros(len(each), bool) for each in squares]
    change = np.zeros(len(effects[0])) if effects else None
    schedule = sorted(
        ((turn + 1) / len(each), place, turn)
        for place, each in enumerate(squares)
        for turn in range(len(each))
    )
    for _, place, turn in schedule:
        own = effects[place]
        costs = (squares[place] + 2 * (change.astype(own.dtype) @ own)) / scales[place]
        unit = np.where(gone[place], np.inf, costs.round(EXACT)).argmin()
        turns[place][unit], gone[place][unit] = turn, True
        change += own[:, unit]
    return turns
