import numpy as np
import pytest

from modzoo.plots import draw_history
from tests.plots import records
from tests.plots.reading import texts


def test_one_epoch_is_a_table():
    row = {"epoch": 0.0, "accuracy": 0.5, "pos_loss": 1.25, "val_accuracy": 0.75}
    figure = draw_history([row])
    assert texts(figure) == [
        *("After epoch 1", "training", "0.5000", "1.2500"),
        *("validation", "0.7500", "accuracy", "pos loss"),
    ]


@pytest.mark.parametrize(
    ("figures", "columns", "lines"), [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 2, 2), (5, 3, 2)]
)
def test_panels(figures, columns, lines):
    names = [f"f{i}" for i in range(figures)]
    figure = draw_history(records.history(3, names))
    grid = figure.axes[0].get_gridspec()
    assert (grid.ncols, grid.nrows) == (columns, lines)
    assert [ax.get_title("left") for ax in figure.axes if ax.axison] == names


def test_figures_of_one_split_and_of_some_epochs():
    rows = [{"epoch": 0.0, "loss": 1.0}, {"epoch": 1.0, "loss": 0.5, "val_entropy": 0.25}]
    figure = draw_history(rows)
    assert [ax.get_title("left") for ax in figure.axes if ax.axison] == ["loss", "entropy"]
    (line,) = figure.axes[1].lines
    assert np.isnan(line.get_ydata()[0]) and line.get_ydata()[1] == 0.25
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["training", "validation"]
    assert texts(draw_history(rows[1:]))[-2:] == ["loss", "entropy"]


@pytest.mark.parametrize("epochs", [2, 3, 30])
def test_epochs_are_whole_numbers(epochs):
    figure = draw_history(records.history(epochs))
    figure.draw_without_rendering()
    for ax in figure.axes:
        ticks = [tick.get_text() for tick in ax.get_xticklabels()]
        assert len(ticks) > 1 and all(tick.lstrip("−").isdigit() for tick in ticks)


def test_figures_that_are_no_numbers_are_said():
    figure = draw_history(records.diverged())
    assert "never a number" in texts(figure)
