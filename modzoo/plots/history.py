from matplotlib.figure import Figure

from modzoo.plots.palette import BLUE, RED
from modzoo.plots.style import style_curves


def draw_history(rows):
    """Draws training and validation figures against epochs.

    Args:
        rows: What `history.csv` holds: for each epoch a dictionary of `"epoch"`, figures,
            and figures on the validation split, `"val_<figure>"`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    names = [name for name in rows[0] if name != "epoch" and not name.startswith("val_")]
    figure = Figure(figsize=(4.2 * len(names), 3.2), layout="constrained")
    for ax, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        epochs = [row["epoch"] + 1 for row in rows]
        ax.plot(epochs, [row[name] for row in rows], "o-", ms=3, color=BLUE, label="training")
        if f"val_{name}" in rows[0]:
            values = [row[f"val_{name}"] for row in rows]
            ax.plot(epochs, values, "o-", ms=3, color=RED, label="validation")
        ax.set(xlabel="epoch", title=name.replace("_", " "))
        style_curves(ax)
    return figure
