"""Figures of several runs, as text."""


def difference(row, metric):
    """The difference of a figure to another's and its p, as texts; `row`: see
    `modzoo.ablation.comparing.summary_of`."""
    found = row["difference"].get(metric)
    if found is None:
        return "", ""
    p = "" if found["p"] is None else f"{found['p']:.3f}" if found["p"] >= 0.001 else "< 0.001"
    return spread(found["mean"], found["deviation"], signed=True), p


def spread(mean, deviation, signed=False):
    """A mean and its deviation, which may be None, as text."""
    if deviation is None:
        return number(mean, signed)
    return f"{number(mean, signed)} ± {number(deviation)}"


def number(value, signed=False):
    """A figure as text; none: a dash."""
    if value is None:
        return "–"
    return f"{value:+.3f}" if signed else f"{value:.3f}"
