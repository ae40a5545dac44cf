import numpy as np

from modzoo.plots.drawing import Drawing
from modzoo.plots.palette import BLUE, EDGE, INK, PALE_BLUE, RED, SLATE
from modzoo.plots.writing import legible, plainly

STRONG = 0.5
MAX_NAMED = 72  # units whose numbers there is room for


@plainly
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
    figure = Drawing(figsize=(np.clip(0.16 * len(values), 5.5, 11), 3.6), layout="constrained")
    ax = figure.subplots()
    colors = np.where(values > STRONG, BLUE, np.where(values < -STRONG, RED, PALE_BLUE))
    ax.bar(np.arange(len(values)), values[order], color=colors[order], width=0.8)
    for level in (-STRONG, 0, STRONG):
        ax.axhline(level, color=EDGE if level else SLATE, lw=0.8, zorder=0)
    labels = order if len(values) <= MAX_NAMED else []
    ax.set_xticks(np.arange(len(labels)), labels, rotation=90, fontsize=7)
    ax.set(xlim=(-0.8, len(values) - 0.2), ylim=(-1, 1), xlabel="unit", ylabel="correlation")
    a, b = (legible(task, 24) for task in pair.split(", "))
    title = (
        f"Gates of {a} and {b}, over many words: of {len(values)} units\n"
        f"{correlation['above']} open together (above 0.5), "
        f"{correlation['below']} in turn (below -0.5)"
    )
    ax.set_title(title, loc="left", fontsize=10, color=INK)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    ax.spines["left"].set_color(EDGE)
    ax.tick_params(colors=SLATE, length=0)
    ax.tick_params(axis="y", labelsize=8)
    ax.xaxis.label.set_color(SLATE)
    ax.yaxis.label.set_color(SLATE)
    return figure
