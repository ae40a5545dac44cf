import numpy as np

from modzoo.plots.palette import SLATE
from modzoo.plots.style import SHADES, frame, sheet, write
from modzoo.plots.writing import inches, legible, plainly

ROW, WIDTH = 0.25, 8.5  # inches: height of a module, width of a layer
HUE = 0.6  # of `SHADES`, for a unit that a module has
HEIGHT = 25  # of all layers


@plainly
def draw_units(labels, units):
    """Draws which module has which unit, a band a layer, a row a module.

    Units are in order of how many modules have them, so that those that all share are on the left.
    Of more modules than there is room for it draws the first.

    Args:
        labels: List of the modules' names.
        units: `{layer: {label: array (units,)}}`, the shares of the steps at which a module has a
            unit.

    Returns:
        `matplotlib.figure.Figure`.
    """
    units = dict(list(units.items())[:12])
    most = max(1, int((HEIGHT / len(units) - 0.7) / ROW))
    shown = labels[:most]
    names = {label: legible(label, 24) for label in shown}
    left = 0.4 + max(max(inches(name, 9) for name in names.values()), 0.6)
    bands = [[label for label in shown if label in own] for own in units.values()]
    height = 1.1 + sum(0.7 + ROW * len(band) for band in bands)
    figure, ax = sheet(left + WIDTH + 1.0, height)
    write(ax, 0.2, 0.3, "Which module has which unit", 12)
    meaning = "Blue: the module has the unit. Units that most modules have are on the left."
    if any(((share > 0) & (share < 1)).any() for share in _shares(units)):
        meaning = meaning.replace("unit.", "unit, the paler, the fewer steps.", 1)
    if len(shown) < len(labels):
        meaning = f"The first {len(shown)} of {len(labels)} modules. {meaning}"
    write(ax, 0.2, 0.6, meaning, 9, SLATE)
    y = 1.3
    for (layer, own), band in zip(units.items(), bands, strict=True):
        if band:
            shares = np.array([own[label] for label in band], float)
            _draw_layer(ax, left, y, layer, shares, [names[label] for label in band])
        y += 0.7 + ROW * len(band)
    return figure


def _shares(units):
    return [np.array(share, float) for own in units.values() for share in own.values()]


def _draw_layer(ax, x, y, layer, shares, names):
    order = np.argsort(-shares.sum(0), kind="stable")
    height = ROW * len(names)
    write(ax, x, y - 0.15, f"{legible(layer, 40)}, {shares.shape[1]} units", 9, SLATE)
    write(ax, x + WIDTH + 0.7, y - 0.15, "kept", 9, SLATE, "right")
    ax.imshow(
        HUE * shares[:, order],
        cmap=SHADES,
        vmin=0,
        vmax=1,
        extent=(x, x + WIDTH, y + height, y),
        aspect="auto",
        interpolation="nearest",
    )
    for i, (name, share) in enumerate(zip(names, shares.mean(1), strict=True)):
        middle = y + ROW * (i + 0.5)
        if i:
            ax.plot([x, x + WIDTH], [y + ROW * i] * 2, color="white", lw=1.5, zorder=1)
        write(ax, x - 0.12, middle, name, 9, ha="right")
        write(ax, x + WIDTH + 0.7, middle, f"{100 * share:.0f} %", 9, ha="right")
    ax.add_patch(frame(x, y, WIDTH, height, fill=False, zorder=2))
