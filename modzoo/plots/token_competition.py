import numpy as np

from modzoo.plots.competition import SHARES, draw_shares_scale
from modzoo.plots.drawing import Drawing
from modzoo.plots.palette import EDGE, INK, LINES, SLATE
from modzoo.plots.style import frame, lines_within, sheet, write
from modzoo.plots.writing import inches, legible, plainly

MAX_LINES, MAX_LETTERS, MAX_NAMES = 12, 20, 24
MAX_LAYERS, ACROSS = 10, 5
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

    A part for each layer; with more than two mechanisms each has a line of its own at a token.

    Args:
        record: Dictionary of `"layers"`, of which `MAX_LAYERS` are shown; and `"tokens"`,
            `{token: {"count", "min", "mean", "max"}}`, the last three `[layer][mechanism]`, of
            which the first `MAX_NAMES` are.

    Returns:
        `matplotlib.figure.Figure`.
    """
    layers = list(record["layers"])[:MAX_LAYERS]
    tokens = dict(list(record["tokens"].items())[:MAX_NAMES])
    count = len(next(iter(tokens.values()))["mean"][0]) if tokens else 2
    down, across = -(-len(layers) // ACROSS), min(len(layers), ACROSS)
    height = 0.5 + 0.24 * max(1, len(tokens))
    figure = Drawing(figsize=(2.0 + 2.4 * across, 0.8 + height * down), layout="constrained")
    axes = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for i, ax in enumerate(axes.flat):
        if i < len(layers):
            _draw_shares(ax, tokens, i, count)
            ax.set_title(f"layer {layers[i]}", loc="left", fontsize=10, color=INK)
        else:
            ax.axis("off")
    names = [f"{legible(t, MAX_LETTERS)}  {values['count']:,}" for t, values in tokens.items()]
    for ax in axes[:, 0]:
        ax.set_yticks(range(len(tokens)), names)
    if count > 2:
        axes[0, -1].legend(frameon=False, fontsize=8)
    of = "mechanism 0's share" if count == 2 else "each mechanism's share"
    figure.supxlabel(f"{of}: the mean, and from least to most", fontsize=9, color=SLATE)
    return figure


def _draw_shares(ax, tokens, layer, count):
    """Draws the shares of tokens in a layer, of two mechanisms those of the first one."""
    shown = range(1 if count == 2 else count)
    for m in shown:
        least, mean, most = (
            [values[name][layer][m] for values in tokens.values()]
            for name in ("min", "mean", "max")
        )
        heights = np.arange(len(tokens)) + (m - (len(shown) - 1) / 2) * 0.2
        color = LINES[m % len(LINES)]
        ax.hlines(heights, least, most, color=color, lw=2, alpha=0.45)
        ax.plot(mean, heights, "o", color=color, ms=4, label=f"mechanism {m}")
    ax.axvline(1 / count, color=EDGE, lw=1, zorder=0)
    ax.set(xlim=(-0.02, 1.02), ylim=(max(1, len(tokens)) - 0.5, -0.5))
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=SLATE, labelsize=9)
