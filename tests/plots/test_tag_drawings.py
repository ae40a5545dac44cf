"""Drawings of what a tagger's units and tags are about."""

from modzoo.plots import draw_confusion, draw_gate_correlation, draw_probes
from tests.plots import records
from tests.plots.reading import texts


def test_confusion():
    confusion = {"labels": ["NN", "IN", "XX"], "counts": [[30, 10, 0], [0, 60, 0], [0, 0, 0]]}
    found = texts(draw_confusion("pos", confusion))
    assert {"75", "25", "100", "40", "60"} <= {*found} and "XX" not in found
    assert "pos: of each gold tag, per cent predicted as\n(90.0 % of all words are right)" in found


def test_of_many_tags_the_most_frequent_are_drawn():
    confusion = records.confusion([f"t{i}" for i in range(60)])
    confusion["counts"][7][7] = 0  # then the rarest
    found = texts(draw_confusion("pos", confusion))
    assert "t7" not in found and "t0" in found
    assert any(text.endswith("the 50 most frequent of 60 tags)") for text in found)
    found = texts(draw_probes("pos", records.probes([f"t{i}" for i in range(70)])))
    assert "t9" not in found and "t10" in found
    assert any(text.endswith("of the 60 most frequent of 70 tags") for text in found)


def test_correlation():
    found = texts(draw_gate_correlation("pos, ner", records.correlation(8)))
    assert any("2 open together (above 0.5), 2 in turn (below -0.5)" in text for text in found)
    units = [text for text in found if text.isdigit()]
    assert units == ["7", "6", "5", "4", "3", "2", "1", "0"]
