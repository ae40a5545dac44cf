"""Which units go, and what is asked of models and data."""

import keras
import numpy as np
import pytest

from modzoo import decomposition
from modzoo.decomposition.anatomy import anatomy_of
from modzoo.decomposition.effects import effects
from modzoo.decomposition.observed import Targets
from modzoo.decomposition.probe import Probe
from modzoo.decomposition.rating import rate
from modzoo.decomposition.removal_order import removal_order
from modzoo.decomposition.rules import FEW, masks_by, tendency_scores
from modzoo.errors import CallError
from tests.decomposition import networks
from tests.reference import decomposition as reference

NAMES = ("first", "second")


@pytest.fixture(scope="module")
def seen():
    """A network, data, and what a probe of it finds for two labels."""
    model = networks.network(NAMES)
    x, y = networks.texts(24)
    anatomy = anatomy_of(model)
    targets = Targets(anatomy, y)
    observed = [targets.observed(column, 6, seed=0) for column in (1, 3)]
    return model, x, targets, observed, Probe(anatomy, [x])


def rated(seen, rule, is_rolled):
    _, x, targets, observed, probe = seen
    return rate(probe, [x], targets, [1, 3], observed, rule, is_rolled)


def effect(model, ids, column, masks, name, step, unit, is_rolled):
    """The derivative of the margin by a mask, from differences in the oracle."""
    margins = []
    for change in (1e-4, -1e-4):
        shape = {n: (networks.STEPS, model.get_layer(n).units) for n in NAMES}
        kept = {n: np.broadcast_to(masks[n], shape[n]).astype("float64") for n in NAMES}
        kept[name][slice(None) if is_rolled else step, unit] += change
        margins.append(reference.margin(networks.oracle(model, ids, kept)[-1], column))
    return (margins[0] - margins[1]) / 2e-4


def found_effects(seen, is_rolled, masks=None):
    _, x, targets, observed, probe = seen
    asked = [targets.selectors(*pair) for pair in zip((1, 3), observed, strict=True)]
    return effects(probe, [x], asked, observed, is_rolled, masks)


@pytest.mark.parametrize("is_rolled", [True, False])
@pytest.mark.parametrize("is_whole", [True, False])
def test_effects_are_derivatives_of_the_margin(seen, is_rolled, is_whole):
    model, x, _, observed, probe = seen
    rng = np.random.default_rng(3)
    masks = [
        {
            site.name: rng.random((1 if is_rolled else networks.STEPS, site.units)) > 0.4 * i
            for site in probe.sites
        }
        for i in (0, 1)
    ]
    if is_whole:
        masks[1] = {name: np.ones_like(mask) for name, mask in masks[1].items()}
    found = found_effects(seen, is_rolled, None if is_whole else masks)
    for name, step, unit in (("first", 0, 2), ("first", 1, 5), ("second", 0, 3)):
        for i, column in enumerate((1, 3)):
            wanted = [
                effect(model, x[row], column, masks[i], name, step, unit, is_rolled)
                for row in observed[i].rows
            ]
            got = found[i][name][:, 0 if is_rolled else step, unit]
            np.testing.assert_allclose(got, wanted, rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("is_rolled", [True, False])
def test_units_go_in_the_order_in_which_least_changes(seen, is_rolled):
    _, x, _, observed, _ = seen
    scores = rated(seen, "effect", is_rolled)
    counted = [
        {
            name: [
                step
                for step in range(scores[name].shape[1])
                if is_rolled or (x[own.rows[own.is_positive], step] > 0).sum() >= FEW
            ]
            for name in NAMES
        }
        for own in observed
    ]

    def order(found, counted):
        places = [(name, step) for name in NAMES for step in counted[name]]
        turns = reference.removal_order([found[n][:, t].astype("float64") for n, t in places])
        return dict(zip(places, turns, strict=True))

    whole = found_effects(seen, is_rolled)
    half = []
    for i, found in enumerate(whole):
        half.append({name: np.ones(scores[name][i].shape, bool) for name in NAMES})
        for (name, step), turns in order(found, counted[i]).items():
            half[i][name][step] = np.array(turns) >= len(turns) // 2
    second = found_effects(seen, is_rolled, half)
    for i in range(2):
        mean = {name: (whole[i][name] + second[i][name]) / 2 for name in NAMES}
        wanted = {name: np.full(scores[name][i].shape, np.inf) for name in NAMES}
        for (name, step), turns in order(mean, counted[i]).items():
            wanted[name][step] = turns
        for name in NAMES:
            np.testing.assert_array_equal(scores[name][i], wanted[name])
    if not is_rolled:  # nothing is concluded of a step that few positives have
        assert any(len(steps["first"]) < networks.STEPS for steps in counted)


@pytest.mark.one_backend
def test_removal_order_is_by_the_sum_of_what_has_gone():
    rng = np.random.default_rng(0)
    effects = [rng.normal(size=(20, width)) for width in (7, 4, 5)]
    found = removal_order(effects)
    assert [turns.tolist() for turns in found] == reference.removal_order(effects)
    one = rng.normal(size=(20, 1))
    (turns,) = removal_order([np.concatenate([one, 2 * one, -one, np.zeros((20, 2))], 1)])
    assert turns.tolist() == [2, 4, 3, 0, 1]  # what does nothing; then what takes back the first
    assert removal_order([]) == []


@pytest.mark.one_backend
def test_few_examples_are_held_of_large_networks(seen, monkeypatch):
    observed = seen[3]
    thinned = observed[0].thinned(6)
    assert thinned.is_positive.tolist() == [True] * 3 + [False] * 3
    bytes_of_row = 4 * sum(site.units for site in seen[-1].sites)
    few = [each.thinned(6) for each in observed]
    wanted = rated((*seen[:3], few, seen[-1]), "effect", True)
    monkeypatch.setattr("modzoo.decomposition.rating.MAX_BYTES", 6 * bytes_of_row)
    for name, scores in rated(seen, "effect", True).items():
        np.testing.assert_array_equal(scores, wanted[name])


def test_tendencies_are_the_papers(seen):
    model, x, _, observed, _ = seen
    scores = rated(seen, "tendency", True)
    ones = {name: np.ones((1, model.get_layer(name).units)) for name in NAMES}
    embedded = np.asarray(model.get_layer("words").get_weights()[0], "float64")
    weights = model.get_layer("first").get_weights()
    states = [
        reference.run("lstm", weights, embedded[ids], ids > 0, ones["first"], "mask") for ids in x
    ]
    for i, each in enumerate(observed):
        for unit in range(6):
            values = {
                sign: np.concatenate(
                    [states[r][x[r] > 0, unit] for r in each.rows[each.is_positive == sign]]
                )
                for sign in (True, False)
            }
            difference = reference.tendency(values[True]) - reference.tendency(values[False])
            wanted = difference if difference < 0 else np.inf
            np.testing.assert_allclose(scores["first"][i, 0, unit], wanted, atol=1e-5)


def test_tendencies_of_steps_are_of_their_own_steps():
    model = networks.network(("second",), per_step=True)
    x, _ = networks.texts(24)
    y = np.where(x > 0, (x + 1) % networks.LABELS, -1)
    anatomy = anatomy_of(model)
    targets = Targets(anatomy, y)
    each = targets.observed(2, 15, seed=0)
    scores = rate(Probe(anatomy, [x]), [x], targets, [2], [each], "tendency", True)["second"]
    embedded = np.asarray(model.get_layer("words").get_weights()[0], "float64")
    weights, ones = model.get_layer("second").get_weights(), np.ones((1, 5))
    states = np.array(
        [reference.run("gru", weights, embedded[ids], ids > 0, ones, "mask") for ids in x]
    )[each.rows, each.steps]
    for unit in range(5):
        own, others = (states[each.is_positive == sign, unit] for sign in (True, False))
        difference = reference.tendency(own) - reference.tendency(others)
        wanted = difference if difference < 0 else np.inf
        np.testing.assert_allclose(scores[0, 0, unit], wanted, atol=1e-5)


def test_units_of_relu_go_where_neither_needs_them():
    states = np.array([[0, 1, 0, 0.0], [0, 0, 0, 2]] * FEW)
    positive = np.array([True, False] * FEW)
    scores = tendency_scores(states, np.ones(2 * FEW, bool), positive, is_relu=True)
    assert np.isfinite(scores).tolist() == [True, False, True, False]


def test_a_state_that_stands_out_counts_for_nothing():
    values = np.array([[1.0], [1.06], [0.94], [1.05], [0.95], [50.0]])
    scores = tendency_scores(
        np.concatenate([values, values[:5] + 0.2]), np.ones(11, bool), np.arange(11) < 6, False
    )
    np.testing.assert_allclose(scores, [-0.2])


@pytest.mark.parametrize(
    "scores, share, kept",
    [
        ([3, 1, 2, 4, 5], 0.4, [1, 0, 0, 1, 1]),
        ([3, 1, 2, 4, 5], 0.39, [1, 0, 1, 1, 1]),
        ([1, 1 + 1e-9, 1, 9, 1], 0.4, [0, 0, 1, 1, 1]),  # ties go by number
        ([-1, np.inf, -2, np.inf, np.inf], 0.8, [0, 1, 0, 1, 1]),
        ([0, 0, 0, 0, 0], 0, [1, 1, 1, 1, 1]),
    ],
)
def test_the_least_scores_go(scores, share, kept):
    assert masks_by(np.array(scores, "float64"), share).tolist() == list(map(bool, kept))


def test_negatives_come_from_all_other_labels(seen):
    _, _, targets, _, _ = seen
    each = targets.observed(0, 6, seed=3)
    assert (targets.y[each.rows[each.is_positive]] == 0).all()
    assert np.bincount(targets.y[each.rows[~each.is_positive]]).tolist() == [0, 2, 2, 2]


KINDS = {
    "steps": ({"per_step": True}, lambda x, y: np.where(x > 0, (x + 1) % networks.LABELS, -1)),
    "several_labels": (
        {"activation": "sigmoid"},
        lambda x, y: np.eye(networks.LABELS, dtype=int)[y] | (np.arange(networks.LABELS) == 2),
    ),
}


@pytest.mark.one_backend
def test_steps_without_any_of_several_labels():
    model = networks.network(("second",), per_step=True, activation="sigmoid")
    x, _ = networks.texts()
    said = model.predict(x, verbose=0) > 0.5
    y = said.astype(int)
    y[0] = 1
    y[x == 0] = -1
    modules = decomposition.decompose(model, (x, y), max_removed=0)
    targets = Targets(anatomy_of(model), y)
    seen = targets.observed(2, 50, seed=0)
    assert (x[seen.rows, seen.steps] > 0).all()
    assert (y[seen.rows, seen.steps, 2] == seen.is_positive).all()
    found = modules.evaluate(x, y)
    said, true = said[x > 0], y[x > 0]
    wanted = 2 * (said & true).sum() / (said.sum() + true.sum())
    assert found["composition"] == found["monolith"] == pytest.approx(wanted)
    assert found["classes"]["2"]["examples"] == (y[..., 2] == 1).sum()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rule", ["effect", "tendency"])
def test_other_kinds_of_labels(kind, rule):
    options, labelled = KINDS[kind]
    model = networks.network(("second",), **options)
    x, y = networks.texts()
    y = labelled(x, y)
    if kind == "several_labels":
        y[0] = 0  # one has none of them
    modules = decomposition.decompose(model, (x, y), rule=rule, max_removed=0)
    outputs = model.predict(x, verbose=0)
    if kind == "steps":
        answers = modules.classify(x)
        assert (answers == outputs.argmax(-1))[x > 0].all()
    else:
        np.testing.assert_allclose(modules.predict(x), outputs, atol=1e-6)
    fewer = decomposition.decompose(model, (x, y), rule=rule, only=["1"], max_removed=0.4)
    removed = (~fewer.masks["1"]["second"]).sum()
    assert removed == 2 if rule == "effect" else removed <= 2


def lone(layer, head=None, steps=4):
    inputs = keras.Input((steps, 3), batch_size=2 if layer.__class__.__name__ == "LSTM" else None)
    return keras.Model(inputs, (head or keras.layers.Dense(2, "softmax"))(layer(inputs)))


def softmax_of_steps():
    inputs = keras.Input((4, 3))
    x = keras.layers.Dense(2)(keras.layers.GRU(3, return_sequences=True)(inputs))
    return keras.Model(inputs, keras.layers.Softmax(axis=1)(x))


def turned_round():
    inputs = keras.Input((4, 3))
    x = keras.layers.Dense(2, name="labels")(keras.layers.GRU(3)(inputs))
    return keras.Model(inputs, keras.ops.flip(x, axis=-1))


MODELS = [
    (lambda: lone(keras.layers.Flatten()), "SimpleRNN, an LSTM or a GRU.*flatten"),
    (lambda: lone(keras.layers.LSTM(3, stateful=True, name="kept")), "layer kept is stateful"),
    (lambda: lone(keras.layers.RNN(keras.layers.LSTMCell(3), name="own")), "layer own, a RNN"),
    (lambda: lone(keras.layers.GRU(3), keras.layers.Dense(2, "relu")), "activations.*'relu'"),
    (lambda: lone(keras.layers.GRU(3), keras.layers.Dense(1)), "one output and no sigmoid"),
    (lambda: lone(keras.layers.GRU(3), keras.layers.Activation("softmax")), "ends in a Dense"),
    (softmax_of_steps, "softmax over its labels, axis -1; its axis is 1"),
    (turned_round, "operation flip.* comes behind labels: end in the layers Softmax"),
]


@pytest.mark.one_backend
@pytest.mark.parametrize("make, message", MODELS)
def test_models_that_cannot_be_taken_apart(make, message):
    with pytest.raises(CallError, match=message):
        anatomy_of(make())


X, Y = networks.texts()
CALLS = [
    ({"x": X[:, :4]}, r"examples of shape \(6\) .* x has examples of shape \(4\)"),
    ({"x": X.astype(str)}, "x holds numbers"),
    ({"x": X + 40}, "knows the ids 0 to 11, x has 40 to"),
    ({"x": np.where(X == 3, 3.5, X)}, r"whole numbers as its input .*, int32; .* of x has 3\.5"),
    ({"x": X + 2**32}, "whole numbers as its input .*, int32; example 0 of x has 42949"),
    ({"x": np.where(X == 3, np.nan, X)}, "whole numbers as its input .* of x has nan"),
    ({"x": X[:7]}, "as many examples, received 7 and 40"),
    ({"y": Y[:, None]}, r"y of shape \(examples\), received \(40, 1\)"),
    ({"y": Y + 1}, "y from 0 to 3, received 1 to 4"),
    ({"y": Y + 0.5}, "whole numbers"),
    ({"y": Y.astype(str)}, "whole numbers, received others, of <U"),
    ({"x": {"words": X}}, "reads a list of inputs or a single one"),
    ({"only": []}, "names a label at least"),
    ({"y": np.where(Y == 2, 1, Y)}, "label '2' has no positive example"),
    ({"labels": ["a", "b"]}, "4 outputs, received 2 labels"),
    ({"only": ["7"]}, "no labels '7'; there are: 0, 1, 2, 3"),
    ({"labels": ["a", "b", "a", "c"]}, "differ, received twice: a"),
    ({"only": ["1", "1"]}, "differ, received twice: 1"),
    ({"mode": "rolling"}, "no mode 'rolling'"),
    ({"max_removed": 1}, r"share in \[0, 1\), received 1"),
    ({"max_positives": 1001}, "from 1 to 1,000"),
    ({"groups": ["a"] * 40}, "Groups are for models that write a sequence"),
]


@pytest.mark.one_backend
@pytest.mark.parametrize("changes, message", CALLS)
def test_calls_that_are_wrong(changes, message):
    given = {"x": X, "y": Y, **changes}
    data = given.pop("x"), given.pop("y")
    with pytest.raises(CallError, match=message):
        decomposition.decompose(networks.network(("second",)), data, **given)


@pytest.mark.parametrize("kind", [">i4", "uint64", "int64", "longdouble", "bool"])
def test_numbers_of_any_type_that_hold_the_ids(seen, kind):
    model, x, targets, _, _ = seen
    ids = x % 2 if kind == "bool" else x
    modules = decomposition.decompose(model, (x, targets.y), only=["1"], rule="random")
    np.testing.assert_array_equal(modules.margins(ids.astype(kind)), modules.margins(ids))


@pytest.mark.one_backend
def test_numbers_that_fit_no_input():
    model = lone(keras.layers.GRU(3))
    x, y = np.ones((8, 4, 3)), np.arange(8) % 2
    for number, said in ((1e300, r"1e\+300"), (np.inf, "inf"), (np.nan, "nan")):
        x[5, 1, 2] = number
        message = f"reads finite numbers as its input .*, float32; example 5 of x has {said}"
        with pytest.raises(CallError, match=message):
            decomposition.decompose(model, (x, y))
    words = keras.Sequential([keras.Input((4,)), keras.layers.Embedding(9, 3)])
    words.add(keras.layers.GRU(3))
    words.add(keras.layers.Dense(2))
    with pytest.raises(CallError, match="reads ids, whole numbers; x has others"):
        decomposition.decompose(words, (np.full((8, 4), 0.5), y))


@pytest.mark.one_backend
def test_few_examples_of_long_sequences_pass_at_once(seen, monkeypatch):
    x, probe = seen[1], seen[-1]
    assert probe.batch == 256
    monkeypatch.setattr("modzoo.decomposition.portions.MOST_NUMBERS", 5 * networks.STEPS * 6)
    few = Probe(probe.anatomy, [x])
    assert few.batch == 5
    for rule in ("effect", "tendency"):
        wanted = rated(seen, rule, False)
        for name, scores in rated((*seen[:4], few), rule, False).items():
            np.testing.assert_allclose(scores, wanted[name], atol=1e-5)


@pytest.mark.one_backend
def test_an_example_that_fills_memory():
    inputs = keras.Input((4, 3))
    x = keras.layers.RepeatVector(10**9, name="bomb")(keras.layers.GRU(2)(inputs))
    x = keras.layers.Dense(2)(keras.layers.LSTM(5)(x))
    data = np.zeros((8, 4, 3)), np.arange(8) % 2
    with pytest.raises(CallError, match="5,000,000,000 numbers of one example; a model to decom"):
        decomposition.decompose(keras.Model(inputs, x), data)
