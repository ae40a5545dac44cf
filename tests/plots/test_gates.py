import numpy as np
import pytest

from modzoo.plots import draw_gates
from modzoo.plots.gates import unit_groups
from tests.plots import records
from tests.plots.reading import seen, texts

POS, NER = records.POS, records.NER


def test_units_are_grouped_by_whom_they_serve():
    groups = unit_groups({"pos": np.array([POS, POS]), "ner": np.array([NER, NER])})
    assert {tasks: units.tolist() for tasks, units in groups.items()} == {
        ("pos", "ner"): [0],
        ("pos",): [1, 2, 3],
        ("ner",): [5, 4],
        (): [6, 7],
    }
    assert [*groups] == [("pos", "ner"), ("pos",), ("ner",), ()]


def test_units_are_grouped_by_their_mean():
    groups = unit_groups({"pos": np.array([[1.0, 0.0], [0.2, 0.6]])})
    assert {tasks: units.tolist() for tasks, units in groups.items()} == {("pos",): [0], (): [1]}


def test_three_tasks():
    means = np.array([[1, 1, 1, 0, 0.0], [1, 1, 0, 1, 0], [1, 0, 0, 1, 0]])
    groups = unit_groups({task: row[None] for task, row in zip("abc", means, strict=True)})
    assert [*groups] == [("a", "b", "c"), ("a", "b"), ("b", "c"), ("a",), ()]
    found = texts(draw_gates(records.gates(["w"], tasks="abc", means=means.tolist())))
    assert {"all (1)", "a and b (1)", "b and c (1)", "a alone (1)", "none (1)"} <= {*found}


def test_brackets_and_columns_say_the_groups():
    found = seen(draw_gates(records.gates()))
    names = ["both (1)", "pos alone (3)", "ner alone (2)", "neither (2)"]
    heads = sorted((box.x0, text.get_text()) for text, box in found if text.get_text() in names)
    assert [name for _, name in heads[::2]] == names  # once for each of the two tasks
    numbers = [(round(box.y0), box.x0, text) for text, box in found if text.get_rotation() == 90]
    columns = [text.get_text() for *_, text in sorted(numbers, key=lambda n: (-n[0] // 20, n[1]))]
    assert columns == ["0", "1", "2", "3", "5", "4", "6", "7"] * 2


def test_bars_say_which_words_open_the_own_units():
    closed = [0.9, 0.1, 0.1, 0.6, *POS[4:]]
    rows = [POS, POS, POS, closed]
    found = texts(draw_gates(records.gates(["a", "b", "c", "d"], pos=rows)))
    at = found.index("open, of 3")
    assert found[at + 1 : at + 5] == ["3", "3", "3", "1"]
    at = found.index("open, of 2")
    assert found[at + 1 : at + 5] == ["2"] * 4


@pytest.mark.parametrize(
    ("mode", "gates", "sentence"),
    [
        ("none", [1.0] * 8, "pos: all 8 units are read, at every word"),
        ("none", [1.0] * 7 + [0.0], "pos: 7 of 8 units are read (0 to 6), at every word"),
        ("fixed", [1.0, 1, 0, 1, 0, 0, 1, 1], "pos: 5 of 8 units are read (0 to 1, 3, 6 to 7)"),
        ("fixed", [0.0] * 8, "pos: 0 of 8 units are read, at every word"),
    ],
)
def test_gates_that_are_not_learned_are_told_in_words(mode, gates, sentence):
    figure = draw_gates(records.gates(["a", "b"], mode, ("pos",), (gates,)))
    found = texts(figure)
    assert found[0] == {"none": "No gates", "fixed": "Fixed gates"}[mode]
    assert found[1].startswith(sentence)
    assert found[2:] == ["a", "b", "pos", "POS0", "POS1"]
    assert not figure.axes[0].collections


@pytest.mark.parametrize("mode", ["learned", "none"])
def test_a_long_text_is_cut_and_the_title_says_so(mode):
    found = texts(draw_gates(records.gates([f"w{i}" for i in range(1000)], mode)))
    assert found[0].endswith(": the first 40 of 1,000 words")
    assert "w39" in found and "w40" not in found
