import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from modzoo.plots.palette import CORAL, CREAM, EDGE, FAINT, GREEN, INK, PALE_BLUE
from modzoo.plots.style import add_colorbar, shorten

CLOSED, HALF, OPEN = CORAL, CREAM, GREEN
GATES = LinearSegmentedColormap.from_list("gates", [CLOSED, HALF, OPEN])
MAX_WORDS, MAX_LETTERS = 60, 18
STRONG = 0.5


def draw_gates(record):
    """Draws how open each task's gate of each unit was at each word: the paper's figure 6.

    Words go down, each with its tag and the gates of all units across; the units of a task
    stand in the same order everywhere. Green is open, red closed.

    Args:
        record: Dictionary of `"tokens"`, a list; `"tasks"`, their names; for each task its
            tags, a list along the tokens; and `"gates"`, `{task: for each token the list of
            its gates in [0, 1]}`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    words = [shorten(token, MAX_LETTERS) for token in record["tokens"][:MAX_WORDS]]
    tasks = record["tasks"]
    shown = [np.array(record["gates"][task][: len(words)]) for task in tasks]
    units = max((gates.shape[1] for gates in shown if gates.size), default=1)
    rows = max(len(words), 1)
    width, height = min(max(0.09 * units, 3.2), 11), 0.34 * rows
    figure = Figure(figsize=(width + 2.6, (height + 0.75) * len(tasks) + 0.8))
    axes = figure.subplots(len(tasks), squeeze=False)[:, 0]
    figure.subplots_adjust(hspace=0.75 / height, left=0.3, right=0.98)
    for ax, task, gates in zip(axes, tasks, shown, strict=True):
        if gates.size:
            edges = {"edgecolors": "white", "linewidth": 0.8 if units <= 128 else 0.1}
            ax.pcolormesh(gates, cmap=GATES, vmin=0, vmax=1, **edges)
        for i, word in enumerate(words):
            ax.text(-0.02, i + 0.5, word, **_beside(ax), ha="right", color=INK, size=10)
            tag = record[task][i]
            ax.text(-0.28, i + 0.5, tag, **_beside(ax), ha="right", color=FAINT, size=9)
        ax.set(xlim=(0, units), ylim=(rows, 0), yticks=[])
        ax.set_title(task, loc="left", fontsize=11, color=INK, pad=6)
        _quiet(ax)
        steps = max(1, units // 8)
        ax.set_xticks(np.arange(0, units, steps) + 0.5, np.arange(0, units, steps))
    axes[-1].set_xlabel("unit", color=FAINT, fontsize=9)
    if len(words) < len(record["tokens"]):
        axes[0].text(0, 1.3, f"the first {MAX_WORDS} words", transform=axes[0].transAxes, size=9)
    labels = ["closed", "half", "open"]
    add_colorbar(figure, list(axes), GATES, labels, shrink=0.45, pad=0.03, aspect=26)
    return figure


def draw_gate_correlation(pair, correlation):
    """Draws how the gates of two tasks go together, unit by unit, in order of correlation.

    Args:
        pair: String, the two tasks.
        correlation: Dictionary of `"units"`, the Pearson correlation of each, `"above"` and
            `"below"`, how many exceed 0.5 and are under -0.5.

    Returns:
        `matplotlib.figure.Figure`.
    """
    values = np.array(correlation["units"])
    order = np.argsort(-values)
    figure = Figure(figsize=(max(0.16 * len(values), 5.5), 3.4), layout="constrained")
    ax = figure.subplots()
    colors = np.where(values > STRONG, OPEN, np.where(values < -STRONG, CLOSED, PALE_BLUE))
    ax.bar(np.arange(len(values)), values[order], color=colors[order], width=0.8)
    for level in (-STRONG, 0, STRONG):
        ax.axhline(level, color=EDGE if level else FAINT, lw=0.8, zorder=0)
    labels = order if len(values) <= 80 else []
    ax.set_xticks(np.arange(len(labels)), labels, rotation=90, fontsize=7)
    ax.set(xlim=(-0.8, len(values) - 0.2), ylim=(-1, 1), xlabel="unit", ylabel="correlation")
    a, b = pair.split(", ")
    title = (
        f"Gates of {a} and {b}: {correlation['above']} of {len(values)} units go together "
        f"(above 0.5), {correlation['below']} apart (below -0.5)"
    )
    ax.set_title(title, loc="left", fontsize=10, color=INK)
    _quiet(ax)
    ax.spines["left"].set_visible(True)
    ax.spines["left"].set_color(EDGE)
    return figure


def _quiet(ax):
    ax.spines[:].set_visible(False)
    ax.tick_params(colors=FAINT, length=0, labelsize=8)
    ax.xaxis.label.set_color(FAINT)
    ax.yaxis.label.set_color(FAINT)


def _beside(ax):
    return {"transform": ax.get_yaxis_transform(), "va": "center"}
