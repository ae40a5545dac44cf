"""A recipe's trainings, one for each fold of a cross-validation, and what they say together."""

from dataclasses import replace

import numpy as np

from modzoo.training import Evaluation


def fold_runs(run):
    """The run and settings of each training: a part of `run` for each fold of each repeat, or those
    of `run` itself for one fold alone.

    A model that is trained further has seen what other folds test, so it is of one fold alone.
    """
    settings = run.settings
    if _is_single(run):
        return [(run, settings)]
    run.write_config()
    parts = []
    for repeat in range(settings.repeat, settings.repeat + settings.repeats):
        for fold in range(settings.folds):
            own = replace(settings, fold=fold, repeat=repeat, repeats=1)
            parts.append((run.part(f"repeat_{repeat}_fold_{fold}", own), own))
    return parts


def _is_single(run):
    return run.settings.fold is not None or run.start is not None


def sum_up(run, reports):
    """The report of a run of several trainings: means over all, and their deviation.

    What `evaluate` counted is added up over the folds of a repeat; `"deviation"` is that of the
    repeats' means where there are several, else of the folds.

    Args:
        run: The `Run` above them.
        reports: List of what `save_evaluation` returned for each training, in their order.
    """
    if _is_single(run):
        return reports[0]
    runs = [report["metrics"] for report in reports]
    counts = np.array([report["examples"] for report in reports])
    folds = run.settings.folds
    means, deviation = {}, {}
    for name in dict.fromkeys(name for metrics in runs for name in metrics):
        # A task of which a fold tests nothing has no figure there.
        of_runs = np.array([metrics.get(name, 0.0) for metrics in runs])
        weights = np.array([report["counts"].get(name, 0) for report in reports])
        grouped = (of_runs * weights).reshape(-1, folds).sum(1)
        of_repeats = grouped / weights.reshape(-1, folds).sum(1)
        means[name] = float(of_repeats.mean())
        spread = of_repeats if len(of_repeats) > 1 else of_runs[weights > 0]
        deviation[name] = float(spread.std(ddof=1)) if len(spread) > 1 else 0.0
    controls = {
        name: float(np.average([report["controls"][name] for report in reports], weights=counts))
        for name in reports[0]["controls"]
    }
    whole = Evaluation("test", int(counts.sum()), means)
    return run.save_evaluation(whole, deviation=deviation, runs=runs, controls=controls)
