"""What several drawings do alike."""

from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from modzoo.plots.palette import INK


def shorten(word, most):
    """A word of at most `most` characters, the last one an ellipsis where it was longer."""
    return word if len(word) <= most else word[: most - 1] + "…"


def add_colorbar(figure, axes, colormap, labels, **layout):
    """Adds a quiet bar of colours beside `axes`.

    Args:
        figure: The `matplotlib.figure.Figure`.
        axes: List of axes.
        colormap: The `matplotlib.colors.Colormap`.
        labels: Three strings, of its beginning, middle and end.
        **layout: What `Figure.colorbar` takes, such as `pad`.
    """
    bar = figure.colorbar(ScalarMappable(Normalize(-1, 1), colormap), ax=axes, **layout)
    bar.set_ticks([-1, 0, 1], labels=labels)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=9, colors=INK, length=0)


def style_curves(ax):
    """Whole numbers of epochs across, two spines alone, and a legend without a frame."""
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
