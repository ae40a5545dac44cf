import numpy as np

from modzoo.plots.competition import SHARES, draw_shares_scale
from modzoo.plots.drawing import Drawing
from modzoo.plots.palette import INK, LINES, MIST, SLATE
from modzoo.plots.style import frame, lines_within, sheet, write
from modzoo.plots.writing import inches, legible, plainly

MAX_LINES, MAX_LETTERS, MAX_NAMES = 12, 20, 24
# Inches.
WIDTH, NARROWEST, GAP = 11.0, 0.44, 0.06
WORD, CELL, HEAD, LEGEND, SCALE = 0.3, 0.3, 0.4, 0.75, 4.8


@plainly
def draw_token_competition(record):
    """Draws how much of each token of a text a mechanism took.

    The text goes across and continues in further lines, up to `MAX_LINES`; below it are the layers,
    with more than two mechanisms each of them too (of two, the second one's share is what the first
    one leaves). Pale is an even share.

    Args:
        record: Dictionary of `"tokens"`, a list; `"layers"`; and `"competition"`,
            `[layer][token][mechanism]`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    c = np.array(record["competition"])
    count = c.shape[-1]
    rows = [(i, m) for i in range(len(c)) for m in range(1 if count == 2 else count)]
    names = [f"layer {record['layers'][i]}, mechanism {m}" for i, m in rows]
    left = max(inches(name, 10) for name in names) + 0.25
    most = MAX_LINES * int(WIDTH / NARROWEST)
    tokens = [legible(token, MAX_LETTERS) for token in record["tokens"][:most]]
    widths = [max(NARROWEST, inches(token, 10) + 0.12) for token in tokens]
    lines = lines_within(widths, WIDTH - left)[:MAX_LINES]
    height = WORD + CELL * len(rows) + 0.25
    width = left + max(SCALE + 0.5, *(sum(widths[t] for t in line) for line in lines))
    figure, ax = sheet(width, HEAD + height * len(lines) + LEGEND)
    shown, whole = lines[-1][-1] + 1, len(record["tokens"])
    if shown < whole:
        write(ax, 0.1, 0.2, f"shown are the first {shown:,} of {whole:,} word pieces", 11)
    for number, line in enumerate(lines):
        top, x = HEAD + height * number, left
        for row, name in enumerate(names):
            write(ax, left - 0.1, top + WORD + CELL * (row + 0.5), name, ha="right")
        for t in line:
            write(ax, x + widths[t] / 2, top + WORD / 2, tokens[t], ha="center")
            for row, (i, m) in enumerate(rows):
                share, y = c[i, t, m], top + WORD + CELL * row
                departure = np.interp(share, [0, 1 / count, 1], [0, 0.5, 1])
                box = (x + GAP / 2, y + GAP / 2, widths[t] - GAP, CELL - GAP)
                ax.add_patch(frame(*box, fc=SHARES(departure)))
                ink = INK if abs(departure - 0.5) < 0.35 else "white"
                write(ax, x + widths[t] / 2, y + CELL / 2, f"{share:.2f}", 8, ink, "center")
            x += widths[t]
    draw_shares_scale(ax, left, HEAD + height * len(lines), count, "word piece")
    return figure


@plainly
def draw_common_tokens(record):
    """Draws the least, mean and greatest share that a mechanism has of tokens (figure 4).

    A column for each layer; with more than two mechanisms each has a line of its own at a token.

    Args:
        record: Dictionary of `"layers"`, and `"tokens"`: `{token: {"count", "min", "mean",
            "max"}}`, the last three `[layer][mechanism]`; of more than `MAX_NAMES` the first.

    Returns:
        `matplotlib.figure.Figure`.
    """
    layers, tokens = record["layers"], dict(list(record["tokens"].items())[:MAX_NAMES])
    count = len(next(iter(tokens.values()))["mean"][0]) if tokens else 2
    shown = range(1 if count == 2 else count)
    figure = Drawing(
        figsize=(1.6 + 2.4 * len(layers), 1.3 + 0.24 * max(1, len(tokens))), layout="constrained"
    )
    axes = figure.subplots(1, len(layers), sharey=True, squeeze=False)[0]
    places = np.arange(len(tokens))
    for i, (ax, layer) in enumerate(zip(axes, layers, strict=True)):
        for m in shown:
            least, mean, most = (
                [values[name][i][m] for values in tokens.values()]
                for name in ("min", "mean", "max")
            )
            heights = places + (m - (len(shown) - 1) / 2) * 0.2
            color = LINES[m % len(LINES)]
            ax.hlines(heights, least, most, color=color, lw=2, alpha=0.45)
            ax.plot(mean, heights, "o", color=color, ms=4, label=f"mechanism {m}")
        ax.axvline(1 / count, color=MIST, lw=1, zorder=0)
        ax.set(xlim=(-0.02, 1.02), ylim=(len(tokens) - 0.5, -0.5))
        ax.set_title(f"layer {layer}", loc="left", fontsize=10, color=INK)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(colors=SLATE, labelsize=9)
    names = [f"{legible(t, MAX_LETTERS)}  {values['count']:,}" for t, values in tokens.items()]
    axes[0].set_yticks(places, names)
    of = "mechanism 0" if count == 2 else "each mechanism"
    figure.supxlabel(
        f"share of {of}: the mean, and from the least to the greatest", fontsize=9, color=SLATE
    )
    if count > 2:
        axes[-1].legend(frameon=False, fontsize=8)
    return figure
