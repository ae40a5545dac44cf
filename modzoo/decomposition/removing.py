"""How many units modules can do without, by what a composition without them still answers."""

import numpy as np

from modzoo.decomposition.composing import masks_of_layer, reader_name
from modzoo.decomposition.measuring import Marking, points, together
from modzoo.decomposition.observed import checked_inputs
from modzoo.decomposition.rules import masks_by

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


class Trial:
    """A composition whose masks change, marked by the same examples.

    Args:
        modules: `ModuleSet` of one network, whose masks it changes: one of its own.
        x, y, groups: As of `ModuleSet.evaluate`.
    """

    def __init__(self, modules, x, y, groups=None):
        self._anatomy = modules.networks[0].anatomy
        self._marking = Marking(modules, y, groups)
        self._x = checked_inputs(modules.networks[0].model, x)
        self._modules = modules
        layers = {
            site.layer.name: site.layer
            for site in self._anatomy.sites
            if site.name in modules.modules[0].masks
        }
        self._readers = [
            (layer, modules.composition.get_layer(reader_name(self._anatomy, layer)))
            for layer in layers.values()
        ]

    @property
    def metric(self):
        return self._marking.metric

    def mark(self, masks):
        """The mark of modules with `{site's name: boolean array (modules, steps or 1, units)}`."""
        for layer, reader in self._readers:
            reader.masks.assign(masks_of_layer(self._anatomy, layer, masks))
        return self._marking.overall(together(self._modules.margins, self._x, self._marking))


def smallest_masks(trial, scores):
    """The masks of the smallest modules that lose at most a point together.

    Layers take turns from the last one on, of which each removes more and more of its units until
    more than its part of the point, and of what those before it left over, would be lost.

    Args:
        trial: `Trial` on held-back examples.
        scores: `{site's name: array (modules, steps or 1, units)}`, the least go first.

    Returns:
        `{site's name: boolean array (modules, steps or 1, units)}`.
    """
    masks = {name: np.ones(each.shape, bool) for name, each in scores.items()}
    whole, point = trial.mark(masks), 1 / points(trial.metric)
    for turn, name in enumerate(reversed(scores), start=1):
        least = whole - point * turn / len(scores) - 1e-9
        for share in SHARES:
            fewer = {**masks, name: masks_by(scores[name], share)}
            if trial.mark(fewer) < least:
                break
            masks = fewer
    return masks


def curve_of(trial, study, shares, rules):
    """Rows of `removal_curve`, of compositions of a `Study`'s modules."""
    rows = []
    for rule in rules:
        scores = study.scores(rule, max(shares, default=0))
        for share in (0, *shares):
            masks = {name: masks_by(each, share) for name, each in scores.items()}
            units = sum(mask.shape[-1] for mask in masks.values())
            kept = sum(mask.mean((0, 1)).sum() for mask in masks.values())
            rows.append(
                {
                    "rule": rule,
                    "share": share,
                    "removed": float(1 - kept / units),
                    "metric": trial.metric,
                    "composition": trial.mark(masks),
                }
            )
    return rows
