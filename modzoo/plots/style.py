"""What several drawings do alike."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from modzoo.plots.drawing import Drawing
from modzoo.plots.palette import BLUE, EDGE, INK, NIGHT, PALE_BLUE, SLATE

SHADES = LinearSegmentedColormap.from_list("shades", ["white", PALE_BLUE, BLUE, NIGHT])  # 0 to 1


def ink_on(share):
    """The colour of what is written on `SHADES(share)`."""
    return "white" if share > 0.55 else INK


def sheet(width, height):
    """A figure and its one axes, unseen, whose units are inches from the upper left corner."""
    figure = Drawing(figsize=(width, height))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(height, 0))
    ax.axis("off")
    return figure, ax


def write(ax, x, y, text, size=10, color=INK, ha="left"):
    """Writes a line of text on a `sheet` whose middle is at the height `y`."""
    ax.text(x, y, text, fontsize=size, color=color, ha=ha, va="center")


def draw_scale(ax, x, y, colormap, label, marks, width=1.8):
    """Draws what colours mean on a `sheet`, 0.6 inches high: a bar from 0 to 1 with words.

    Args:
        ax: The axes.
        x, y: Upper left corner.
        colormap: The `matplotlib.colors.Colormap`.
        label: String above the bar.
        marks: `{place along the bar from 0 to 1: string below it}`.
        width: Of the bar.
    """
    write(ax, x, y + 0.1, label, 9)
    box = (x, x + width, y + 0.38, y + 0.22)
    ax.imshow(np.linspace(0, 1, 256)[None], cmap=colormap, extent=box, aspect="auto")
    ax.add_patch(frame(x, y + 0.22, width, 0.16))
    sides = {0: "left", 1: "right"}
    for place, mark in marks.items():
        write(ax, x + place * width, y + 0.5, mark, 8, SLATE, sides.get(place, "center"))


def lines_within(widths, room):
    """The places of things of such widths, in lines no wider than `room`."""
    lines, used = [[]], 0.0
    for place, width in enumerate(widths):
        if lines[-1] and used + width > room:
            lines.append([])
            used = 0.0
        lines[-1].append(place)
        used += width
    return lines


def frame(x, y, width, height, **look):
    """A quiet rectangle, empty unless `look` fills it."""
    return Rectangle((x, y), width, height, **{"fill": bool(look), "ec": EDGE, "lw": 0.7, **look})


def style_curves(ax):
    """Whole numbers of epochs across, figures in full, two spines alone."""
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    ax.ticklabel_format(axis="y", useOffset=False)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=SLATE, labelsize=9)
