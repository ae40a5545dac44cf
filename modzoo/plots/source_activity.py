from modzoo.plots.palette import BLUE, INK, OCHRE, SLATE
from modzoo.plots.style import SHADES, frame, ink_on, sheet, write
from modzoo.plots.writing import inches, legible, plainly

MOST, LONGEST = 12, 20
TOP, ROW, BAR, GAP, CELL = 0.95, 0.56, 3.0, 0.3, 0.6  # inches
NOTE = 0.25
SPEAKS, SILENT = {"fc": BLUE}, {"fc": OCHRE}


@plainly
def draw_source_activity(record):
    """Draws how often modules are active, and which takes in more where two sources speak.

    On the left a row for each module, up to `MOST`: the share of the words at which its source
    speaks, and of those at which it is silent, at which the module is active. On the right the
    share of the words at which the sources of both speak at which the row's module takes in more
    than the column's. Below, what happens where lexica agree.

    Args:
        record: Dictionary of `"split"`, `"examples"`, `"words"`, `"modules"`, `"activity"`,
            `"competition"` and `"agreement"`, as
            `modzoo.applications.annotated_texts.inspection.inspect` returns it.

    Returns:
        `matplotlib.figure.Figure`.
    """
    modules = record["modules"][:MOST]
    names = [f"{i + 1}  {legible(name, LONGEST)}" for i, name in enumerate(modules)]
    notes = _notes(record, modules)
    title = f"Modules at {record['words']:,} words of {record['examples']:,} texts of "
    title = legible(title + record["split"], 90)
    if len(modules) < len(record["modules"]):
        title += f"; shown are the first {MOST} of {len(record['modules'])}"
    left = max(inches(name, 10) for name in names) + 0.25
    right = left + BAR + 1.75 + GAP
    width = right + max(CELL * len(modules), 3.2) + 0.1
    width = max(width, *(inches(text, 9) + 0.3 for text in notes), inches(title, 11) + 0.2)
    bottom = TOP + ROW * len(modules)
    figure, ax = sheet(width, bottom + 0.75 + NOTE * len(notes))
    write(ax, 0.1, 0.2, title, 11)
    write(ax, left, 0.55, "how often it is active", 9, SLATE)
    write(ax, right, 0.5, "where both speak: takes in more than module", 9, SLATE)
    shares = _ahead(record)
    for i, (module, name) in enumerate(zip(modules, names, strict=True)):
        y = TOP + ROW * i
        write(ax, left - 0.15, y + ROW / 2, name, ha="right")
        _draw_bars(ax, left, y, record["activity"][module], record["words"])
        write(ax, right + CELL * (i + 0.5), TOP - 0.17, str(i + 1), 9, INK, "center")
        for j, other in enumerate(modules):
            if i != j:
                _draw_share(ax, right + CELL * j, y, shares[module, other])
    _draw_legend(ax, left, bottom + 0.3)
    for line, text in enumerate(notes):
        write(ax, 0.15, bottom + 0.75 + NOTE * line, text, 9)
    return figure


def _ahead(record):
    shares = {}
    for pair in record["competition"]:
        one, other = pair["modules"]
        shares[one, other], shares[other, one] = pair["first_ahead"], pair["second_ahead"]
    return shares


def _draw_bars(ax, x, y, of, words):
    silent = words - of["words"]
    for share, count, look, top in (
        (of["active"], of["words"], SPEAKS, y + 0.07),
        (of["active_in_silence"], silent, SILENT, y + 0.29),
    ):
        if share is None:
            continue
        ax.add_patch(frame(x, top, BAR, 0.18))
        ax.add_patch(frame(x, top, BAR * share, 0.18, **look))
        write(ax, x + BAR + 0.08, top + 0.09, f"{100 * share:.0f} % of {count:,}", 8, SLATE)


def _draw_share(ax, x, y, share):
    look = {} if share is None else {"fc": SHADES(share)}
    ax.add_patch(frame(x + 0.03, y + 0.05, CELL - 0.06, ROW - 0.1, **look))
    text = "–" if share is None else f"{100 * share:.0f} %"
    ink = SLATE if share is None else ink_on(share)
    write(ax, x + CELL / 2, y + ROW / 2, text, 8, ink, "center")


def _draw_legend(ax, x, y):
    for look, meaning in (
        (SPEAKS, "at words of which its source says something"),
        (SILENT, "at the others"),
    ):
        ax.add_patch(frame(x, y - 0.09, 0.3, 0.18, **look))
        write(ax, x + 0.4, y, meaning, 9)
        x += 0.4 + inches(meaning, 9) + GAP


def _notes(record, modules):
    found = record.get("agreement")
    if found is None or not found["words"]:
        return []
    lexica = legible(", ".join(found["lexica"]), 60)
    notes = [f"Where two or more of {lexica} speak with one sign ({found['words']:,} words):"]
    for name, of in found["modules"].items():
        if name in modules:
            notes.append(
                f"{legible(name, LONGEST)} is idle at {100 * of['idle']:.0f} % of them, and takes "
                f"in less than each of these that speaks at {100 * of['behind']:.0f} %."
            )
    return notes
