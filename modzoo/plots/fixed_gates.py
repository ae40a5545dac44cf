import numpy as np

from modzoo.plots.palette import SLATE
from modzoo.plots.style import sheet, write
from modzoo.plots.tagged_words import ROW, TASK_LETTERS, column_width, shown_words, title_of
from modzoo.plots.writing import inches, legible


def draw_fixed_gates(record):
    """Writes which units each task reads at every word alike, and below words and tags.

    Args:
        record: As that of `draw_gates`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    words, tags = shown_words(record)
    names = [legible(task, TASK_LETTERS) for task in tags]
    read = [
        f"{name}: {_read(np.array(record['gates'][task][0]))}"
        for name, task in zip(names, tags, strict=True)
    ]
    columns = [("", words), *zip(names, tags.values(), strict=True)]
    widths = [column_width([name, *texts]) for name, texts in columns]
    head = 0.45 + 0.22 * len(read)
    width = 0.2 + max(sum(widths), *(inches(sentence, 10) for sentence in read))
    figure, ax = sheet(width, head + 0.4 + ROW * len(words))
    title = "No gates" if record["gate_mode"] == "none" else "Fixed gates"
    write(ax, 0.1, 0.18, title_of(record, title), 11)
    for i, sentence in enumerate(read):
        write(ax, 0.1, 0.44 + 0.22 * i, sentence)
    x = 0.1
    for (name, texts), width in zip(columns, widths, strict=True):
        write(ax, x, head + 0.15, name, 9, SLATE)
        for i, text in enumerate(texts):
            write(ax, x, head + 0.3 + ROW * (i + 0.5), text)
        x += width
    return figure


def _read(gates):
    units = np.flatnonzero(gates)
    if len(units) == len(gates):
        return f"all {len(gates)} units are read, at every word"
    which = f" ({legible(_spans(units), 80)})" if len(units) else ""
    return f"{len(units)} of {len(gates)} units are read{which}, at every word"


def _spans(numbers):
    """`[0, 1, 2, 5]` as `0 to 2, 5`."""
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
