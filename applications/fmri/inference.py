"""What a trained model says of series, and which sub-encoders said it."""

import keras
import numpy as np
from scipy.special import softmax

from modzoo.applications.fmri.data import numbers_of, read_series
from modzoo.applications.fmri.settings import Options
from modzoo.applications.interface import Predictions, copy_of, printable
from modzoo.applications.route_names import close_routes, route_places
from modzoo.errors import CallError, some_of
from modzoo.training import Evaluation

NUM_EXPLAINED = 2048  # series whose routes are counted, at most


def parts(model):
    """Names of what can be switched off (see `route_places`)."""
    return list(route_places(model.rnn, model.labels)) if model.routes else []


def without(model, names):
    """The model with some of its `parts` switched off too; `model` stays as it is."""
    if not model.routes and names:
        raise CallError("The model has no routes, and so nothing to disable.")
    copy = copy_of(model)
    close_routes(copy.rnn, list(model.labels), names)
    return copy


def evaluate(model, examples):
    """Figures on labelled series.

    Args:
        model: `SeriesClassifier`.
        examples: `LabelledSeries`.

    Returns:
        `Evaluation` with `accuracy`, over all series, and with several tasks
        `<task>_accuracy`; its note `"counts"` says of how many series each is.
    """
    tasks, classes = numbers_of(examples, model)
    logits = _outputs(model, examples.series)
    names = list(model.labels)
    found = np.array([
        logits[names[task]][i].argmax() == label
        for i, (task, label) in enumerate(zip(tasks, classes, strict=True))
    ])  # fmt: skip
    of = {"accuracy": found}
    if len(names) > 1:
        of |= {f"{name}_accuracy": found[tasks == i] for i, name in enumerate(names)}
    metrics = {name: float(own.mean()) for name, own in of.items() if len(own)}
    counts = {name: len(of[name]) for name in metrics}
    return Evaluation(examples.split, len(examples), metrics, {"counts": counts})


def _outputs(model, series, batch_size=128):
    """What `model` returns of series, as arrays."""
    batches = []
    for start in range(0, len(series), batch_size):
        batch = series[start : start + batch_size]
        outputs = model.predict_on_batch(batch)
        # Each device of TensorFlow predicts all.
        batches.append(keras.tree.map_structure(lambda x, n=len(batch): np.asarray(x)[:n], outputs))
    return keras.tree.map_structure(lambda *x: np.concatenate(x), *batches)


def predict(model, paths, options=Options()):
    """The classes of the series in files.

    Args:
        model: `SeriesClassifier`.
        paths: Files of series of regions, or images of scanned runs, whose events lie beside them.
        options: `Options`.

    Returns:
        `Predictions`, whose records, one a file, have `"input"` and `"series"`, for each series
        of each task asked for `"name"`, `"task"`, `"label"` and `"scores"`, `{label: p}`.
    """
    records, lines = [], []
    for path in paths:
        given = read_series(path, model)
        logits = _outputs(model, given.series)
        said = []
        for i, name in enumerate(given.names):
            for task in _tasks_of(model, given, i, options):
                said.append({"name": name, "task": task, **_judgement(model, logits, task, i)})
        records.append({"input": printable(path), "series": said})
        for one in said:
            share = one["scores"][one["label"]]
            head = f"{one['label']} {share:.3f}  {one['task']}"
            lines.append(f"{head}  {one['name']}  {printable(path)}")
    return Predictions(records, lines)


def _tasks_of(model, given, i, options):
    """The tasks that are asked for of one series."""
    if options.task is not None and options.task not in model.labels:
        raise CallError(f"The model has no task {options.task!r}; it has: {some_of(model.labels)}.")
    if given.tasks is not None:
        return [given.tasks[i]]
    return list(model.labels) if options.task is None else [options.task]


def _judgement(model, logits, task, i):
    labels, scores = model.labels[task], softmax(logits[task][i].astype("float64"))
    return {
        "label": labels[int(scores.argmax())],
        "scores": {name: float(p) for name, p in zip(labels, scores, strict=True)},
    }


def explain(model, path, options=Options()):
    """Which tasks read which sub-encoders, and when, of the series in a file.

    Args:
        model: `SeriesClassifier` with routes.
        path: As one of `predict`'s.
        options: `Options`.

    Returns a dictionary: `"input"`; `"tasks"`; `"rates"`, `[task][step][layer][module]`, of the
    task's series the share that reads a sub-encoder at a step; `"shares"`, `[task][layer][module]`,
    of all that a task reads, each sub-encoder's part, of sum 1; and `"example"`, what was said of
    the first series, with its `"routes"`, `[step][layer][source][module]`, and what its task reads,
    `"reads"`, `[step][layer][module]`.
    """
    given = read_series(path, model)
    tasks = [_tasks_of(model, given, i, options) for i in range(len(given.names))]
    record = _routes_record(model, given.series, tasks, given.names)
    return {"input": printable(path), **record}


def _routes_record(model, series, tasks, names):
    """`explain` of series that each are of some `tasks`, lists of names."""
    from modzoo.plots.routes import task_shares

    if not model.routes:
        raise CallError("The model has no routes: there is nothing to explain.")
    series, tasks = series[:NUM_EXPLAINED], tasks[:NUM_EXPLAINED]
    outputs = _outputs(model.decisions_model(), series)
    rates = []
    for task, reads in zip(model.labels, outputs["decoder_routes"], strict=True):
        own = np.array([task in asked for asked in tasks])
        rates.append(reads[own if own.any() else slice(None)].astype("float64").mean(0))
    first = tasks[0][0]
    reads = outputs["decoder_routes"][list(model.labels).index(first)][0]
    return {
        "tasks": list(model.labels),
        "rates": np.round(rates, 4).tolist(),
        "shares": task_shares(rates).tolist(),
        "example": {
            "name": names[0],
            "task": first,
            **_judgement(model, outputs["logits"], first, 0),
            "routes": outputs["encoder_routes"][0].astype(int).tolist(),
            "reads": reads.astype(int).tolist(),
        },
    }


def draw(record):
    """The picture of what `explain` returned."""
    from modzoo.plots import draw_routes

    example = record["example"]
    routes, reads = np.array(example["routes"]), np.array(example["reads"])
    return draw_routes(record["tasks"], record["rates"], routes, reads, example["task"])


def save_plots(run, model, examples):
    """The pictures of a run: its history and, of labelled series, the routes."""
    from modzoo.plots import draw_history

    run.save_plot("history", draw_history(run.history()))
    if model.routes:
        names = list(examples.labels)
        tasks = [[names[task]] for task in examples.tasks]
        record = _routes_record(model, examples.series, tasks, [examples.split] * len(examples))
        run.save_record("inspection", {key: record[key] for key in ("tasks", "rates", "shares")})
        run.save_plot("routes", draw(record))
