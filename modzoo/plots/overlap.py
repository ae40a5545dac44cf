import numpy as np

from modzoo.plots.palette import GRID, INK, SLATE
from modzoo.plots.style import SHADES, draw_scale, frame, ink_on, sheet, write
from modzoo.plots.writing import inches, legible, plainly

CELL = 0.36
MOST = 36  # modules


@plainly
def draw_overlap(labels, overlap):
    """Draws which part of their weights modules share, pair by pair.

    Args:
        labels: List of the modules' names; of more than `MOST` it draws the first.
        overlap: Array `(labels, labels)`, Jaccard indices.

    Returns:
        `matplotlib.figure.Figure`.
    """
    names = [legible(label, 20) for label in labels[:MOST]]
    n = len(names)
    values = np.array(overlap, float)[:n, :n]
    pairs = values[~np.eye(n, dtype=bool)]
    low, high = (pairs.min(), pairs.max()) if n > 1 else (0.0, 1.0)
    low, high = np.floor(20 * low - 1e-9) / 20, np.ceil(20 * high + 1e-9) / 20
    low, high = max(low, 0.0), max(min(high, 1.0), low + 0.05)
    longest = max(max(inches(name, 9) for name in names), 0.5)
    left, top = longest + 0.35, 1.75
    width = max(left + CELL * n + 0.3, 4.6)
    figure, ax = sheet(width, top + CELL * n + longest + 0.3)
    write(ax, 0.2, 0.3, "Which part of their weights modules share", 12)
    of = "" if n == len(labels) else f", the first {n} of {len(labels)} modules"
    write(ax, 0.2, 0.58, f"Weights in both by weights in either{of}, in per cent", 9, SLATE)
    marks = {0: f"{100 * low:.0f}", 1: f"{100 * high:.0f}"}
    draw_scale(ax, 0.2, 0.78, SHADES, "Jaccard index, %", marks)
    for i in range(n):
        y = top + CELL * (i + 0.5)
        write(ax, left - 0.1, y, names[i], 9, ha="right")
        for j in range(n):
            x = left + CELL * j
            if i == j:
                ax.add_patch(frame(x, top + CELL * i, CELL, CELL, fc=GRID))
                continue
            shade = np.clip((values[i, j] - low) / (high - low), 0, 1)
            ax.add_patch(frame(x, top + CELL * i, CELL, CELL, fc=SHADES(shade)))
            write(ax, x + CELL / 2, y, f"{100 * values[i, j]:.0f}", 8, ink_on(shade), "center")
        look = {"rotation": 90, "fontsize": 9, "ha": "center", "va": "top", "color": INK}
        ax.text(left + CELL * (i + 0.5), top + CELL * n + 0.1, names[i], **look)
    return figure
