"""The blocks of scanned runs, cleaned of drift and motion: what a person saw, as series."""

import numpy as np

from modzoo.data.labelled_series import LabelledSeries
from modzoo.errors import CallError, some_of

DRIFT = 4  # degree of the polynomial of time that is taken out of each run
MAX_VOXELS = 2**14
NUM_RUNS, KINDS = 8, ("bottle", "cat", "chair", "face", "house", "scissors", "scramble", "shoe")
STEPS, VOXELS, LOUDNESS = 9, 60, 0.7  # of the simulated blocks


def label_blocks(runs, source):
    """The blocks of runs as `LabelledSeries` of one task, `"category"`.

    A series has a volume a step and a voxel of the grid a feature, as `clean` leaves them; its
    group is its run. All blocks must take as many volumes.

    Args:
        runs: List of `modzoo.data.nifti.ScannedRun`, of one grid.
        source: Where they are from, for people.
    """
    grids = {run.volumes.shape[1:]: run for run in reversed(runs)}
    if len(grids) > 1:
        (one, first), (other, second) = list(grids.items())[:2]
        raise CallError(
            f"All images must be of one grid: {second.path} has {' x '.join(map(str, other))} "
            f"voxels, and {first.path} {' x '.join(map(str, one))}."
        )
    kinds = sorted({event.kind for run in runs for event in run.events})
    if len(kinds) < 2:
        raise CallError(f"{source}: the events are of one kind alone, {some_of(kinds)}.")
    lengths = {num_volumes(event, run): (event, run.path) for run in runs for event in run.events}
    if len(lengths) > 1:
        raise CallError(
            f"{source}: all events must take as many volumes, and they take "
            f"{some_of(sorted(lengths))}; the last of {max(lengths)} is in "
            f"{lengths[max(lengths)][1]}."
        )
    return LabelledSeries(
        np.concatenate([cut_blocks(run, next(iter(lengths))) for run in runs]),
        np.zeros(sum(len(run.events) for run in runs), int),
        np.array([kinds.index(event.kind) for run in runs for event in run.events]),
        {"category": kinds},
        source,
        groups=np.repeat(np.arange(len(runs)), [len(run.events) for run in runs]),
        places=np.concatenate([np.arange(len(run.events)) for run in runs]),
    )


def num_volumes(event, run):
    """How many volumes an event takes."""
    return max(1, round(event.duration / run.interval))


def cut_blocks(run, steps):
    """The cleaned volumes of each event of a run, float32 `(events, steps, voxels)`."""
    series = clean(run)
    starts = [int(event.onset / run.interval) for event in run.events]
    for start, event in zip(starts, run.events, strict=True):
        if start + steps > len(series):
            raise CallError(
                f"{run.path}: {steps} volumes from the event at {event.onset:g} s on end after "
                f"the {len(series)} of the run."
            )
    rows = np.add.outer(np.array(starts, int), np.arange(steps))
    return series[rows].astype("float32")


def clean(run):
    """A run's voxels, `(time, voxels)`, without drift and motion, of mean 0 and variance 1.

    A polynomial of degree 4 of time, and the estimates of motion, are fitted to each voxel and
    taken out. A voxel that never changes is 0.
    """
    time = len(run.volumes)
    voxels = run.volumes.reshape(time, -1).astype("float64")
    if voxels.shape[1] > MAX_VOXELS:
        raise CallError(
            f"{run.path} has {voxels.shape[1]:,} voxels, and no more than {MAX_VOXELS:,} are read; "
            "cut out a region, or make the grid coarser."
        )
    regressors = np.polynomial.legendre.legvander(np.linspace(-1, 1, time), DRIFT)
    if run.motion is not None:
        centred = run.motion - run.motion.mean(0)
        scales = centred.std(0)
        regressors = np.concatenate([regressors, centred[:, scales > 0] / scales[scales > 0]], 1)
    if time <= 2 * regressors.shape[1]:
        raise CallError(
            f"{run.path} has {time} volumes, too few to take {regressors.shape[1]} courses of "
            "drift and motion out of them."
        )
    fitted = regressors @ np.linalg.lstsq(regressors, voxels, rcond=None)[0]
    left = voxels - fitted
    spread = left.std(0)
    changes = spread > 1e-6 * np.abs(voxels).max(0)
    return np.where(changes, left / np.where(changes, spread, 1), 0)


def brain_voxels(runs):
    """Which voxels are brain, booleans `(voxels,)`: those above a quarter of the brightest, by
    their means over all runs."""
    means = np.mean([run.volumes.mean(0).ravel() for run in runs], axis=0)
    return means > means.max() / 4


def simulate_blocks(seed=0):
    """Simulated blocks of eight runs, each of eight categories in an order of its own.

    A category has a pattern over 60 voxels, which rises and falls over nine steps; noise is
    added.
    """
    rng = np.random.default_rng([seed, 7])
    patterns = rng.normal(size=(len(KINDS), 1, VOXELS))
    course = np.sin(np.linspace(0, np.pi, STEPS + 2)[1:-1])[:, None]
    classes = np.concatenate([rng.permutation(len(KINDS)) for _ in range(NUM_RUNS)])
    noise = rng.normal(size=(len(classes), STEPS, VOXELS))
    series = LOUDNESS * patterns[classes] * course + noise
    return LabelledSeries(
        series.astype("float32"),
        np.zeros(len(classes), int),
        classes,
        {"category": list(KINDS)},
        "the simulated blocks",
        groups=np.arange(len(classes)) // len(KINDS),
        places=np.arange(len(classes)) % len(KINDS),
    )
