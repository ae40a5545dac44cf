import numpy as np

from modzoo.data.picture_files import full_columns
from modzoo.plots.drawing import Drawing
from modzoo.plots.palette import BLUE, EDGE, INK, RED, SLATE
from modzoo.plots.style import sheet, style_curves, write
from modzoo.plots.writing import inches, legible, plainly

SPLITS = {"training": ("", BLUE, "o"), "validation": ("val_", RED, "s")}


@plainly
def draw_history(rows):
    """Draws training and validation figures against epochs; of one epoch it writes them.

    Args:
        rows: What `history.csv` holds: for each epoch a dictionary of `"epoch"`, figures,
            and figures on the validation split, `"val_<figure>"`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    names = dict.fromkeys(name for row in rows for name in row if name != "epoch")
    names = list(dict.fromkeys(name.removeprefix("val_") for name in names))
    if len(rows) == 1:
        return _draw_table(rows[0], names)
    columns = full_columns(len(names))
    lines = -(-len(names) // columns)
    figure = Drawing(figsize=(3.7 * columns, 2.6 * lines + 0.3), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).flat
    epochs = [row["epoch"] + 1 for row in rows]
    for name, ax in zip(names, panels, strict=False):
        for split, (prefix, color, marker) in SPLITS.items():
            if any(prefix + name in row for row in rows):
                values = [row.get(prefix + name, np.nan) for row in rows]
                look = {"color": color, "marker": marker, "ms": 3.5}
                ax.plot(epochs, values, label=split, **look)
        ax.set_title(_words(name), loc="left", fontsize=10, color=INK)
        ax.set_xlabel("epoch", color=SLATE, fontsize=9)
        margin = 0.05 * (epochs[-1] - epochs[0])
        ax.set_xlim(epochs[0] - margin, epochs[-1] + margin)
        style_curves(ax)
        if not np.isfinite([line.get_ydata() for line in ax.lines]).any():
            ax.set_yticks([])
            ax.text(0.5, 0.5, "never a number", transform=ax.transAxes, ha="center", color=INK)
    for ax in panels:
        ax.axis("off")
    handles = {line.get_label(): line for ax in figure.axes for line in ax.lines}
    labels = [split for split in SPLITS if split in handles]
    handles = [handles[split] for split in labels]
    figure.legend(handles, labels, loc="outside upper left", ncols=2, frameon=False, fontsize=9)
    return figure


def _draw_table(row, names):
    first = max(inches(_words(name), 10) for name in names) + 0.3
    ends = [first + 1.1 * (i + 1) for i in range(len(SPLITS))]
    figure, ax = sheet(max(ends[-1] + 0.2, 3.6), 0.28 * len(names) + 0.9)
    write(ax, 0.1, 0.2, f"After epoch {int(row['epoch']) + 1}", 11)
    for end, (split, (prefix, color, _)) in zip(ends, SPLITS.items(), strict=True):
        write(ax, end, 0.55, split, 9, color, ha="right")
        for i, name in enumerate(names):
            value = row.get(prefix + name)
            text = "" if value is None else f"{value:.4f}"
            write(ax, end, 0.82 + 0.28 * i, text, ha="right")
    for i, name in enumerate(names):
        ax.plot([0.1, ends[-1]], [0.68 + 0.28 * i] * 2, color=EDGE, lw=0.8)
        write(ax, 0.1, 0.82 + 0.28 * i, _words(name))
    return figure


def _words(name):
    return legible(name.replace("_", " "), 32)
