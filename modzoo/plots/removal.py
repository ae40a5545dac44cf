import numpy as np

from modzoo.plots.drawing import Drawing
from modzoo.plots.palette import BLUE, GRID, INK, OCHRE, RED, SLATE
from modzoo.plots.writing import plainly

RULES = {
    "effect": ("least effect on the margin", BLUE, "o"),
    "tendency": ("the paper's tendency", RED, "s"),
    "random": ("chance", OCHRE, "^"),
}
METRICS = {"accuracy": ("accuracy", 100), "f1": ("F1", 100), "bleu": ("BLEU", 1)}


@plainly
def draw_removal(curve, figures=None):
    """Draws how right modules are together against the share of units that they lack.

    Args:
        curve: Rows of `modzoo.decomposition.removal_curve`.
        figures: What `ModuleSet.evaluate` returns, of the set that is marked in it; or None.

    Returns:
        `matplotlib.figure.Figure`.
    """
    figure = Drawing(figsize=(7.2, 4.4), layout="constrained")
    ax = figure.subplots()
    metric, scale = METRICS[curve[0]["metric"]]
    for rule, (name, color, marker) in RULES.items():
        rows = [row for row in curve if row["rule"] == rule]
        if rows:
            x = 100 * np.array([row["removed"] for row in rows])
            y = scale * np.array([row["composition"] for row in rows])
            ax.plot(x, y, color=color, marker=marker, ms=4.5, lw=1.8, label=name)
    if figures is not None:
        x, y = 100 * (1 - figures["share_kept"]), scale * figures["composition"]
        look = {"marker": "*", "ms": 13, "color": INK, "mec": "white", "ls": "none", "zorder": 4}
        ax.plot([x], [y], label="these modules, on all examples", **look)
    ax.grid(color=GRID)
    ax.set_axisbelow(True)
    ax.set_title("Modules together, the more units they lack", loc="left", fontsize=12, color=INK)
    ax.set_xlabel("units removed, %", color=SLATE)
    unit = ", %" if scale == 100 else ""
    ax.set_ylabel(f"{metric} of the composition{unit}", color=SLATE)
    ax.set_xlim(-3, 100)
    ax.ticklabel_format(axis="y", useOffset=False)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=SLATE, labelsize=9)
    legend = ax.legend(
        title="Which units go first", title_fontsize=9, alignment="left",
        frameon=True, framealpha=1, edgecolor="none", fontsize=9, labelcolor=INK,
    )  # fmt: skip
    legend.get_title().set_color(SLATE)
    return figure
