from itertools import chain, combinations

import numpy as np

from modzoo.plots.fixed_gates import draw_fixed_gates
from modzoo.plots.palette import BLUE, PALE_BLUE, SLATE
from modzoo.plots.style import SHADES, draw_scale, frame, sheet, write
from modzoo.plots.tagged_words import ROW, TASK_LETTERS, column_width, shown_words, title_of
from modzoo.plots.writing import inches, legible, plainly

OPEN = 0.5  # from where a gate counts as open
ORDER = (
    "The units stand in the same order for each task, by the tasks for which their gates are open "
    "(0.5 or more, on average over these words)."
)
# Inches.
UNIT, WIDEST, GAP, BARS = 0.11, 7.9, 0.12, 1.3
HEAD, BRACKETS, NUMBERS, LEGEND = 0.65, 0.65, 0.45, 0.7


@plainly
def draw_gates(record):
    """Draws how open each task's gate of each unit was at each word: the paper's figure 6.

    Words go down, each with its tag, and units across, in the same order for all tasks: those
    that serve all tasks, those of some, of one and of none. A unit serves a task whose gate of
    it is at least half open, on average over the words. Bars show how many of its own units, which
    serve no other task, a task has open at each word. Where gates are not learned, and so are alike
    at every word, words say what is read.

    Args:
        record: Dictionary of `"tokens"`, a list; `"tasks"`, their names; for each task its
            tags, a list along the tokens; `"gates"`, `{task: for each token the list of
            its gates in [0, 1]}`; and `"gate_mode"`, that of the model's `TaskGate`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    if record["gate_mode"] != "learned":
        return draw_fixed_gates(record)
    words, tags = shown_words(record)
    gates = {task: np.array(record["gates"][task][: len(words)]) for task in tags}
    tag_width = column_width(chain(*tags.values()))
    x = left = 0.1 + tag_width + column_width(words)
    columns, unit = [], min(UNIT, WIDEST / next(iter(gates.values())).shape[1])
    for tasks, units in unit_groups(gates).items():
        name = f"{_name(tasks, record['tasks'])} ({len(units)})"
        width = max(unit * len(units), inches(name, 9))
        columns.append((tasks, name, units, x, width))
        x += width + GAP
    panel = BRACKETS + ROW * len(words) + NUMBERS
    figure, ax = sheet(max(x + BARS + 0.5, 9), HEAD + panel * len(tags) + LEGEND)
    write(ax, 0.1, 0.18, title_of(record, "Gates"), 11)
    write(ax, 0.1, 0.44, ORDER, 9, SLATE)
    for i, task in enumerate(tags):
        top = HEAD + panel * i + BRACKETS
        write(ax, 0.1, top - 0.2, legible(task, TASK_LETTERS), 11)
        for j, word in enumerate(words):
            write(ax, 0.1, top + ROW * (j + 0.5), tags[task][j], color=SLATE)
            write(ax, 0.1 + tag_width, top + ROW * (j + 0.5), word)
        for tasks, *column in columns:
            _draw_group(ax, top, gates[task], *column)
            if tasks == (task,):
                _draw_bars(ax, x, top, gates[task][:, column[1]])
    draw_scale(ax, left, HEAD + panel * len(tags), SHADES, "gate", {0: "0: closed", 1: "1: open"})
    return figure


def unit_groups(gates):
    """The units by the tasks that they serve: `{tasks: units}`, the most tasks first.

    Args:
        gates: `{task: array (words, units)}`.

    Returns:
        Dictionary whose keys are tuples of tasks and whose values are arrays of units, the most
        open first; a unit serves a task if its gate is at least half open on average.
    """
    means = np.array([rows.mean(0) for rows in gates.values()])
    numbers, groups = range(len(gates)), {}
    for chosen in chain(
        *(combinations(numbers, size) for size in reversed([*numbers, len(gates)]))
    ):
        serves = np.isin(numbers, chosen)[:, None]
        units = np.flatnonzero(((means >= OPEN) == serves).all(0))
        if len(units):
            order = np.argsort(-means[:, units].max(0), kind="stable")
            groups[tuple(list(gates)[i] for i in chosen)] = units[order]
    return groups


def _name(tasks, all_tasks):
    """What a group of units is called that serves `tasks`."""
    if not tasks:
        return {1: "closed", 2: "neither"}.get(len(all_tasks), "none")
    if len(tasks) == len(all_tasks):
        return {1: "open", 2: "both"}.get(len(all_tasks), "all")
    names = " and ".join(legible(task, TASK_LETTERS) for task in tasks)
    return f"{names} alone" if len(tasks) == 1 else names


def _draw_group(ax, top, gates, name, units, x, width):
    """Draws the gates of a group of units under a bracket that names it."""
    unit, bottom = width / len(units), top + ROW * len(gates)
    write(ax, x + width / 2, top - 0.2, name, 9, ha="center")
    foot, bar = top - 0.03, top - 0.09
    ax.plot([x, x, x + width, x + width], [foot, bar, bar, foot], color=SLATE, lw=0.8)
    across = x + unit * np.arange(len(units) + 1)
    down = top + ROW * np.arange(len(gates) + 1)
    look = {"cmap": SHADES, "vmin": 0, "vmax": 1, "ec": "white", "lw": 0.6 if unit > 0.05 else 0}
    ax.pcolormesh(across, down, gates[:, units], **look)
    ax.add_patch(frame(x, top, width, bottom - top))
    if unit >= UNIT:
        for i, number in enumerate(units):
            place = (x + unit * (i + 0.5), bottom + 0.05, str(number))
            ax.text(*place, rotation=90, ha="center", va="top", fontsize=7, color=SLATE)


def _draw_bars(ax, x, top, gates):
    """Draws how many of the units whose `gates` these are, a task's own, are open at each word."""
    write(ax, x, top - 0.36, "its own units", 9)
    write(ax, x, top - 0.2, f"open, of {gates.shape[1]}", 9)
    counts = (gates >= OPEN).sum(1)
    for i, count in enumerate(counts):
        y, length = top + ROW * (i + 0.5), BARS * count / gates.shape[1]
        color = BLUE if count == counts.max() else PALE_BLUE
        ax.barh(y, length, 0.62 * ROW, left=x, color=color)
        write(ax, x + length + 0.06, y, str(count), 8)
