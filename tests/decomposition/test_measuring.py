"""How right modules are together, how small they can be, and reports of it."""

import numpy as np
import pytest

from modzoo.decomposition import ModuleSet, decompose, removal_curve
from modzoo.decomposition.network import Module, Network
from modzoo.errors import CallError
from tests.decomposition import networks

LABELS = ["red", "green", "blue", "grey"]


@pytest.fixture(scope="module")
def seen():
    """A drawn network, texts, and labels of which it has most right."""
    model = networks.network(("first", "second"))
    x, _ = networks.texts(160)
    y = model.predict(x, verbose=0).argmax(-1)
    y[::10] = (y[::10] + 1) % networks.LABELS
    y[:4] = np.arange(4)
    return model, x, y


@pytest.fixture(scope="module")
def modules(seen):
    model, x, y = seen
    return decompose(model, (x, y), LABELS, rule="random", max_removed=0.4)


@pytest.mark.one_backend
def test_figures_are_of_the_answers(seen, modules):
    model, x, y = seen
    found = modules.evaluate(x, y)
    answers, whole = modules.classify(x), model.predict(x, verbose=0).argmax(-1)
    assert found["modules"] == 4 and found["examples"] == 160
    assert found["composition"] == pytest.approx((answers == y).mean())
    assert found["monolith"] == pytest.approx((whole == y).mean())
    assert found["difference"] == pytest.approx(found["composition"] - found["monolith"])
    assert found["classes"]["blue"]["composition"] == pytest.approx((answers == 2)[y == 2].mean())
    assert found["classes"]["blue"]["examples"] == (y == 2).sum()
    masks = modules.masks
    kept = sum(int(mask.sum()) for own in masks.values() for mask in own.values())
    assert found["units_kept"] == kept == 4 * (6 - 2 + 5 - 2)
    assert modules.share_kept()["red"] == pytest.approx({"first": 4 / 6, "second": 3 / 5})


@pytest.mark.one_backend
def test_some_labels_beside_the_network_among_these(seen, modules):
    model, x, y = seen
    found = modules.subset(["grey", "green"]).evaluate(x, y)
    own = np.isin(y, [3, 1])
    outputs = model.predict(x, verbose=0)[own][:, [3, 1]]
    assert found["monolith"] == pytest.approx((outputs.argmax(-1) == (y[own] == 1)).mean())
    assert found["examples"] == own.sum()
    assert sum(row["examples"] for row in found["classes"].values()) == own.sum()


def test_modules_of_several_networks_have_places_for_labels(seen, modules):
    _, x, _ = seen
    model = networks.network(("first", "second"))
    other = ModuleSet([Module("pink", Network(model), 0, modules.modules[0].masks)])
    merged = modules.subset(["blue"]).merge(other)
    answers = merged.classify(x)
    found = merged.evaluate(x, answers)
    assert found["composition"] == 1 and found["monolith"] is None
    assert merged.evaluate(x, answers.astype("float64"))["composition"] == 1
    for wrong, message in (
        (answers + 2, "numbers up to 1"),
        (answers - 5, "and -1 for none of these; received -5 to"),
        (answers + 0.5, "whole numbers"),
        (answers.astype(str), "whole numbers"),
        (None, "has 1 axes"),
    ):
        with pytest.raises(CallError, match=message):
            merged.evaluate(x, wrong)


@pytest.mark.one_backend
def test_overlap_counts_the_weights_of_units(seen):
    model, _, _ = seen
    masks = [
        {"first": np.arange(6)[None] < first, "second": np.arange(5)[None] >= second}
        for first, second in ((6, 0), (3, 0), (6, 2))
    ]
    network = Network(model)
    three = ModuleSet(Module(str(i), network, i, own) for i, own in enumerate(masks))
    lstm = 4 * (4 + 6 + 1)  # weights of a unit
    gru = 3 * (6 + 5 + 2)
    whole = 6 * lstm + 5 * gru
    wanted = np.ones((3, 3))
    wanted[0, 1] = wanted[1, 0] = 1 - 3 * lstm / whole
    wanted[0, 2] = wanted[2, 0] = 1 - 2 * gru / whole
    wanted[1, 2] = wanted[2, 1] = (3 * lstm + 3 * gru) / whole
    np.testing.assert_allclose(three.overlap(), wanted)
    apart = ModuleSet([Module("other", Network(networks.network(tuple(masks[0]))), 0, masks[0])])
    np.testing.assert_allclose(three.subset(["0"]).merge(apart).overlap(), np.eye(2))


@pytest.mark.one_backend
def test_f1_of_several_labels():
    model = networks.network(("second",), activation="sigmoid")
    x, _ = networks.texts()
    outputs = model.predict(x, verbose=0)
    y = (outputs > 0.5).astype(int)
    y[0] = 1 - y[0]
    y[1:3] = 1
    modules = decompose(model, (x, y), max_removed=0)
    found = modules.evaluate(x, y)
    with pytest.raises(CallError, match="None of the labels in y has a module"):
        modules.evaluate(x, 0 * y)
    said = outputs > 0.5
    wanted = 2 * (said & (y > 0)).sum() / (said.sum() + y.sum())
    assert found["metric"] == "f1"
    assert found["composition"] == found["monolith"] == pytest.approx(wanted)


@pytest.mark.usefixtures("few_shares")
def test_the_smallest_modules_stay_within_a_point(seen):
    model, x, y = seen
    small = decompose(model, (x, y), share="auto", held_back=(x, y))
    whole = decompose(model, (x, y), max_removed=0).evaluate(x, y)["composition"]
    found = small.evaluate(x, y)
    assert found["composition"] >= whole - 0.01 - 1e-9
    assert found["share_kept"] < 1
    with pytest.raises(CallError, match="'auto' needs held_back"):
        decompose(model, (x, y), share="auto")


@pytest.mark.one_backend
def test_a_curve_is_of_what_decompose_makes(seen):
    model, x, y = seen
    rows = removal_curve(model, (x, y), (x, y), shares=(0.4,), rules=("effect", "random"))
    assert [(row["rule"], row["share"]) for row in rows] == [
        *(("effect", 0), ("effect", 0.4), ("random", 0), ("random", 0.4))
    ]
    assert [row["removed"] for row in rows[::2]] == [0, 0]
    for row in rows[1::2]:
        modules = decompose(model, (x, y), rule=row["rule"], max_removed=row["share"])
        found = modules.evaluate(x, y)
        assert row["composition"] == pytest.approx(found["composition"])
        assert row["removed"] == pytest.approx(1 - found["share_kept"])


@pytest.mark.one_backend
@pytest.mark.usefixtures("few_shares")
def test_a_report(seen, modules, tmp_path):
    _, x, y = seen
    found = modules.report(x, y, tmp_path / "report")
    files = sorted(path.name for path in (tmp_path / "report").iterdir())
    assert files == ["curve.png", "overlap.png", "report.md", "units.png"]
    text = (tmp_path / "report" / "report.md").read_text()
    assert f"{100 * found['composition']:.1f}" in text and "| grey |" in text
    assert found["classes"]["red"]["parameters"] == modules.cut("red").count_params()
    assert {row["rule"] for row in found["curve"]} == {"effect", "tendency", "random"}
    cut = found["cut"]
    assert cut["parameters"] == found["classes"][cut["label"]]["parameters"]
    assert cut["parameters"] < cut["network_parameters"] == modules.networks[0].model.count_params()
    assert cut["examples_per_second"] > 0 and cut["network_examples_per_second"] > 0
    assert f"The module of '{cut['label']}', cut out, has " in text
    modules.report(x, y, tmp_path / "report", curve=False)
    (tmp_path / "report" / "report.md").write_text("# My notes\n")
    with pytest.raises(CallError, match="is no report of modules; name another folder"):
        modules.report(x, y, tmp_path / "report")
    assert (tmp_path / "report" / "report.md").read_text() == "# My notes\n"


@pytest.mark.one_backend
@pytest.mark.usefixtures("few_shares")
def test_a_curve_of_labels_in_turn_and_of_one_example(seen, modules):
    _, x, _ = seen
    two = modules.subset(["red", "green"])
    curve = two.report(x[:40], np.arange(40) % 2)["curve"]
    assert {row["metric"] for row in curve} == {"accuracy"}
    red = modules.subset(["red"])
    for place in range(3):
        alone = np.where(np.arange(8) == place, 0, 3)
        assert red.report(x[:8], alone)["curve"] == []


@pytest.mark.one_backend
def test_shares_are_of_all_units(seen):
    model, x, y = seen
    masks = {"first": np.arange(6)[None] < 1, "second": np.ones((1, 5), bool)}
    network = Network(model)
    two = ModuleSet(Module(str(i), network, i, masks) for i in range(2))
    found = two.evaluate(x, y)
    assert found["share_kept"] == pytest.approx(6 / 11)
    assert found["units_kept"] == 12


@pytest.mark.one_backend
def test_labels_that_have_no_module(seen, modules):
    _, x, y = seen
    with pytest.raises(CallError, match="None of the labels in y has a module"):
        modules.subset(["red"]).evaluate(x[y > 0], y[y > 0])
    with pytest.raises(CallError, match="as many examples"):
        modules.evaluate(x, y[:5])


@pytest.mark.one_backend
def test_labels_of_any_text_have_a_row_each(seen, tmp_path):
    model, x, y = seen
    labels = ["a|b", "c\nd\x1b[2J", "e" * 10**5, ""]
    decompose(model, (x, y), labels, rule="random").report(x, y, tmp_path, curve=False)
    text = (tmp_path / "report.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 6 and max(map(len, rows)) < 200 and "\x1b" not in text
    assert rows[2].startswith("| a\\|b |") and rows[3].startswith("| c d [2J |")
