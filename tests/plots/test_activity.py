import re

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from modzoo.plots import draw_activity
from modzoo.plots.style import SHADES
from tests.plots import records
from tests.plots.reading import seen, texts


def test_numbers_stand_where_something_was_read():
    found = texts(draw_activity(records.activity(["a", "b", "c", "d"]), "negative"))
    assert found.count("0.25") == 4  # the module of the tokens
    assert found.count("0.75") == 2  # the lexicon knows every third word,
    assert "0.50" not in found  # and where it does not, null's share says nothing
    assert found.count("–") == 2 + 1  # the legend has one
    assert found.count("+1.5") == 2
    assert "nothing to take in: its source says nothing of the word" in found
    assert "not active at the word" not in found


def test_a_module_that_is_not_active_has_no_number():
    record = records.activity(["a", "b"], active=[[True, False], [False, True]])
    found = texts(draw_activity(record))
    assert found.count("0.25") == 1 and "0.75" not in found
    assert "not active at the word" in found


def test_shades_are_shares_and_a_scale_says_so():
    figure = draw_activity(records.activity(["a"]))
    colors = {to_hex(patch.get_facecolor()) for patch in figure.findobj(Rectangle)}
    assert {to_hex(SHADES(0.25)), to_hex(SHADES(0.75))} <= colors
    found = texts(figure)
    assert {"share of the word that a module took in", "0: nothing", "1: all of it"} <= {*found}


def test_words_stand_in_lines_in_the_order_of_the_text():
    tokens = [f"word{i}" for i in range(60)]
    boxes = {t.get_text(): b for t, b in seen(draw_activity(records.activity(tokens)))}
    places = [(-round(boxes[token].y0), boxes[token].x0) for token in tokens]
    assert places == sorted(places)
    assert len({line for line, _ in places}) > 2


@pytest.mark.parametrize(("words", "note"), [(60, ""), (300, r"first \d+ of 300 words")])
def test_a_long_text_is_cut_and_the_title_says_so(words, note):
    tokens = [f"disappointing{i}" for i in range(words)]
    found = texts(draw_activity(records.activity(tokens), "negative"))
    assert found[0].startswith("negative") and re.search(note, found[0])
    shown = re.search(r"first (\d+)", found[0])
    count = int(shown[1]) if shown else words
    assert sum(text.startswith("disappointing") for text in found) == count >= 60


def test_a_list_without_a_term_is_read_and_the_legend_says_so():
    note = "where a list has no term, its module reads just that"
    record = records.activity(["a", "b"])
    assert note not in texts(draw_activity(record))
    lexicon = record["modules"][1]
    found = texts(draw_activity({**record, "says_none": [lexicon]}))
    assert note in found and {"0.75", "0.50"} <= {*found}
