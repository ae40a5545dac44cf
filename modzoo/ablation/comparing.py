"""What the rows of an ablation say: means over seeds, and how the rows differ."""

import numpy as np

from modzoo.errors import CallError
from modzoo.training.seeds import figures_of_seeds

TEST = (
    "paired t-test of the row's runs and those of the first row, seed by seed (scipy's ttest_rel)"
)


def summary_of(runs, first):
    """What the runs of a row say together.

    Args:
        runs: List of `{name: figure}`, one a seed.
        first: The same of the first row.

    Returns:
        Dictionary of `"metrics"`, the means; `"deviation"`, the sample deviations; `"runs"`; and
        `"difference"`, `{name: {"mean", "deviation", "p"}}` of the differences to the first row,
        whose p is of `TEST`. What cannot be said of so many runs is None.
    """
    means, _, deviations = figures_of_seeds(runs)
    differences = {}
    for name in means:
        pairs = [(run.get(name), other.get(name)) for run, other in zip(runs, first, strict=True)]
        if not any(None in pair for pair in pairs):
            differences[name] = _difference(np.array(pairs))
    return {"metrics": means, "deviation": deviations, "runs": runs, "difference": differences}


def _difference(pairs):
    from scipy.stats import ttest_rel

    differences = pairs[:, 0] - pairs[:, 1]
    has_spread = len(pairs) > 1 and differences.std() > 1e-12
    return {
        "mean": float(differences.mean()),
        "deviation": float(differences.std(ddof=1)) if len(pairs) > 1 else None,
        "p": float(ttest_rel(*pairs.T).pvalue) if has_spread else None,
    }


def chosen_metric(wanted, own, figures):
    """The name of the figure to compare.

    Args:
        wanted: Its name, or None.
        own: Name of the figure that counts for the recipe, or None: the first that has a value.
        figures: `{name: figure}` of a run.
    """
    found = [name for name, value in figures.items() if value is not None]
    name = wanted or own or next(iter(found), None)
    if name not in found:
        have = f"they report: {', '.join(found)}" if found else "they report none"
        raise CallError(f"The runs report no figure {name!r} for --metric; {have}.")
    return name
