"""Simulated activity of regions of the brain, whose tasks share what is known.

A task is to tell three regions of a group apart by their series: 28 steps, four in each of seven
conditions that a person in the scanner goes through. One of three systems drives a task's regions
in a condition, and regions that one system drives behave alike, whichever task they belong to:
so tasks are related by the systems that they share, and the relation changes from condition to
condition. In the data of Xu et al., 2021, Multi-Task Recurrent Modular Networks, such relations
are guessed from the function of the regions; here they are known, and can be set.
"""

import functools
from dataclasses import dataclass

import numpy as np

from modzoo.data.labelled_series import LabelledSeries
from modzoo.errors import CallError

NUM_CONDITIONS, STEPS, FEATURES, NUM_CLASSES = 7, 4, 10, 3
NUM_PRIMITIVES, NUM_SYSTEMS = 9, 3
RELIABILITY = 0.6  # share of the conditions in which a region does what its system has it do
NOISE_MEMORY = 0.5  # of an autoregressive process of order 1

# For each of seven conditions the system that drives the task: 0 cognition, 1 attention, 2 senses.
TASKS = {
    "cognition": (0, 0, 0, 0, 0, 1, 1),
    "mixed": (0, 0, 0, 0, 2, 1, 1),
    "attention": (0, 0, 0, 1, 1, 1, 1),
    "senses": (2, 2, 2, 2, 2, 1, 2),
}
GROUPS = {
    "1": {name: TASKS[name] for name in ("cognition", "mixed", "attention")},
    "2": {name: TASKS[name] for name in ("cognition", "attention", "senses")},
    "all": TASKS,
    "related": dict.fromkeys(("first", "second", "third"), (0,) * 7),
    "apart": {name: (i,) * 7 for i, name in enumerate(("first", "second", "third"))},
    "changing": {
        "first": (0, 0, 0, 0, 0, 0, 0),
        "second": (0, 0, 0, 0, 1, 1, 1),
        "third": (0, 0, 2, 2, 2, 2, 2),
    },
}


@dataclass(frozen=True)
class World:
    """What regions do.

    Attributes:
        primitives: Array `(primitives, steps, features)` of patterns of mean square 1.
        codes: Integers `(systems, conditions, classes)`: the primitive of a region of that class
            where that system drives it; those of three classes differ.
    """

    primitives: np.ndarray
    codes: np.ndarray


def simulate_regions(group="1", samples=800, seed=0, snr=1.0):
    """Labelled series of a group of tasks, as many of each class; tasks and classes take turns.

    In each condition a region shows, with a random sign, the primitive that its system has
    for its class; with probability `1 - RELIABILITY`, any one. Autoregressive noise is added. A
    classifier that knows all of this, but not the signs, finds about 98 % of the classes.

    Args:
        group: Name of one of `GROUPS`: `"1"`, of more, and `"2"`, of less related tasks, as in the
            paper; `"related"`, `"apart"`, `"changing"`, over the conditions; or `"all"` four
            tasks.
        samples: Integer, at least 3, series of each task.
        seed: Integer, of the series; what regions do is always the same.
        snr: Float above 0, the signal's variance by the noise's.

    Returns:
        `LabelledSeries` of `(28, 10)`.
    """
    if group not in GROUPS:
        raise CallError(f"There is no group {group!r} of tasks; there is: {', '.join(GROUPS)}.")
    systems = np.array([*GROUPS[group].values()])
    tasks, classes = np.divmod(np.arange(len(systems) * NUM_CLASSES), NUM_CLASSES)
    turns = np.arange(len(systems) * samples) % len(tasks)
    order = np.arange(len(tasks)).reshape(-1, NUM_CLASSES).T.ravel()  # tasks take turns first
    tasks, classes = tasks[order][turns], classes[order][turns]

    world, rng = make_world(), np.random.default_rng(seed)
    shape = (len(tasks), NUM_CONDITIONS)
    shown = world.codes[systems[tasks], np.arange(NUM_CONDITIONS), classes[:, None]]
    anything = rng.integers(NUM_PRIMITIVES, size=shape)
    shown = np.where(rng.random(shape) < RELIABILITY, shown, anything)
    signs = rng.choice([-1.0, 1.0], shape)
    signal = (signs[..., None, None] * world.primitives[shown]).reshape(len(tasks), -1, FEATURES)
    series = signal + _noise(signal.shape, rng) / np.sqrt(snr)
    return LabelledSeries(
        series.astype("float32"),
        tasks,
        classes,
        {name: [f"region {i + 1}" for i in range(NUM_CLASSES)] for name in GROUPS[group]},
        f"the simulated regions of group {group}",
    )


@functools.cache
def make_world():
    """The `World` of all simulations."""
    rng = np.random.default_rng(2021)
    primitives = rng.normal(size=(NUM_PRIMITIVES, STEPS, FEATURES))
    primitives /= np.sqrt((primitives**2).mean((1, 2), keepdims=True))
    codes = np.empty((NUM_SYSTEMS, NUM_CONDITIONS, NUM_CLASSES), int)
    for condition in range(NUM_CONDITIONS):  # no two systems use a primitive alike
        codes[:, condition] = rng.permutation(NUM_PRIMITIVES).reshape(NUM_SYSTEMS, NUM_CLASSES)
    return World(primitives, codes)


def relatedness(group):
    """For each two tasks of a group the share of the conditions that one system drives in both.

    Returns an array `(tasks, tasks)`.
    """
    systems = np.array([*GROUPS[group].values()])
    return (systems[:, None] == systems).mean(-1)


def _noise(shape, rng):
    """Autoregressive noise along the second axis, of variance 1."""
    noise = rng.normal(size=shape)
    for step in range(1, shape[1]):
        fresh = np.sqrt(1 - NOISE_MEMORY**2) * noise[:, step]
        noise[:, step] = NOISE_MEMORY * noise[:, step - 1] + fresh
    return noise
