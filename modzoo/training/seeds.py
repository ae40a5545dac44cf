"""A recipe's trainings, one for each of several seeds, and what they say together."""

from dataclasses import replace

import numpy as np

from modzoo.training.evaluation import Evaluation


def seed_runs(run):
    """The run and settings of each training: a part of `run` for each of `settings.seeds` seeds
    from `settings.seed` on, or those of `run` itself for one seed alone."""
    settings = run.settings
    if settings.seeds == 1:
        return [(run, settings)]
    run.write_config()
    parts = []
    for seed in range(settings.seed, settings.seed + settings.seeds):
        own = replace(settings, seed=seed, seeds=1)
        parts.append((run.part(f"seed_{seed}", own), own))
    return parts


def sum_up_seeds(run, reports):
    """The report of a run of several seeds: means, medians and deviations of their figures.

    Args:
        run: The `Run` above them.
        reports: List of what `save_evaluation` returned for each training, in their order.
    """
    if run.settings.seeds == 1:
        return reports[0]
    runs = [report["metrics"] for report in reports]
    table = np.array([list(metrics.values()) for metrics in runs])
    means, medians, deviations = (
        dict(zip(runs[0], map(float, row), strict=True))
        for row in (table.mean(0), np.median(table, axis=0), table.std(0, ddof=1))
    )
    whole = Evaluation(reports[0]["split"], reports[0]["examples"], means)
    return run.save_evaluation(whole, median=medians, deviation=deviations, runs=runs)
