import numpy as np

from modzoo.plots.palette import SLATE
from modzoo.plots.style import SHADES, frame, ink_on, sheet, write
from modzoo.plots.writing import legible, plainly

CELL, ROW, UNITS = 0.62, 0.28, 2.4  # inches: width of a module, of a row of words, of a layer
WRITTEN = 1.3  # width of a module that writes words
HUE = 0.6  # of `SHADES`, for a unit that a module has
MOST = 20  # modules that are drawn
LONGEST = 24  # rows of words


@plainly
def draw_modules(labels, rows, yes, units, written=None):
    """Draws what the modules of a network said, above the units that each of them has.

    A column is a module. Units are in order of how many modules have them, so that those that all
    share are on top. Of more than `MOST` modules it draws those that said yes most.

    Args:
        labels: List of the modules' names.
        rows: List of what they were asked of, words or one text.
        yes: Array `(rows, modules)`, probabilities.
        units: `{layer: array (units, modules)}`, the shares of the steps at which a module has a
            unit.
        written: List of lists `(rows, modules)` of words, which modules wrote in the place of yes.
            Default: they said yes or no.

    Returns:
        `matplotlib.figure.Figure`.
    """
    yes = np.array(yes, float).reshape(-1, len(labels))[:LONGEST]
    kept = np.sort(np.argsort(-yes.max(0), kind="stable")[:MOST])
    cell = CELL if written is None else WRITTEN
    left, top = 1.7, 2.1
    width = left + max(cell * len(kept), 7 * CELL) + 0.3
    height = top + ROW * len(yes) + 0.5 + len(units) * (UNITS + 0.55)
    figure, ax = sheet(width, height)
    said = "Which modules said yes" if written is None else "What each module wrote"
    write(ax, 0.2, 0.3, f"{said}, and the units that each of them has", 12)
    meaning = "Blue: the module has the unit. Below: the share of the layer that it has"
    if written is not None:
        meaning = "The darker, the surer. Blue: it has the unit. Below: its share of the layer"
    if len(kept) < len(labels):
        meaning = f"{len(kept)} of {len(labels)} modules. {meaning}"
    write(ax, 0.2, 0.55, meaning, 9, SLATE)
    for column, i in enumerate(kept):
        x = left + cell * (column + 0.5)
        name = legible(labels[i], 14)
        ax.text(x, top - 0.1, name, rotation=90, fontsize=8, ha="center", va="bottom", color=SLATE)
    for i, row in enumerate(yes):
        y = top + ROW * i
        write(ax, left - 0.1, y + ROW / 2, legible(rows[i], 11), 9, ha="right")
        for column, share in enumerate(row[kept]):
            x = left + cell * column
            said = f"{share:.2f}" if written is None else legible(written[i][kept[column]], 16)
            ax.add_patch(frame(x, y, cell, ROW, fc=SHADES(share)))
            write(ax, x + cell / 2, y + ROW / 2, said, 8, ink_on(share), "center")
    y = top + ROW * len(yes) + 0.5
    for layer, shares in units.items():
        _draw_units(ax, left, y, layer, np.array(shares, float), kept, cell)
        y += UNITS + 0.55
    return figure


def _draw_units(ax, x, y, layer, shares, kept, cell):
    """A layer's units, those that most modules have on top, from the upper left corner."""
    order = np.argsort(-shares.sum(1), kind="stable")
    shown = shares[np.ix_(order, kept)]
    width = cell * len(kept)
    ax.imshow(
        HUE * shown,
        cmap=SHADES,
        vmin=0,
        vmax=1,
        extent=(x, x + width, y + UNITS, y),
        aspect="auto",
        interpolation="nearest",
    )
    ax.add_patch(frame(x, y, width, UNITS))
    write(ax, x, y - 0.14, f"{legible(layer, 30)}, {len(shares)} units", 8, SLATE)
    for column, share in enumerate(shares.mean(0)[kept]):
        middle = x + cell * (column + 0.5)
        write(ax, middle, y + UNITS + 0.14, f"{100 * share:.0f} %", 8, SLATE, "center")
