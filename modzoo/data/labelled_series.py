"""Labelled time series of several tasks, and how they are divided for cross-validation."""

from dataclasses import dataclass, replace

import numpy as np

from modzoo.data.splits import SPLITS, require_split
from modzoo.errors import CallError, quoted, some_of

HELD_BACK = 8  # of the examples of training every so many are for choosing an epoch


@dataclass(frozen=True, eq=False)
class LabelledSeries:
    """Series of one shape, each of one task and of one of its classes.

    Attributes:
        series: Float32 array `(examples, time, features)`.
        tasks: Integer array `(examples,)`, indices into the keys of `labels`.
        classes: Integer array `(examples,)`, indices into a task's classes.
        labels: Dictionary from the tasks' names to lists of the names of their classes.
        source: Where they are from, for people.
        split: Name of the split.
        groups: Integer array `(examples,)`: what has one number, such as the blocks of a run of
            the scanner, stays together when examples are divided. None: each stands alone.
        places: Integer array `(examples,)`, the place of each in its group, or None.
        is_read: Booleans `(features,)`, those that count, such as voxels of the brain; None: all.
        remarks: Sentences on what was left out.
    """

    series: np.ndarray
    tasks: np.ndarray
    classes: np.ndarray
    labels: dict
    source: str
    split: str = "all"
    groups: np.ndarray | None = None
    places: np.ndarray | None = None
    is_read: np.ndarray | None = None
    remarks: tuple = ()

    def __len__(self):
        return len(self.series)

    @property
    def summary(self):
        """How many there are, and of which tasks, for people."""
        counts = np.bincount(self.tasks, minlength=len(self.labels))
        named = [f"{task} {count:,}" for task, count in zip(self.labels, counts, strict=True)]
        time, features = self.series.shape[1:]
        return f"{len(self):,} series of {time} steps x {features} features ({some_of(named)})"

    def take(self, indices, split=None):
        """The examples at `indices`, in that order."""
        rows = {
            name: getattr(self, name)[indices]
            for name in ("series", "tasks", "classes", "groups", "places")
            if getattr(self, name) is not None
        }
        return replace(self, **rows, split=split or self.split)

    def limit(self, count):
        """The first `count` examples; all of them for None."""
        return self if count is None else self.take(np.arange(min(count, len(self))))

    def only(self, tasks):
        """The examples of some tasks, by name; raises where there is none of that name."""
        known = list(self.labels)
        for task in tasks:
            if task not in known:
                raise CallError(
                    f"{self.source} has no task {quoted(task)}; its tasks are {some_of(known)}."
                )
        places = np.array([known.index(task) for task in tasks])
        part = self.take(np.flatnonzero(np.isin(self.tasks, places)))
        order = np.zeros(len(known), int)
        order[places] = np.arange(len(tasks))
        return replace(
            part, tasks=order[part.tasks], labels={task: self.labels[task] for task in tasks}
        )

    def fold(self, split, number=0, folds=5, repeat=0, hold_back=True):
        """One split of a cross-validation.

        Each fold holds as many of each class of each task as the others, or whole groups.

        Args:
            split: `"train"`, `"validation"` or `"test"`; None for the test.
            number: Integer, the fold that is tested, from 0.
            folds: Integer, at least 2.
            repeat: Integer, seed of a division; with 0 groups are tested from the last on.
            hold_back: Whether every eighth of the examples, or groups, that are not tested is for
                validation; of one group alone every eighth of its examples.

        Raises:
            CallError: If there are fewer examples, of a class, or fewer groups than folds, or a
                fold holds all examples of a class.
        """
        splits = SPLITS if hold_back else ("train", "test")
        split = require_split(split or "test", splits, self.source)
        members = self._folds(folds, repeat)
        others = np.flatnonzero(members != number)
        self._require_known(others, np.flatnonzero(members == number))
        if split == "test":
            return self.take(np.flatnonzero(members == number), split)
        if not hold_back:
            return self.take(others, split)
        is_held = self._held_back(others, np.random.default_rng([repeat, number]))
        return self.take(others[is_held == (split == "validation")], split)

    def _held_back(self, others, rng):
        """Which of the examples `others` are for validation."""
        if self.groups is not None and len(names := np.unique(self.groups[others])) > 1:
            names = rng.permutation(names)
            held = names[min(HELD_BACK // 2, len(names) - 1) :: HELD_BACK]
            return np.isin(self.groups[others], held)
        order = rng.permutation(len(others))
        order = order[np.argsort(self._classes()[others[order]], kind="stable")]
        is_held = np.zeros(len(others), bool)
        is_held[order[HELD_BACK // 2 :: HELD_BACK]] = True
        return is_held

    def _require_known(self, others, tested):
        """Raises where a class is tested of which no example is left to learn from."""
        classes = self._classes()
        unknown = np.setdiff1d(classes[tested], classes[others])
        if len(unknown):
            task, number = divmod(unknown[0], max(map(len, self.labels.values())))
            task, names = list(self.labels.items())[task]
            raise CallError(
                f"{self.source}: all series of the class {quoted(names[number])} of {task} are in "
                "one fold, so that none is left to learn from; take other folds or groups."
            )

    def _classes(self):
        """A number for each class of each task, `(examples,)`."""
        return self.tasks * max(map(len, self.labels.values())) + self.classes

    def _folds(self, folds, repeat):
        """For each example the fold that it is tested in."""
        rng = np.random.default_rng([repeat, folds])
        if self.groups is not None:
            names, numbers = np.unique(self.groups, return_inverse=True)
            self._require(len(names), folds, "groups, such as runs or participants,")
            order = rng.permutation(len(names)) if repeat else np.arange(len(names))[::-1]
            return (order.argsort() % folds)[numbers]
        classes = self._classes()
        order = rng.permutation(len(self))
        order = order[np.argsort(classes[order], kind="stable")]
        _, counts = np.unique(classes, return_counts=True)
        self._require(counts.min(initial=len(self)), folds, "examples of a class")
        members = np.empty(len(self), int)
        members[order] = np.arange(len(self)) % folds
        return members

    def _require(self, count, folds, what):
        if count < folds:
            raise CallError(
                f"{self.source} has {count} {what} at least, and {folds} folds need as many each; "
                "take fewer with --folds."
            )
