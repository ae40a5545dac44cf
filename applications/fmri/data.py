"""Which reader for which data, and the container of batches."""

import functools
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from modzoo.data.labelled_series import LabelledSeries
from modzoo.data.nifti import is_image, load_runs, read_run
from modzoo.data.region_files import load_regions, read_regions
from modzoo.data.scanner_blocks import brain_voxels, cut_blocks, label_blocks
from modzoo.errors import CallError, some_of


def load_series(path, image=None):
    """The labelled series in a file or a folder: scanned runs where there are tables of events,
    else series of regions.

    Args:
        path: The file or folder.
        image: Ending of the names of images, where several lie beside a table of events.
    """
    if not Path(path).exists():
        raise CallError(f"There is no file or folder {path}.")
    if Path(path).is_file() or not any(Path(path).rglob("*_events.tsv")):
        return load_regions(path)
    runs = load_runs(path, image)
    is_read = brain_voxels(runs)
    if not is_read.any():
        raise CallError(f"{path}: no voxel is above 0 on average; expected raw images.")
    return replace(label_blocks(runs, str(path)), is_read=is_read)


@dataclass(frozen=True)
class GivenSeries:
    """Series that a person wants to know something about.

    Attributes:
        series: Float32 array `(examples, time, features)`.
        names: What they are called, a list of strings.
        tasks: List of their tasks, or None.
    """

    series: np.ndarray
    names: list
    tasks: list | None


def read_series(path, model):
    """The `GivenSeries` in a file; raises unless `model` reads series of their shape."""
    if not Path(path).is_file():
        raise CallError(f"There is no file {path}.")
    if is_image(path):
        run = read_run(path)
        names = [f"{event.onset:g} s" for event in run.events]
        given = GivenSeries(cut_blocks(run, model.num_steps), names, None)
    else:
        file = read_regions(path)
        given = GivenSeries(file.series, file.names, file.columns.get("task"))
    require_shape(given.series, model, path)
    for task in given.tasks or ():
        if task not in model.labels:
            raise CallError(
                f"{path} holds series of the task {task!r}, which the model does not know; it "
                f"knows: {some_of(model.labels)}."
            )
    return given


def require_shape(series, model, source):
    """Raises unless `series` are of the shape that `model` reads."""
    time, features = series.shape[1:]
    if (time, features) != (model.num_steps, model.num_features):
        raise CallError(
            f"The model reads series of {model.num_steps} steps x {model.num_features} features, "
            f"and those in {source} are of {time} x {features}."
        )


@dataclass(frozen=True, eq=False)
class TaskBatches:
    """Series with the numbers of a model's classes, a container for
    `modzoo.training.train_batches`.

    Each series weighs 1 in its own task and 0 in the others.

    Attributes:
        examples: `LabelledSeries`.
        model: `SeriesClassifier`.
    """

    examples: LabelledSeries
    model: object
    lengths = None  # series are all of one length

    def __len__(self):
        return len(self.examples)

    def shuffled(self, rng):
        return rng.permutation(len(self))

    def gather(self, indices):
        """Series, `{output: class numbers}` and `{output: weights}`, each `(batch,)`."""
        series, tasks, classes = (tf.gather(x, indices) for x in self._tensors)
        known = {name: i for i, name in enumerate(self.model.labels)}
        numbers = {name: tf.where(tasks == i, classes, 0) for name, i in known.items()}
        weights = {name: tf.cast(tasks == i, tf.float32) for name, i in known.items()}
        if self.model.has_adversary:
            numbers["adversary"], weights["adversary"] = tasks, tf.ones_like(tasks, tf.float32)
        return series, numbers, weights

    @functools.cached_property
    def _tensors(self):
        tasks, classes = numbers_of(self.examples, self.model)
        with tf.init_scope():
            return tuple(map(tf.constant, (self.examples.series, tasks, classes)))


def numbers_of(examples, model):
    """Tasks and classes of labelled series, `(examples,)` each, as `model` numbers them."""
    require_shape(examples.series, model, examples.source)
    tasks = list(model.labels)
    for task, names in examples.labels.items():
        unknown = [name for name in names if name not in model.labels.get(task, ())]
        if unknown:
            raise CallError(
                f"{examples.source} holds the classes {some_of(unknown)} of the task {task}, which "
                "the model does not know."
            )
    own = list(examples.labels.items())
    task_of = np.array([tasks.index(task) for task, _ in own], "int32")
    width = max(len(names) for _, names in own)
    class_of = np.zeros((len(own), width), "int32")
    for row, (task, names) in enumerate(own):
        class_of[row, : len(names)] = [model.labels[task].index(name) for name in names]
    return task_of[examples.tasks], class_of[examples.tasks, examples.classes]
