import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from modzoo.plots.palette import BLUE, EDGE, FAINT, GRID, INK, NIGHT, PALE_BLUE

SHADES = LinearSegmentedColormap.from_list("shades", ["white", PALE_BLUE, BLUE, NIGHT])


def draw_confusion(task, confusion):
    """Draws which tag was taken for which, as shares of the words with the gold tag: figure 5.

    Args:
        task: String, for the title.
        confusion: Dictionary of `"labels"` and `"counts"`, rows gold tags, columns predicted.

    Returns:
        `matplotlib.figure.Figure`.
    """
    counts = np.array(confusion["counts"])
    kept = np.flatnonzero(counts.sum(0) + counts.sum(1))
    counts, labels = counts[np.ix_(kept, kept)], [confusion["labels"][i] for i in kept]
    words = counts.sum(1, keepdims=True)
    shares = np.divide(counts, words, out=np.zeros(counts.shape), where=words > 0)
    n = len(labels)
    size = max(3.0, 0.27 * n)
    figure = Figure(figsize=(size + 1.8, size + 1.4), layout="constrained")
    ax = figure.subplots()
    ax.pcolormesh(shares, cmap=SHADES, vmin=0, vmax=1, edgecolors=GRID, linewidth=0.5)
    for i, j in zip(*np.nonzero(shares >= 0.05), strict=True):
        color = "white" if shares[i, j] > 0.45 else INK
        ax.text(
            *(j + 0.5, i + 0.5, f"{100 * shares[i, j]:.0f}"),
            ha="center",
            va="center",
            fontsize=6.5,
            color=color,
        )
    ticks = np.arange(n) + 0.5
    ax.set_xticks(ticks, labels, rotation=90, fontsize=8)
    ax.set_yticks(ticks, labels, fontsize=8)
    for i, count in enumerate(words[:, 0]):
        ax.text(n + 0.3, i + 0.5, f"{count:,}", va="center", fontsize=7, color=FAINT)
    ax.set(xlim=(0, n), ylim=(n, 0), aspect="equal")
    ax.set_xlabel("predicted", color=FAINT)
    ax.set_ylabel("gold", color=FAINT)
    right = counts.trace() / max(counts.sum(), 1)
    title = (
        f"{task}: of each gold tag, per cent predicted as ({100 * right:.1f} % of all are right)"
    )
    ax.set_title(title, loc="left", fontsize=10, color=INK)
    ax.tick_params(length=0, colors=INK)
    ax.spines[:].set_color(EDGE)
    return figure
