import numpy as np

from modzoo.plots.drawing import Drawing
from modzoo.plots.palette import EDGE, GRID, INK, SLATE
from modzoo.plots.style import SHADES, ink_on
from modzoo.plots.writing import legible, plainly

MAX_TAGS = 50


@plainly
def draw_confusion(task, confusion):
    """Draws which tag was taken for which, as shares of the words with the gold tag: figure 5.

    Of more than `MAX_TAGS` tags it draws those of most words.

    Args:
        task: String, for the title.
        confusion: Dictionary of `"labels"` and `"counts"`, rows gold tags, columns predicted.

    Returns:
        `matplotlib.figure.Figure`.
    """
    counts = np.array(confusion["counts"])
    right, all_words = counts.trace(), counts.sum()
    words = counts.sum(1, keepdims=True)
    occurring = np.flatnonzero(counts.sum(0) + counts.sum(1))
    kept = np.sort(occurring[np.argsort(-words[occurring, 0], kind="stable")[:MAX_TAGS]])
    labels = [legible(confusion["labels"][i], 16) for i in kept]
    counts, words = counts[np.ix_(kept, kept)], words[kept]
    shares = np.divide(counts, words, out=np.zeros(counts.shape), where=words > 0)
    n = len(labels)
    size = max(3.0, 0.27 * n)
    figure = Drawing(figsize=(size + 1.8, size + 1.4), layout="constrained")
    ax = figure.subplots()
    ax.pcolormesh(shares, cmap=SHADES, vmin=0, vmax=1, edgecolors=GRID, linewidth=0.5)
    for i, j in zip(*np.nonzero(shares >= 0.05), strict=True):
        ax.text(
            *(j + 0.5, i + 0.5, f"{100 * shares[i, j]:.0f}"),
            ha="center",
            va="center",
            fontsize=7,
            color=ink_on(shares[i, j]),
        )
    ticks = np.arange(n) + 0.5
    ax.set_xticks(ticks, labels, rotation=90, fontsize=8)
    ax.set_yticks(ticks, labels, fontsize=8)
    for i, count in enumerate(words[:, 0]):
        ax.text(n + 0.3, i + 0.5, f"{count:,}", va="center", fontsize=7, color=SLATE)
    ax.text(n + 0.3, 0, "words", va="bottom", fontsize=7, color=SLATE)
    ax.set(xlim=(0, n), ylim=(n, 0), aspect="equal")
    ax.set_xlabel("predicted", color=SLATE)
    ax.set_ylabel("gold", color=SLATE)
    title = f"{legible(task, 24)}: of each gold tag, per cent predicted as\n"
    title += f"({100 * right / max(all_words, 1):.1f} % of all words are right"
    title += f"; the {n} most frequent of {len(occurring)} tags)" if n < len(occurring) else ")"
    ax.set_title(title, loc="left", fontsize=10, color=INK)
    ax.tick_params(length=0, colors=INK)
    ax.spines[:].set_color(EDGE)
    return figure
