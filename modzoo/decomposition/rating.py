"""Scores of all units for all modules, from passes of a network over examples."""

import itertools

import keras
import numpy as np

from modzoo.decomposition.effects import effect_scores, mean_square_effects
from modzoo.decomposition.rules import NEVER, tendency_scores
from modzoo.decomposition.turns import in_turns

MAX_BYTES = 2**28  # of states or effects that are held at once


def rate(probe, x, targets, columns, observed, rule, is_rolled, most=0.9, seed=0, progress=None):
    """Scores by which units go, the least first.

    Args:
        probe: The network's `Probe`.
        x: List of arrays.
        targets: Their `Targets`.
        columns: List of the outputs, or groups, that modules are made of.
        observed: List of the `Observed` of each.
        rule: `"effect"`, `"tendency"` or `"random"`.
        is_rolled: Whether a module has one mask for all steps.
        most: Float in `[0, 1)`, the largest share of a layer's units that is to go, of translators.
        seed: Integer, of `"random"`.
        progress: Function `(done, total, text)`, or None.

    Returns:
        `{site's name: float64 array (modules, steps or 1, units)}`.
    """
    if rule == "random":
        rng = np.random.default_rng([seed, len(columns)])
        return {
            site.name: rng.random((len(columns), _steps(probe, site, is_rolled), site.units))
            for site in probe.sites
        }
    progress = progress or _silent
    if rule == "tendency":
        return _tendencies(probe, x, columns, observed, is_rolled, progress)
    if targets.names is None:
        return effect_scores(probe, targets, x, columns, observed, is_rolled, MAX_BYTES, progress)
    # A translator never writes what is asked of the other groups.
    observed = [each.positives() for each in observed]
    whole = {
        site.name: np.ones((len(columns), _steps(probe, site, is_rolled), site.units), bool)
        for site in probe.sites
    }

    def rated(masks, turn, turns):
        def of_turn(done, total, text):
            progress(turn * total + done, turns * total, text)

        return mean_square_effects(
            probe, targets, x, columns, observed, is_rolled, masks, MAX_BYTES, of_turn
        )

    return in_turns(rated, whole, most)


def _tendencies(probe, x, columns, observed, is_rolled, progress):
    """The paper's scores, of so many modules and units at a time as memory is meant for."""
    scores = {
        site.name: np.full((len(columns), _steps(probe, site, is_rolled), site.units), NEVER)
        for site in probe.sites
    }
    for group in _groups(probe, observed):
        rows = np.unique(np.concatenate([observed[i].rows for i in group]))
        batch = [array[rows] for array in x]
        for wanted in _portions(probe, len(rows)):
            found = probe.states(batch, wanted)
            for i, ((site, units), (states, present)) in itertools.product(
                group, zip(wanted, found, strict=True)
            ):
                each, own = observed[i], np.searchsorted(rows, observed[i].rows)
                counts = present[own]
                if each.steps is not None:
                    counts &= np.arange(counts.shape[1]) == each.steps[:, None]
                is_relu = site.cell.activation is keras.activations.relu
                for t, values, counted, times in _by_step(states[own], counts, is_rolled):
                    positive = np.repeat(each.is_positive, times)
                    score = tendency_scores(values, counted, positive, is_relu)
                    scores[site.name][i, t, units] = score
        progress(group[-1] + 1, len(observed), "tendencies of units")
    return scores


def _groups(probe, observed):
    """Lists of modules whose examples' states may be held at once, of one module at least:
    examples that several of them have are passed once."""
    bytes_of_row = 4 * sum(probe.num_steps[site.name] * site.units for site in probe.sites)
    groups, left = [[]], MAX_BYTES
    for i, each in enumerate(observed):
        size = len(each.rows) * bytes_of_row
        if groups[-1] and size > left:
            groups, left = [*groups, []], MAX_BYTES
        groups[-1].append(i)
        left -= size
    return groups


def _portions(probe, num_rows):
    """Lists of sites and units whose states of so many rows may be held at once."""
    portions, left = [[]], MAX_BYTES
    for site in probe.sites:
        bytes_of_unit = 4 * num_rows * probe.num_steps[site.name]
        width = min(site.units, max(1, MAX_BYTES // bytes_of_unit))
        for first in range(0, site.units, width):
            if width * bytes_of_unit > left:
                portions, left = [*portions, []], MAX_BYTES
            portions[-1].append((site, slice(first, first + width)))
            left -= width * bytes_of_unit
    return [portion for portion in portions if portion]


def _by_step(states, present, is_rolled):
    """Steps, states at each, which of them count, and how many there are of each example."""
    if is_rolled:
        flat = states.reshape(-1, states.shape[-1])
        return [(0, flat, present.ravel(), present.shape[1])]
    return [(t, states[:, t], present[:, t], 1) for t in range(present.shape[1])]


def _steps(probe, site, is_rolled):
    return 1 if is_rolled else probe.num_steps[site.name]


def _silent(done, total, text):
    pass
