from matplotlib.figure import Figure

from modzoo.plots.palette import BLUE, EDGE, FAINT, GRID, INK


def draw_probes(task, probes):
    """Draws how well one unit alone tells each tag from the others.

    Args:
        task: String, for the title.
        probes: `{tag: {"unit", "auc", "words"}}`: the best unit, the area under its ROC curve
            and how often the tag occurs.

    Returns:
        `matplotlib.figure.Figure`.
    """
    rows = sorted(probes.items(), key=lambda item: -item[1]["auc"])
    figure = Figure(figsize=(6.4, 0.24 * len(rows) + 1.3), layout="constrained")
    ax = figure.subplots()
    for y, (_tag, probe) in enumerate(rows):
        ax.plot([0.5, probe["auc"]], [y, y], color=EDGE, lw=2.2, solid_capstyle="round", zorder=1)
        ax.scatter(probe["auc"], y, s=34, color=BLUE, zorder=2)
        beside = {"va": "center", "fontsize": 8}
        ax.text(probe["auc"] + 0.012, y, f"unit {probe['unit']}", color=INK, **beside)
        ax.text(1.11, y, f"{probe['words']:,}", color=FAINT, ha="right", **beside)
    ax.text(1.11, -1, "words", color=FAINT, ha="right", va="center", fontsize=8)
    ax.set_yticks(range(len(rows)), [tag for tag, _ in rows], fontsize=8)
    ax.set(xlim=(0.49, 1.12), ylim=(len(rows) - 0.4, -1.5))
    ax.set_xticks([0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    ax.set_xlabel("area under the ROC curve: 0.5 is guessing, 1 is knowing", color=FAINT)
    ax.set_title(f"{task}: the one unit that tells a tag best", loc="left", fontsize=11, color=INK)
    ax.tick_params(length=0, colors=INK, axis="y")
    ax.tick_params(length=0, colors=FAINT, axis="x", labelsize=8)
    ax.spines[:].set_visible(False)
    ax.grid(axis="x", color=GRID, lw=0.8)
    ax.set_axisbelow(True)
    return figure
