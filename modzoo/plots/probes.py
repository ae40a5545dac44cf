from modzoo.plots.drawing import Drawing
from modzoo.plots.palette import BLUE, EDGE, GRID, INK, SLATE
from modzoo.plots.writing import legible, plainly

MAX_TAGS = 60


@plainly
def draw_probes(task, probes):
    """Draws how well one unit alone tells each tag from the others.

    Of more than `MAX_TAGS` tags it draws those of most words.

    Args:
        task: String, for the title.
        probes: `{tag: {"unit", "auc", "words"}}`: the best unit, the area under its ROC curve
            and how often the tag occurs.

    Returns:
        `matplotlib.figure.Figure`.
    """
    frequent = sorted(probes.items(), key=lambda item: -item[1]["words"])[:MAX_TAGS]
    rows = sorted(frequent, key=lambda item: -item[1]["auc"])
    figure = Drawing(figsize=(6.4, 0.24 * len(rows) + 1.3), layout="constrained")
    ax = figure.subplots()
    for y, (_tag, probe) in enumerate(rows):
        ax.plot([0.5, probe["auc"]], [y, y], color=EDGE, lw=2.2, solid_capstyle="round", zorder=1)
        ax.scatter(probe["auc"], y, s=34, color=BLUE, zorder=2)
        beside = {"va": "center", "fontsize": 8}
        ax.text(probe["auc"] + 0.012, y, f"unit {probe['unit']}", color=INK, **beside)
        ax.text(1.11, y, f"{probe['words']:,}", color=SLATE, ha="right", **beside)
    ax.text(1.11, -1, "words", color=SLATE, ha="right", va="center", fontsize=8)
    ax.set_yticks(range(len(rows)), [legible(tag, 16) for tag, _ in rows], fontsize=8)
    ax.set(xlim=(0.49, 1.12), ylim=(len(rows) - 0.4, -1.5))
    ax.set_xticks([0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    ax.set_xlabel("area under the ROC curve: 0.5 is guessing, 1 is knowing", color=SLATE)
    title = f"{legible(task, 24)}: the one unit that tells a tag best"
    if len(rows) < len(probes):
        title += f", of the {MAX_TAGS} most frequent of {len(probes)} tags"
    ax.set_title(title, loc="left", fontsize=11, color=INK)
    ax.tick_params(length=0, colors=INK, axis="y")
    ax.tick_params(length=0, colors=SLATE, axis="x", labelsize=8)
    ax.spines[:].set_visible(False)
    ax.grid(axis="x", color=GRID, lw=0.8)
    ax.set_axisbelow(True)
    return figure
