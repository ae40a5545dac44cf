import numpy as np

from modzoo.plots.competition import SHARES
from modzoo.plots.drawing import Drawing
from modzoo.plots.palette import BLUE, EDGE, INK, PALE_BLUE, SLATE
from modzoo.plots.writing import legible, plainly

LOUD, QUIET = -20, -90  # decibels
PERCENTILES = "10, 25, 50, 75 and 90 % of the frames"


@plainly
def draw_enhancement(record):
    """Draws spectra of a sound before and after, and below them which mechanism took part when:
    the paper's figure 3.

    Args:
        record: Dictionary of `"input"`; `"start"`; `"frame_seconds"`; `"spectra"`, by name
            `[frame][frequency]` in decibels, from 0 to 8 kHz; `"layers"`; and, unless there are
            none, `"competition"`, `[layer][frame][mechanism]`; `"entropy"`, percentiles of each
            layer; and `"correlation"`, `[layer][layer]`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    spectra, layers = record["spectra"], record["layers"]
    rows = [*_bands(record)] if layers else []
    heights = [1.3] * len(spectra) + [0.3] * len(rows) + ([2.2] if layers else [])
    figure = Drawing(figsize=(9, sum(heights) + 0.35 * len(heights)), layout="constrained")
    grid = figure.add_gridspec(len(heights), 2, height_ratios=heights)
    frames = len(next(iter(spectra.values())))
    end = record["start"] + frames * record["frame_seconds"]
    box = (record["start"], end, 0, 8)
    for i, (name, decibels) in enumerate(spectra.items()):
        ax = figure.add_subplot(grid[i, :])
        image = ax.imshow(
            np.array(decibels).T, origin="lower", extent=box, aspect="auto", vmin=QUIET, vmax=LOUD
        )
        _label(ax, f"{name}\nkHz", is_last=i == len(spectra) - 1 and not rows)
        if i == 0:
            title = f"{legible(str(record['input']), 60)}: loudness of each frequency"
            ax.set_title(title, loc="left", fontsize=10, color=INK)
    bar = figure.colorbar(image, ax=figure.axes, shrink=0.6)
    bar.ax.tick_params(labelsize=7, colors=SLATE, length=2)
    bar.set_label("dB of full scale", fontsize=8, color=SLATE)
    for i, (label, shares, even) in enumerate(rows):
        ax = figure.add_subplot(grid[len(spectra) + i, :])
        departures = np.interp(shares, [0, even, 1], [0, 0.5, 1])[None]
        ax.imshow(departures, extent=(*box[:2], 0, 1), aspect="auto", cmap=SHARES, vmin=0, vmax=1)
        _label(ax, label, is_last=i == len(rows) - 1)
        ax.set_yticks([])
        if i == 0:
            title = "Share of a mechanism in a frame: red, it alone; pale, all alike; blue, others"
            ax.set_title(title, loc="left", fontsize=9, color=INK)
    if layers:
        _draw_correlation(figure.add_subplot(grid[-1, 0]), record)
        _draw_entropy(figure.add_subplot(grid[-1, 1]), record)
    return figure


def _bands(record):
    """For each layer, and with more than two mechanisms for each of them, a label, the shares of
    all frames, and an even share."""
    for layer, c in zip(record["layers"], record["competition"], strict=True):
        c = np.array(c)
        count = c.shape[-1]
        for mechanism in range(1 if count == 2 else count):
            yield f"layer {layer}, {mechanism}", c[:, mechanism], 1 / count


def _label(ax, text, is_last):
    ax.set_ylabel(text, rotation=0, ha="right", va="center", fontsize=8, color=SLATE)
    ax.tick_params(colors=SLATE, labelsize=7, length=2)
    ax.tick_params(axis="x", labelbottom=is_last)
    if is_last:
        ax.set_xlabel("seconds", fontsize=8, color=SLATE)


def _draw_correlation(ax, record):
    values, layers = np.array(record["correlation"]), record["layers"]
    ax.imshow(values, cmap=SHARES, vmin=-1, vmax=1)
    for (row, column), value in np.ndenumerate(values):
        ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7, color=INK)
    ax.set_xticks(range(len(layers)), layers, fontsize=8)
    ax.set_yticks(range(len(layers)), layers, fontsize=8)
    ax.tick_params(colors=SLATE, length=0)
    title = "Correlation of the share of mechanism 0\nbetween layers"
    ax.set_title(title, loc="left", fontsize=9, color=INK)


def _draw_entropy(ax, record):
    values = np.array(record["entropy"])  # (layers, percentiles)
    places = range(len(record["layers"]))
    ax.plot(places, values, color=PALE_BLUE, lw=1)
    ax.plot(places, values[:, values.shape[1] // 2], color=BLUE, marker="o", ms=4)
    ax.set_xticks(places, record["layers"], fontsize=8)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("layer", fontsize=8, color=SLATE)
    ax.set_title(
        f"Entropy of the competition in bits:\n{PERCENTILES}", loc="left", fontsize=9, color=INK
    )
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(EDGE)
    ax.tick_params(colors=SLATE, labelsize=8)
