import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from modzoo.plots.drawing import Drawing
from modzoo.plots.palette import BLUE, CREAM, INK, LINES, RED, SLATE
from modzoo.plots.style import draw_scale, frame, sheet, style_curves, write
from modzoo.plots.writing import inches, legible, plainly

SHARES = LinearSegmentedColormap.from_list("shares", [BLUE, CREAM, RED])
MAX_PICTURES = 8
GAP, HEAD, LEGEND, SCALE = 0.1, 0.1, 0.75, 4.8  # inches


@plainly
def draw_competition(record):
    """Draws pictures, and below each how much a mechanism took part in each pixel.

    A row for each layer; with more than two mechanisms one for each of them too (of two, the
    second one's share is what the first one leaves). Colours mean the same in all rows: pale is
    an even share. A row's label says how far its shares go.

    Args:
        record: Dictionary of `"pictures"`, uint8 `[picture][row][column]` of colours; `"sides"`,
            the names of what stands side by side in them; `"layers"`; `"competition"`,
            `[layer][picture][row][column][mechanism]`; and, if there are several sides,
            `"between_sides"`, for each layer the share of variance between them.

    Returns:
        `matplotlib.figure.Figure`.
    """
    pictures = np.array(record["pictures"], "uint8")[:MAX_PICTURES]
    top = " | ".join(legible(side, 16) for side in record["sides"])
    if len(pictures) < len(record["pictures"]):
        top += f"\nthe first {MAX_PICTURES} of {len(record['pictures'])}"
    rows = [(top, pictures, {}), *_maps(record)]
    height, width = pictures.shape[1:3]
    across = 1.1 * (width / height) ** 0.5
    down = across * height / width
    left = max(inches(line, 9) for label, *_ in rows for line in label.split("\n")) + 0.3
    whole = left + max((across + GAP) * len(pictures), SCALE) + 0.1
    step = max(down, 0.5) + GAP
    figure, ax = sheet(whole, HEAD + step * len(rows) + LEGEND)
    for i, (label, images, look) in enumerate(rows):
        y = HEAD + step * i
        write(ax, left - 0.12, y + down / 2, label, 9, ha="right")
        for j, image in enumerate(images):
            x = left + (across + GAP) * j
            box = (x, x + across, y + down, y)
            ax.imshow(image, interpolation="nearest", extent=box, aspect="auto", **look)
            ax.add_patch(frame(x, y, across, down))
    count = np.shape(record["competition"])[-1]
    draw_shares_scale(ax, left, HEAD + step * len(rows), count, "pixel")
    return figure


def _maps(record):
    """For each row its label, its pictures and their colours."""
    for place, layer in enumerate(record["layers"]):
        c = np.array(record["competition"][place])[:MAX_PICTURES]
        count = c.shape[-1]
        for mechanism in range(1 if count == 2 else count):
            shares = c[..., mechanism]
            label = f"layer {layer}, mechanism {mechanism}\n"
            label += f"shares {shares.min():.2f} to {shares.max():.2f}"
            if mechanism == 0 and "between_sides" in record:
                label += f"\nvariance between sides: {record['between_sides'][place]:.2f}"
            departures = np.interp(shares, [0, 1 / count, 1], [0, 0.5, 1])
            yield label, departures, {"cmap": SHARES, "vmin": 0, "vmax": 1}


def draw_shares_scale(ax, x, y, count, of):
    """Draws what `SHARES` mean on a `sheet`, where `count` mechanisms share an `of`."""
    if count == 2:
        label = f"share of mechanism 0 in a {of}; mechanism 1 has the rest"
        marks = {0: "0: mechanism 1 alone", 0.5: "0.5: both alike", 1: "1: mechanism 0 alone"}
    else:
        label = f"share of the row's mechanism in a {of}"
        marks = {0: "0: none", 0.5: f"{1 / count:.2g}: an even share", 1: "1: it alone"}
    draw_scale(ax, x, y, SHARES, label, marks, width=SCALE)


@plainly
def draw_sides(rows, names):
    """Draws over training how far the competition tells the sides apart: the paper's figure 2.

    Args:
        rows: For each epoch a dictionary of `"epoch"`, -1 before the first, and the shares.
        names: Names of the shares, `"between_sides_<layer>"`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    figure = Drawing(figsize=(5.2, 3.4), layout="constrained")
    ax = figure.subplots()
    epochs = [row["epoch"] + 1 for row in rows]
    looks = zip(np.resize(LINES, len(names)), np.resize(list("os^Dv*"), len(names)), strict=True)
    for name, (color, marker) in zip(names, looks, strict=True):
        values, label = [row[name] for row in rows], f"layer {name.rsplit('_', 1)[1]}"
        ax.plot(epochs, values, color=color, marker=marker, ms=4, label=label)
    ax.set(ylim=(-0.02, 1.02))
    ax.set_xlabel("epochs trained", color=SLATE, fontsize=9)
    title = "Share of the competition's variance that is between the sides"
    ax.set_title(title, loc="left", fontsize=10, color=INK)
    style_curves(ax)
    ax.legend(frameon=False, fontsize=9)
    return figure
