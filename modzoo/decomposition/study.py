from functools import cached_property

import numpy as np

from modzoo.decomposition.network import Module
from modzoo.decomposition.probe import Probe
from modzoo.decomposition.rating import rate
from modzoo.errors import CallError, quoted


class Study:
    """A network and examples of its labels, by which its units are rated.

    Args:
        network: The `Network`.
        x: List of arrays.
        targets: Their `Targets`.
        names: List of the names of the modules that are wanted.
        columns: List of the output, or group, of each.
        max_positives: Integer, how many examples of a label are observed.
        seed: Integer, which ones, and what chance removes.
        progress: Function `(done, total, text)`, or None.

    Raises:
        CallError: If a label has no positive example.
    """

    def __init__(self, network, x, targets, names, columns, max_positives, seed, progress=None):
        self.network = network
        self.x = x
        self.targets = targets
        self.names = names
        self.columns = columns
        self.seed = seed
        self.progress = progress
        self.observed = [targets.observed(column, max_positives, seed) for column in columns]
        for name, each in zip(names, self.observed, strict=True):
            if not each.is_positive.any():
                raise CallError(
                    f"The label {quoted(name)} has no positive example in y; name the labels that "
                    "modules are made of with `only`, or give more data."
                )

    @cached_property
    def _probe(self):
        return Probe(self.network.anatomy, self.x, self.network.is_translator)

    @property
    def whole(self):
        """Masks of modules that have all units."""
        ones, names = {}, self.names
        for site in self._probe.sites:
            steps = 1 if self.network.is_rolled else self._probe.num_steps[site.name]
            ones[site.name] = np.ones((len(names), steps, site.units), bool)
        return ones

    def scores(self, rule, most=0.9):
        """`{site's name: float64 array (modules, steps or 1, units)}`, the least go first; `most`
        is the largest share of a layer's units that is to go."""
        return rate(
            self._probe,
            self.x,
            self.targets,
            self.columns,
            self.observed,
            rule,
            self.network.is_rolled,
            most,
            self.seed,
            self.progress,
        )

    def modules(self, masks):
        """List of `Module` with `{site's name: boolean array (modules, steps or 1, units)}`."""
        return [
            Module(name, self.network, column, {site: mask[i] for site, mask in masks.items()})
            for i, (name, column) in enumerate(zip(self.names, self.columns, strict=True))
        ]
