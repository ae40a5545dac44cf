"""Scores by the effect rule: units go in an order in which all that went changes least."""

import numpy as np

from modzoo.decomposition.removal_order import removal_order
from modzoo.decomposition.rules import FEW, NEVER, masks_by

HALF = 0.5  # share of the units that are gone where effects are measured a second time


def effect_scores(probe, targets, x, columns, observed, is_rolled, max_bytes, progress):
    """The turns in which units go, of so many modules at a time as memory is meant for.

    The effect of a unit on an example is the derivative of the margin by the unit's mask: the mean
    of that with all units and of that without the half that the former alone would remove.

    Args:
        max_bytes: Integer, of effects that are held at once.
        probe, targets, x, columns, observed, is_rolled, progress: As of `rating.rate`.

    Returns:
        `{site's name: float64 array (modules, steps or 1, units)}`.
    """
    steps = _steps(probe, is_rolled)
    scores = _never(probe, len(columns), steps)
    observed, groups = _portions(probe, observed, steps, max_bytes)
    done = 0
    for group in groups:
        asked = [targets.selectors(columns[i], observed[i]) for i in group]
        own = [observed[i] for i in group]
        places = [_counted(probe, x, each, is_rolled) for each in own]
        whole = effects(probe, x, asked, own, is_rolled)
        half = [
            {name: masks_by(each, HALF) for name, each in _turns(*pair, steps).items()}
            for pair in zip(whole, places, strict=True)
        ]
        for i, first, second, counted in zip(
            group, whole, effects(probe, x, asked, own, is_rolled, half), places, strict=True
        ):
            mean = {name: (first[name] + second[name]) / 2 for name in first}
            for name, turns in _turns(mean, counted, steps).items():
                scores[name][i] = turns
        done += len(group)
        progress(done, len(observed), "effects of units")
    return scores


def mean_square_effects(
    probe, targets, x, columns, observed, is_rolled, masks, max_bytes, progress
):
    """The mean square effect of each unit alone, where units of some masks are gone.

    Args:
        masks: `{site's name: boolean array (modules, steps or 1, units)}`.
        max_bytes, probe, targets, x, columns, observed, is_rolled, progress: As of
            `effect_scores`.

    Returns:
        `{site's name: float64 array (modules, steps or 1, units)}`; infinite at steps that few
        positives have.
    """
    steps = _steps(probe, is_rolled)
    scores = _never(probe, len(columns), steps)
    observed, groups = _portions(probe, observed, steps, max_bytes)
    done = 0
    for group in groups:
        asked = [targets.selectors(columns[i], observed[i]) for i in group]
        own = [observed[i] for i in group]
        at = [{name: each[i] for name, each in masks.items()} for i in group]
        for i, found in zip(group, effects(probe, x, asked, own, is_rolled, at), strict=True):
            for name, counted in _counted(probe, x, observed[i], is_rolled).items():
                squares = np.square(found[name][:, counted], dtype="float64")
                scores[name][i, counted] = squares.mean(0)
        done += len(group)
        progress(done, len(observed), "effects of units")
    return scores


def effects(probe, x, asked, observed, is_rolled, masks=None):
    """How what is asked of the outputs hangs on the masks, example by example.

    Args:
        probe: The network's `Probe`.
        x: List of arrays.
        asked: List of the selectors of the outputs of each module, see `Targets.selectors`.
        observed: List of the `Observed` of each.
        is_rolled: Whether a module has one mask for all steps.
        masks: List of the masks at which it is derived, `{site's name: boolean array (steps or 1,
            units)}` of each module. Default: with all units.

    Returns:
        List of `{site's name: float32 array (examples, steps or 1, units)}`.
    """
    rows = np.concatenate([each.rows for each in observed])
    module = np.repeat(np.arange(len(observed)), [len(each.rows) for each in observed])
    asked = np.concatenate(asked)
    found = []
    for start in range(0, len(rows), probe.batch):
        now = slice(start, start + probe.batch)
        batch, at = [array[rows[now]] for array in x], None
        if masks is not None:
            own = [masks[i] for i in module[now]]
            at = {site.name: np.stack([each[site.name] for each in own]) for site in probe.sites}
        gradients = probe.gradients(batch, asked[now], at)
        if is_rolled:
            gradients = {name: each.sum(1, keepdims=True) for name, each in gradients.items()}
        found.append(gradients)
    ends = np.cumsum([len(each.rows) for each in observed])[:-1]
    joined = {name: np.split(np.concatenate([f[name] for f in found]), ends) for name in found[0]}
    return [{name: each[i] for name, each in joined.items()} for i in range(len(observed))]


def _steps(probe, is_rolled):
    return {site.name: 1 if is_rolled else probe.num_steps[site.name] for site in probe.sites}


def _never(probe, count, steps):
    shapes = {site.name: (count, steps[site.name], site.units) for site in probe.sites}
    return {name: np.full(shape, NEVER) for name, shape in shapes.items()}


def _portions(probe, observed, steps, max_bytes):
    """The examples of each module, as many as may be held, and lists of modules whose examples may
    be held at once."""
    most = max(1, max_bytes // (4 * sum(steps[site.name] * site.units for site in probe.sites)))
    observed = [each.thinned(most) for each in observed]
    return observed, _groups(observed, most)


def _groups(observed, most):
    """Lists of places in `observed`, with `most` examples at most together."""
    groups, size = [[]], 0
    for i, each in enumerate(observed):
        if groups[-1] and size + len(each.rows) > most:
            groups, size = [*groups, []], 0
        groups[-1].append(i)
        size += len(each.rows)
    return groups


def _counted(probe, x, observed, is_rolled):
    """`{site's name: list of its steps that enough positives have}`."""
    if is_rolled:
        return {site.name: [0] for site in probe.sites}
    present = probe.present([array[observed.rows] for array in x])
    return {
        name: np.flatnonzero(each[observed.is_positive].sum(0) >= FEW).tolist()
        for name, each in present.items()
    }


def _turns(effects, counted, steps):
    """`{site's name: float64 array (steps or 1, units)}`, the turn in which each unit goes."""
    places = [(name, step) for name in effects for step in counted[name]]
    order = removal_order([effects[name][:, step] for name, step in places])
    turns = {name: np.full((steps[name], each.shape[-1]), NEVER) for name, each in effects.items()}
    for (name, step), own in zip(places, order, strict=True):
        turns[name][step] = own
    return turns
