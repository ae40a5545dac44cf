from itertools import pairwise

import numpy as np

from modzoo.plots.palette import BLUE, INK, SLATE
from modzoo.plots.style import SHADES, draw_scale, frame, ink_on, sheet, write
from modzoo.plots.writing import inches, legible, plainly

MAX_STEPS, MAX_ROUTES, TASK_LETTERS, STEP_LETTERS = 28, 40, 24, 12
READS = 0.5  # share of the steps from which on a task counts as a reader
SHARES_TEXT = (
    "Of all that a task reads, each sub-encoder's part in per cent: a row adds up to 100. The "
    "darker, the more often it is read.",
    "A sub-encoder is LAYER:NUMBER; those of layer 1 read those of layer 0. Below: which tasks "
    "read one at half of the steps or more.",
)
STEPS_TEXT = (
    "The same from step to step: a grid a step, a column a layer, a row a sub-encoder. The darker, "
    "the more of the task's examples read it then."
)
EXAMPLE_TEXT = "One example of {}: dark where a route is open. First what its task reads.{}"
# Inches.
HEAD, LINE, SMALL, GAP, ROUTE, LEGEND = 0.35, 0.24, 0.15, 0.08, 0.15, 0.75
CELL, WIDEST, GRID, TALL = 0.62, 11, 0.38, 0.8


@plainly
def draw_routes(tasks, rates, routes=None, reads=None, example_task=None, steps=None):
    """Draws which tasks read which sub-encoders, over all steps and at each: the paper's figure 4.

    Below a table of the tasks' shares, and sentences on who reads what, stand the patterns of each
    task from step to step and, if there are some, the routes of one example.

    Args:
        tasks: List of their names.
        rates: Array `(tasks, steps, layers, modules)`: of the examples of a task, the share whose
            decoder reads a sub-encoder at a step.
        routes: Array `(steps, layers, sources, modules)` of one example, 1 where the sub-encoder
            reads the source.
        reads: Array `(steps, layers, modules)` of the same example, 1 where its task reads it.
        example_task: Name of the example's task.
        steps: List of what to write at the steps, such as words. Default: their numbers, from 1.

    Returns:
        `matplotlib.figure.Figure`.
    """
    rates = np.asarray(rates, "float64")
    count, length, layers, modules = rates.shape
    names = [legible(task, TASK_LETTERS) for task in tasks]
    marks = [legible(str(s), STEP_LETTERS) for s in steps or range(1, length + 1)][:MAX_STEPS]
    shown = rates[:, :MAX_STEPS]
    every = [] if routes is None else _routes_by_name(routes[:MAX_STEPS], reads[:MAX_STEPS])
    sources = every[:MAX_ROUTES]
    is_word = any(len(mark) > 2 for mark in marks)
    step = min(SMALL * layers, GRID) + GAP
    below = max(inches(mark, 8) for mark in marks) + 0.1 if is_word else 0.22
    labels = [*names, *(name for name, _ in sources)]
    left = 0.2 + max(inches(label, 9) for label in labels)
    sentences = _sentences(names, rates)
    heights = (
        HEAD + 2 * LINE + 0.3 + 0.36 * count + 0.15,
        LINE * -(-len(sentences) // 2) + 0.2,
        HEAD + (min(SMALL * modules, TALL) + 0.12) * count + below + 0.15,
        (HEAD + ROUTE * len(sources) + below + 0.15) if sources else 0,
    )
    texts = (*SHARES_TEXT, STEPS_TEXT)
    width = (
        max(left + step * len(marks), left + _cell(rates) * layers * modules, *map(_wide, texts))
        + GAP * layers
        + 0.2
    )
    figure, ax = sheet(width, sum(heights) + LEGEND)
    tops = np.cumsum([0, *heights])
    _draw_shares(ax, left, names, rates)
    columns = np.array_split(sentences, 2)
    for i, column in enumerate(columns):
        for j, sentence in enumerate(column):
            write(ax, 0.1 + i * width / 2, tops[1] + LINE * (j + 0.5), sentence, 9)
    _draw_steps(ax, left, tops[2], step, names, shown, length)
    _draw_marks(ax, left, tops[3] - below - 0.1, step, marks, is_word)
    if sources:
        cut = f" The first {MAX_ROUTES} of {len(every)} routes." if len(every) > MAX_ROUTES else ""
        said = EXAMPLE_TEXT.format(legible(example_task, TASK_LETTERS), cut)
        write(ax, 0.1, tops[3] + 0.15, said, 9)
        _draw_example(ax, left, tops[3] + HEAD, step, sources)
        _draw_marks(ax, left, tops[4] - below - 0.1, step, marks, is_word)
    scale = {0: "0: never", 1: "1: always"}
    draw_scale(ax, left, tops[4], SHADES, "how often it is read", scale)
    return figure


def task_shares(rates):
    """Of all that each task reads, the part of each sub-encoder: `(tasks, layers, modules)` of sum
    1 for each task that reads something, else 0.

    Args:
        rates: Array `(tasks, steps, layers, modules)`, as `draw_routes` takes.
    """
    means = np.asarray(rates, "float64").mean(1)
    whole = means.sum((1, 2), keepdims=True)
    return np.divide(means, whole, out=np.zeros_like(means), where=whole > 0)


def _wide(text):
    return 0.1 + inches(text, 9)


def _cell(rates):
    """The width of a cell in the table of shares."""
    return min(CELL, WIDEST / (rates.shape[2] * rates.shape[3]))


def _sentences(names, rates):
    """Who reads each sub-encoder, in words."""
    means = rates.mean(1)
    sentences = []
    for layer, module in np.ndindex(means.shape[1:]):
        readers = [
            n for n, rate in zip(names, means[:, layer, module], strict=True) if rate >= READS
        ]
        if not readers:
            said = "no task reads it at half of the steps"
        elif len(readers) == len(names) > 1:
            said = "all tasks share it"
        elif len(readers) == 1:
            said = f"{readers[0]} reads it" + (" alone" if len(names) > 1 else "")
        else:
            said = f"{', '.join(readers[:-1])} and {readers[-1]} share it"
        sentences.append(f"{layer}:{module}  {said}")
    return sentences


def _draw_shares(ax, left, names, rates):
    shares, means = task_shares(rates), rates.mean(1)
    for i, text in enumerate(SHARES_TEXT):
        write(ax, 0.1, 0.15 + LINE * i, text, 9, SLATE if i else INK)
    top = HEAD + 2 * LINE + 0.1
    layers, modules = means.shape[1:]
    cell = _cell(rates)
    for column, (layer, module) in enumerate(np.ndindex(layers, modules)):
        x = left + cell * column + GAP * layer
        write(ax, x + cell / 2, top - 0.12, f"{layer}:{module}", 9, SLATE, "center")
        for row in range(len(names)):
            y, rate = top + 0.36 * row, means[row, layer, module]
            ax.add_patch(frame(x, y, cell, 0.36, fc=SHADES(rate)))
            share = f"{100 * shares[row, layer, module]:.0f}"
            write(ax, x + cell / 2, y + 0.18, share, 9, ink_on(rate), "center")
    for row, name in enumerate(names):
        write(ax, left - 0.1, top + 0.36 * (row + 0.5), name, 9, ha="right")


def _draw_steps(ax, left, top, step, names, rates, length):
    _, shown, layers, modules = rates.shape
    cut = f" The first {shown} of {length:,} steps." if shown < length else ""
    write(ax, 0.1, top + 0.15, STEPS_TEXT + cut, 9)
    height = min(SMALL * modules, TALL)
    for i, name in enumerate(names):
        y = top + HEAD + (height + 0.12) * i
        write(ax, left - 0.1, y + height / 2, name, 9, ha="right")
        for t in range(shown):
            x = left + step * t
            across = x + (step - GAP) / layers * np.arange(layers + 1)
            down = y + height / modules * np.arange(modules + 1)
            look = {"cmap": SHADES, "vmin": 0, "vmax": 1, "ec": "white", "lw": 0.5}
            ax.pcolormesh(across, down, rates[i, t].T, **look)
            ax.add_patch(frame(x, y, step - GAP, height))


def _draw_marks(ax, left, y, step, marks, is_word):
    for t, mark in enumerate(marks):
        x = left + step * (t + 0.5) - GAP / 2
        look = {"rotation": 90, "va": "top"} if is_word else {"va": "center"}
        offset = 0 if is_word else 0.11
        ax.text(x, y + offset, mark, fontsize=8, color=SLATE, ha="center", **look)


def _routes_by_name(routes, reads):
    """`(name, steps of 0 and 1)` of each route of an example, what its task reads first."""
    routes, reads = np.asarray(routes), np.asarray(reads)
    named = [
        (f"the task reads {layer}:{module}", reads[:, layer, module])
        for layer, module in np.ndindex(reads.shape[1:])
    ]
    for layer, source, module in np.ndindex(routes.shape[1:]):
        origin = f"cell {source}" if layer == 0 else f"{layer - 1}:{source}"
        named.append((f"{layer}:{module} reads {origin}", routes[:, layer, source, module]))
    return sorted(named[: reads[0].size]) + sorted(named[reads[0].size :])


def _draw_example(ax, left, top, step, sources):
    for row, (name, opened) in enumerate(sources):
        y = top + ROUTE * row
        write(ax, left - 0.1, y + ROUTE / 2, name, 8, ha="right")
        edges = np.flatnonzero(np.diff(np.concatenate([[0], opened > 0.5, [0]])))
        for begin, end in [pair for i, pair in enumerate(pairwise(edges)) if i % 2 == 0]:
            box = (left + step * begin, y + 0.02, step * (end - begin) - GAP, ROUTE - 0.04)
            ax.add_patch(frame(*box, fc=BLUE, ec=BLUE))
