from matplotlib.ticker import MaxNLocator

from modzoo.plots.palette import BLUE, EDGE, GRID, INK, RED, SLATE
from modzoo.plots.style import sheet, write
from modzoo.plots.writing import inches, legible, plainly
from modzoo.training.written import difference, spread

MOST_ROWS, MOST_AXES, LETTERS = 60, 4, 56
TOP, ROW, FOOT, DOTS, GAP = 0.85, 0.32, 0.85, 4.6, 0.25  # inches
REACH = 0.95  # of the room for dots that they take up


@plainly
def draw_ablation(record):
    """Draws a figure of several settings, with each seed's run: the paper's figures 4 to 9.

    A row for each combination of settings, up to `MOST_ROWS`: a dot for each seed, the mean and
    its deviation; in numbers too, and the difference to the first row. Of more than `MOST_AXES`
    settings that vary the first are named.

    Args:
        record: What `modzoo.ablate` returns.

    Returns:
        `matplotlib.figure.Figure`.
    """
    metric, rows = record["metric"], record["rows"][:MOST_ROWS]
    columns = _columns(rows, metric)
    widths = [max(inches(text, 9) for text in column) + GAP for column in columns]
    left = 0.1 + sum(widths[:-2])
    places = [0.1 + sum(widths[:i]) for i in range(len(columns) - 2)]
    places += [left + DOTS + GAP, left + DOTS + GAP + widths[-2]]
    title = _title(record, len(rows))
    width = max(places[-1] + widths[-1], inches(title, 11) + 0.2, left + 6.2)
    figure, ax = sheet(width, TOP + ROW * len(rows) + FOOT)
    write(ax, 0.1, 0.2, title, 11)
    for x, column in zip(places, columns, strict=True):
        for line, text in enumerate(column):
            write(ax, x, TOP + ROW * (line - 0.5), text, 9, INK if line else SLATE)
    bottom = TOP + ROW * len(rows)
    if place := _draw_axis(ax, left, bottom, rows, metric):
        for line, row in enumerate(rows):
            _draw_row(ax, TOP + ROW * (line + 0.5), row, metric, place)
    _draw_legend(ax, left, bottom + 0.6)
    return figure


def _title(record, shown):
    title = f"{record['plan']['recipe']}: {record['metric'].replace('_', ' ')} on "
    title += f"{record['split']} ({record['examples']:,} examples)"
    if shown < len(record["rows"]):
        title += f"; the first {shown} of {len(record['rows']):,} rows"
    return legible(title, 100)


def _columns(rows, metric):
    """The columns of text, each below its head: settings, mean, difference."""
    names = list(rows[0]["shown"])[:MOST_AXES]
    columns = [
        [
            legible(text, LETTERS // len(names))
            for text in (name.replace("_", " "), *(row["shown"][name] for row in rows))
        ]
        for name in names
    ]
    means = [spread(row["metrics"].get(metric), row["deviation"].get(metric)) for row in rows]
    columns.append(["mean ± deviation", *means])
    columns.append(["difference", "", *(difference(row, metric)[0] for row in rows[1:])])
    return columns


def _draw_axis(ax, x, y, rows, metric):
    """Draws the scale of the figure below the rows; returns the place of a value on it, or None
    where there is no value."""
    values = [v for row in rows for v in _values(row, metric)]
    if not values:
        return None
    low, high = min(values), max(values)
    room = (high - low) or abs(high) / 10 or 1.0

    def place(value):
        return x + DOTS * (0.5 + REACH * ((value - low) / room - 0.5 * (high - low) / room))

    for tick in MaxNLocator(nbins=4).tick_values(low, high if high > low else low + room):
        if x <= place(tick) <= x + DOTS:
            ax.plot([place(tick)] * 2, [TOP, y], color=GRID, lw=1, zorder=0)
            write(ax, place(tick), y + 0.15, f"{tick:.4g}", 8, SLATE, "center")
    ax.plot([x, x + DOTS], [y, y], color=EDGE, lw=0.8)
    first = rows[0]["metrics"].get(metric)
    if first is not None:
        ax.plot([place(first)] * 2, [TOP, y], color=SLATE, lw=0.8, ls=":", zorder=1)
    return place


def _values(row, metric):
    """The values that a row's drawing reaches."""
    found = [run[metric] for run in row["runs"] if run.get(metric) is not None]
    mean, deviation = row["metrics"].get(metric), row["deviation"].get(metric) or 0
    return found if mean is None else [*found, mean - deviation, mean + deviation]


def _draw_row(ax, y, row, metric, place):
    found = [run[metric] for run in row["runs"] if run.get(metric) is not None]
    ax.plot([place(v) for v in found], [y] * len(found), "o", ms=5, color=BLUE, alpha=0.45, mew=0)
    mean, deviation = row["metrics"].get(metric), row["deviation"].get(metric) or 0
    if mean is not None:
        ends = [place(mean - deviation), place(mean + deviation)]
        ax.plot(ends, [y, y], color=RED, lw=1.5, zorder=3)
        ax.plot([place(mean)], [y], "|", ms=11, mew=2, color=RED, zorder=4)


def _draw_legend(ax, x, y):
    ax.plot([x + 0.1], [y], "o", ms=5, color=BLUE, alpha=0.45, mew=0)
    write(ax, x + 0.25, y, "a seed's run", 9)
    ax.plot([x + 1.4, x + 1.8], [y, y], color=RED, lw=1.5)
    ax.plot([x + 1.6], [y], "|", ms=11, mew=2, color=RED)
    write(ax, x + 1.95, y, "mean and deviation", 9)
    ax.plot([x + 3.7, x + 4.0], [y, y], color=SLATE, lw=0.8, ls=":")
    write(ax, x + 4.1, y, "the first row's mean", 9)
