import numpy as np
import pytest
from matplotlib.patches import Rectangle

from modzoo.plots import draw_routes
from modzoo.plots.routes import task_shares
from tests.plots import records
from tests.plots.reading import texts


def test_shares_add_up_to_one():
    rates = np.random.default_rng(0).random((3, 5, 2, 4))
    rates[2] = 0
    shares = task_shares(rates)
    assert shares.sum((1, 2)) == pytest.approx([1, 1, 0])
    assert shares[0] == pytest.approx(rates[0].mean(0) / rates[0].mean(0).sum())


def test_it_says_which_tasks_share_what():
    found = texts(draw_routes(*records.routes()))
    assert "0:0  all tasks share it" in found
    assert "0:1  left reads it alone" in found
    assert "1:2  no task reads it at half of the steps" in found
    assert found.count("36") == 1  # 0.8 of the 2.2 that the left one reads
    assert found.count("44") == 1  # 0.8 of the 1.8 that the right one reads
    three = texts(draw_routes(*records.routes("abc")))
    assert "0:0  all tasks share it" in three and "0:1  a reads it alone" in three
    tasks, rates, *_ = records.routes("abc")
    rates[1] = rates[0]
    assert "0:1  a and b share it" in texts(draw_routes(tasks, rates))


def test_an_example_has_its_routes():
    found = texts(draw_routes(*records.routes()))
    assert "One example of left: dark where a route is open. First what its task reads." in found
    assert found.index("the task reads 1:2") < found.index("0:0 reads cell 0")
    assert "1:2 reads 0:1" in found
    tasks, rates, routes, reads, task = records.routes()
    routes[:] = 0
    routes[1:3, 0, 0, 0] = routes[4, 0, 0, 0] = 1
    reads[:] = 0
    before = len(draw_routes(tasks, rates, 0 * routes, reads, task).findobj(Rectangle))
    assert len(draw_routes(tasks, rates, routes, reads, task).findobj(Rectangle)) == before + 2


def test_of_many_steps_the_first_are_drawn():
    found = texts(draw_routes(*records.routes(steps=100)))
    assert any(text.endswith("The first 28 of 100 steps.") for text in found)
    assert found.count("28") == 2 and "29" not in found
