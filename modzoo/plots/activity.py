from modzoo.plots.palette import INK, MIST, SLATE
from modzoo.plots.style import (
    SHADES,
    draw_scale,
    frame,
    ink_on,
    lines_within,
    sheet,
    write,
)
from modzoo.plots.writing import inches, legible, plainly

MAX_LINES, MAX_LETTERS = 12, 24
# Inches.
WIDTH, NARROWEST, GAP = 11.0, 0.52, 0.06
WORD, CELL, SAID, HEAD, LEGEND, LEGEND_WIDTH = 0.3, 0.34, 0.22, 0.4, 0.75, 7.0
NOTHING = "–"
SILENT, IDLE = {"fc": MIST}, {"fc": "white", "hatch": "////"}


@plainly
def draw_activity(record, title=None):
    """Draws which module read how much of which token: figure 11 of the RIM paper.

    The text goes across, its modules below it, and continues in further lines, up to
    `MAX_LINES`. A cell's number and shade are the share of the token that its module took in. No
    number stands where there was nothing to take in, since the source is silent, nor where the
    module was not active. Below stands what each source says of the token.

    Args:
        record: Dictionary of `"tokens"`, a list; `"modules"`, the modules' names;
            `"active"` and `"attention"`, for each module a list along the tokens; and
            `"annotations"`, `{source: list along the tokens}`, None where there is none. If there
            is `"says_none"`, it names the sources of which a module reads that they say nothing.
        title: String above the picture.

    Returns:
        `matplotlib.figure.Figure`.
    """
    modules, said = record["modules"], record["annotations"]
    most = MAX_LINES * int(WIDTH / NARROWEST)
    columns = [
        (legible(token, MAX_LETTERS), *(_annotation(values[t]) for values in said.values()))
        for t, token in enumerate(record["tokens"][:most])
    ]
    widths = [max(NARROWEST, *(inches(text, 10) + 0.12 for text in column)) for column in columns]
    names = [legible(name, MAX_LETTERS) for name in modules]
    names += [f"{legible(source, MAX_LETTERS)} says" for source in said]
    left = max(inches(name, 10) for name in names) + 0.25
    lines = lines_within(widths, WIDTH - left)[:MAX_LINES]
    height = WORD + CELL * len(modules) + SAID * len(said) + 0.25
    width = max(left + LEGEND_WIDTH, *(left + sum(widths[t] for t in line) for line in lines))
    figure, ax = sheet(width, HEAD + height * len(lines) + LEGEND)
    write(ax, 0.1, 0.2, _title(title, lines[-1][-1] + 1, len(record["tokens"])), 11)
    looks = []
    for number, line in enumerate(lines):
        y = HEAD + height * number + WORD
        cells = [y + CELL * i for i in range(len(modules))]
        notes = [y + CELL * len(modules) + SAID * (j + 0.5) for j in range(len(said))]
        for middle, name in zip([*(top + CELL / 2 for top in cells), *notes], names, strict=True):
            write(ax, left - 0.1, middle, name, color=SLATE if middle in notes else INK, ha="right")
        x = left
        for t in line:
            for middle, text in zip([y - WORD / 2, *notes], columns[t], strict=True):
                write(ax, x + widths[t] / 2, middle, text, ha="center")
            for i, top in enumerate(cells):
                looks.append(_draw_cell(ax, x, top, widths[t], record, i, t))
            x += widths[t]
    _draw_legend(ax, left, HEAD + height * len(lines), looks, record.get("says_none"))
    return figure


def _title(title, shown, whole):
    parts = [legible(title, 90)] if title else []
    if shown < whole:
        parts.append(f"shown are the first {shown:,} of {whole:,} words")
    return "; ".join(parts)


def _draw_cell(ax, x, y, width, record, module, token):
    """Draws whether a module read a token, and how much of it; returns how that looks."""
    share = record["attention"][module][token]
    values = record["annotations"].get(record["modules"][module])
    says_none = record["modules"][module] in record.get("says_none", ())
    is_silent = values is not None and values[token] is None and not says_none
    if is_silent:
        look = SILENT
        write(ax, x + width / 2, y + CELL / 2, NOTHING, 8, SLATE, "center")
    elif not record["active"][module][token]:
        look = IDLE
    else:
        look = {"fc": SHADES(share)}
        write(ax, x + width / 2, y + CELL / 2, f"{share:.2f}", 8, ink_on(share), "center")
    ax.add_patch(frame(x + GAP / 2, y + GAP / 2, width - GAP, CELL - GAP, **look))
    return look


def _draw_legend(ax, x, y, looks, says_none):
    label, width = "share of the word that a module took in", 2.7
    draw_scale(ax, x, y, SHADES, label, {0: "0: nothing", 1: "1: all of it"}, width)
    x += width + 0.4
    for look, meaning in (
        (SILENT, "nothing to take in: its source says nothing of the word"),
        (IDLE, "not active at the word"),
    ):
        if look in looks:
            ax.add_patch(frame(x, y + 0.1, 0.3, 0.2, **look))
            if look is SILENT:
                write(ax, x + 0.15, y + 0.2, NOTHING, 8, SLATE, "center")
            write(ax, x + 0.4, y + 0.2, meaning, 9)
            y += 0.3
    if says_none:
        write(ax, x, y + 0.2, "where a list has no term, its module reads just that", 9)


def _annotation(value):
    if value is None:
        return ""
    return f"{value:+g}" if isinstance(value, (int, float)) else legible(str(value), MAX_LETTERS)
