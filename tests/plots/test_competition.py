import numpy as np
import pytest

from modzoo.plots import draw_competition
from tests.plots import records
from tests.plots.reading import texts


def test_it_says_whose_share_it_is():
    found = texts(draw_competition(records.competition()))
    assert "digit | photograph" in found
    assert "layer 2, mechanism 0\nshares 0.00 to 1.00\nvariance between sides: 0.93" in found
    assert found[-4:] == [
        "share of mechanism 0 in a pixel; mechanism 1 has the rest",
        *("0: mechanism 1 alone", "0.5: both alike", "1: mechanism 0 alone"),
    ]


def test_of_more_mechanisms_each_has_a_row():
    found = texts(draw_competition(records.competition(mechanisms=4, sides=("photograph",))))
    rows = [f"layer 2, mechanism {i}\nshares 0.25 to 0.25" for i in range(4)]
    assert found[0] == "photograph" and found[1:5] == rows
    assert found[-3:] == ["0: none", "0.25: an even share", "1: it alone"]


@pytest.mark.parametrize("mechanisms", [2, 4])
def test_an_even_share_is_pale_in_every_row(mechanisms):
    record = records.competition(1, mechanisms)
    record["competition"] = np.full((1, 1, 4, 8, mechanisms), 1 / mechanisms).tolist()
    images = draw_competition(record).axes[0].images
    assert np.allclose(images[1].get_array(), 0.5)
    assert images[1].get_clim() == (0, 1)


def test_more_pictures_than_there_is_room_for():
    found = texts(draw_competition(records.competition(pictures=40)))
    assert found[0] == "digit | photograph\nthe first 8 of 40"
