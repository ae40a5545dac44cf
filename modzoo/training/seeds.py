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
        parts.append((run.part(seed_folder(seed), own), own))
    return parts


def seed_folder(seed):
    """Name of the folder of a seed's run."""
    return f"seed_{seed}"


def sum_up_seeds(run, reports):
    """The report of a run of several seeds: means, medians and deviations of their figures.

    Args:
        run: The `Run` above them.
        reports: List of what `save_evaluation` returned for each training, in their order.
    """
    if run.settings.seeds == 1:
        return reports[0]
    runs = [report["metrics"] for report in reports]
    means, medians, deviations = figures_of_seeds(runs)
    whole = Evaluation(reports[0]["split"], reports[0]["examples"], means)
    return run.save_evaluation(whole, median=medians, deviation=deviations, runs=runs)


def figures_of_seeds(runs):
    """Means, medians and sample deviations of the figures of several runs.

    Args:
        runs: List of `{name: figure}`.

    Returns:
        Three dictionaries `{name: value}`; the value is None where a run lacks the figure, and a
        deviation also where there is one run alone.
    """
    means, medians, deviations = {}, {}, {}
    for name in dict.fromkeys(name for run in runs for name in run):
        values = [run.get(name) for run in runs]
        is_whole = None not in values
        means[name] = float(np.mean(values)) if is_whole else None
        medians[name] = float(np.median(values)) if is_whole else None
        has_spread = is_whole and len(values) > 1
        deviations[name] = float(np.std(values, ddof=1)) if has_spread else None
    return means, medians, deviations
