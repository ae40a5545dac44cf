from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from modzoo.plots.palette import BLUE, EDGE, FAINT, INK, MIST, PALE_BLUE
from modzoo.plots.style import shorten

READING, SILENT, IDLE = BLUE, PALE_BLUE, MIST
TOKENS_PER_ROW, MAX_TOKENS, MAX_LETTERS = 24, 240, 16


def draw_activity(record, title=None):
    """Draws which module read which token: figure 11 of the RIM paper.

    Modules go down, tokens across. A cell is dark where the module was active and had
    something to read, pale where it was active on a source that was silent, white where it
    was idle; the number is the weight on its input. Under each token stands what each
    source said of it. Long texts continue in further rows, up to `MAX_TOKENS`.

    Args:
        record: Dictionary of `"tokens"`, a list; `"modules"`, the modules' names;
            `"active"` and `"attention"`, for each module a list along the tokens; and
            `"annotations"`, `{source: list along the tokens}`, None where there is none.
        title: String above the picture.

    Returns:
        `matplotlib.figure.Figure`.
    """
    tokens, modules = record["tokens"][:MAX_TOKENS], record["modules"]
    if len(tokens) < len(record["tokens"]):
        title = f"{title or ''} (the first {MAX_TOKENS} of {len(record['tokens'])} tokens)"
    sources = list(record["annotations"])
    starts = range(0, max(len(tokens), 1), TOKENS_PER_ROW)
    columns = min(max(len(tokens), 1), TOKENS_PER_ROW)
    height = 0.42 * len(modules) + 0.3 * len(sources) + 1.1
    figure = Figure(figsize=(max(0.62 * columns + 1.6, 6.0), height * len(starts) + 0.5))
    axes = figure.subplots(len(starts), squeeze=False)[:, 0]
    for ax, start in zip(axes, starts, strict=True):
        _draw_row(ax, record, start, min(start + TOKENS_PER_ROW, len(tokens)), columns)
    if title:
        axes[0].set_title(title, loc="left", fontsize=11, color=INK, pad=56)
    legend = {"read": READING, "active, source silent": SILENT, "idle": IDLE}
    axes[-1].legend(
        handles=[Patch(fc=color, ec=EDGE, label=label) for label, color in legend.items()],
        loc="upper left",
        bbox_to_anchor=(0, 0),
        ncols=3,
        frameon=False,
        fontsize=9,
        labelcolor=INK,
    )
    return figure


def _draw_row(ax, record, start, stop, columns):
    modules, sources = record["modules"], list(record["annotations"])
    for i, module in enumerate(modules):
        ax.text(-0.7, i, module, ha="right", va="center", fontsize=10, color=INK)
        said = record["annotations"].get(module)
        for column, t in enumerate(range(start, stop)):
            silent = said is not None and said[t] is None
            active = record["active"][i][t]
            color = (SILENT if silent else READING) if active else IDLE
            ax.add_patch(_cell(column, i, color))
            ax.text(
                column,
                i,
                f"{record['attention'][i][t]:.2f}",
                ha="center",
                va="center",
                fontsize=7.5,
                color="white" if color == READING else FAINT,
            )
    for column, t in enumerate(range(start, stop)):
        ax.text(
            column - 0.15,
            -0.62,
            shorten(record["tokens"][t], MAX_LETTERS),
            rotation=40,
            ha="left",
            va="bottom",
            fontsize=10,
            color=INK,
            rotation_mode="anchor",
        )
    for j, source in enumerate(sources):
        y = len(modules) - 0.1 + 0.62 * j
        ax.text(-0.7, y, f"{source} says", ha="right", va="center", fontsize=9, color=FAINT)
        for column, t in enumerate(range(start, stop)):
            value = record["annotations"][source][t]
            text, color = ("·", FAINT) if value is None else (_annotation(value), INK)
            ax.text(column, y, text, ha="center", va="center", fontsize=9, color=color)
    ax.set_xlim(-0.55, columns - 0.4)
    ax.set_ylim(len(modules) + 0.62 * len(sources) - 0.4, -0.6)
    ax.axis("off")


def _cell(x, y, color):
    return Rectangle((x - 0.47, y - 0.44), 0.94, 0.88, facecolor=color, edgecolor=EDGE, lw=0.6)


def _annotation(value):
    return f"{value:+g}" if isinstance(value, (int, float)) else str(value)
