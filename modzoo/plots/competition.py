import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from modzoo.plots.palette import BLUE, CREAM, EDGE, FAINT, INK, LINES, RED
from modzoo.plots.style import add_colorbar, style_curves

SHARES = LinearSegmentedColormap.from_list("shares", [BLUE, CREAM, RED])
MAX_PICTURES = 12


def draw_competition(record):
    """Draws pictures, and below each how much a mechanism took part in each pixel.

    A row for each layer; with more than two mechanisms one for each of them too (of two, the
    second one's share is what the first one leaves). At an even share a pixel is pale; the
    colours of a row reach to its largest departure from that, and its label says how far the
    shares go.

    Args:
        record: Dictionary of `"pictures"`, uint8 `[picture][row][column]` of colours; `"layers"`;
            `"competition"`, `[layer][picture][row][column][mechanism]`; and, if there are
            sides, `"between_sides"`, for each layer the share of variance between them.

    Returns:
        `matplotlib.figure.Figure`.
    """
    pictures = np.array(record["pictures"], "uint8")[:MAX_PICTURES]
    maps = []
    for place, layer in enumerate(record["layers"]):
        c = np.array(record["competition"][place])[:MAX_PICTURES]
        count = c.shape[-1]
        for mechanism in range(1 if count == 2 else count):
            shares = c[..., mechanism]
            label = (
                f"layer {layer}, mechanism {mechanism}\n{shares.min():.2f} to {shares.max():.2f}"
            )
            if mechanism == 0 and "between_sides" in record:
                label += f"\nbetween sides: {record['between_sides'][place]:.2f}"
            maps.append((label, shares - 1 / count))
    height, width = pictures.shape[1:3]
    across = 1.1 * (width / height) ** 0.5
    down = across * height / width
    figure = Figure(figsize=(across * len(pictures) + 2.6, down * (len(maps) + 1) * 1.08 + 0.1))
    axes = figure.subplots(len(maps) + 1, len(pictures), squeeze=False)
    for ax, picture in zip(axes[0], pictures, strict=True):
        ax.imshow(picture, interpolation="nearest")
    for row, (label, departures) in zip(axes[1:], maps, strict=True):
        most = max(np.abs(departures).max(), 1e-6)
        for ax, departure in zip(row, departures, strict=True):
            ax.imshow(departure, cmap=SHARES, vmin=-most, vmax=most, interpolation="nearest")
        row[0].set_ylabel(
            label, rotation=0, ha="right", va="center", fontsize=9, color=INK, labelpad=8
        )
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_color(EDGE)
    figure.subplots_adjust(wspace=0.06, hspace=0.08, left=0.18, right=0.92, top=0.98, bottom=0.02)
    labels = ["least", "even share", "most"]
    add_colorbar(figure, list(axes.flat), SHARES, labels, shrink=0.6, pad=0.02, aspect=20)
    return figure


def draw_sides(rows, names):
    """Draws over training how far the competition tells the sides apart: the paper's figure 2.

    Args:
        rows: For each epoch a dictionary of `"epoch"`, -1 before the first, and the shares.
        names: Names of the shares, `"between_sides_<layer>"`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    ax = figure.subplots()
    epochs = [row["epoch"] + 1 for row in rows]
    for name, color in zip(names, np.resize(LINES, len(names)), strict=True):
        label = f"layer {name.rsplit('_', 1)[1]}"
        ax.plot(epochs, [row[name] for row in rows], "o-", ms=3, color=color, label=label)
    ax.set(xlabel="epochs trained", ylim=(0, 1), ylabel="share of variance between sides")
    style_curves(ax)
    ax.tick_params(colors=FAINT)
    return figure
