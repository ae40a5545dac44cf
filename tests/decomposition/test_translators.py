"""Encoders with decoders: modules of groups of texts, of which decoders alone lose units."""

import keras
import numpy as np
import pytest
from keras import layers

from modzoo.decomposition import ModuleSet, decompose
from modzoo.decomposition.bleu import bleu_of_ids
from modzoo.decomposition.network import Module, Network
from modzoo.errors import CallError
from tests.decomposition import networks
from tests.reference import decomposition as reference

READ, WRITTEN, OUTPUTS, UNITS = 4, 5, 6, 5
GROUPS = ["de", "fr"]


def repeated():
    """The decoder reads what the encoder read at each step."""
    words = keras.Input((READ,), dtype="int32")
    x = layers.Embedding(networks.WORDS, 4, mask_zero=True, name="words")(words)
    x = layers.LSTM(4, name="encoder")(x)
    x = layers.RepeatVector(WRITTEN)(x)
    x = layers.LSTM(UNITS, return_sequences=True, name="decoder")(x)
    head = layers.Dense(OUTPUTS, "softmax", name="written")
    return networks.drawn(keras.Model(words, layers.TimeDistributed(head)(x)))


def given():
    """The decoder begins with the encoder's states, and reads what is written before each step."""
    words = keras.Input((READ,), dtype="int32")
    before = keras.Input((WRITTEN,), dtype="int32")
    x = layers.Embedding(networks.WORDS, 4, mask_zero=True, name="words")(words)
    _, *states = layers.LSTM(UNITS, return_state=True, name="encoder")(x)
    x = layers.Embedding(OUTPUTS, 4, name="before")(before)
    x = layers.LSTM(UNITS, return_sequences=True, name="decoder")(x, initial_state=states)
    x = layers.Dense(OUTPUTS, "softmax", name="written")(x)
    return networks.drawn(keras.Model([words, before], x))


def data(model, count=32):
    """Texts, what is written, with a step left out in some, and groups."""
    rng = np.random.default_rng(0)
    x = [networks.texts(count, READ)[0]]
    y = rng.integers(0, OUTPUTS, (count, WRITTEN))
    if len(model.inputs) > 1:
        x.append(np.pad(y, [(0, 0), (1, 0)])[:, :-1])
    y[::4, -1] = -1
    return x, y, [GROUPS[i % 2] for i in range(count)]


def log_probabilities(model, row, kept, removal="mask"):
    """`(WRITTEN, OUTPUTS)`, by the oracle."""
    embedded = model.get_layer("words").get_weights()[0][row[0]]
    weights = model.get_layer("encoder").get_weights()
    ones = np.ones((1, model.get_layer("encoder").units))
    *_, states = reference.walk("lstm", weights, embedded, row[0] > 0, ones, "mask")
    x, initial = np.repeat(states[0][None], WRITTEN, axis=0), None
    if len(row) > 1:
        x, initial = model.get_layer("before").get_weights()[0][row[1]], states
    weights, present = model.get_layer("decoder").get_weights(), np.ones(WRITTEN)
    x = reference.run("lstm", weights, x, present, kept, removal, initial)
    kernel, bias = model.layers[-1].get_weights()
    return reference.log_softmax(x @ kernel + bias)


@pytest.fixture(scope="module", params=[repeated, given], ids=lambda make: make.__name__)
def seen(request):
    model = request.param()
    return model, *data(model)


@pytest.mark.parametrize("is_rolled, removal", [(True, "mask"), (False, "zero_weights")])
def test_masks_do_what_surgery_does(seen, is_rolled, removal):
    model, x, _, _ = seen
    rng = np.random.default_rng(1)
    masks = rng.random((2, 1 if is_rolled else WRITTEN, UNITS)) > 0.4
    network = Network(model, is_translator=True, is_rolled=is_rolled, removal=removal)
    modules = ModuleSet(
        Module(name, network, i, {"decoder": masks[i]}) for i, name in enumerate(GROUPS)
    )
    some = [array[:4] for array in x]
    wanted = np.exp(
        [
            [log_probabilities(model, row, mask, removal) for mask in masks]
            for row in zip(*some, strict=True)
        ]
    )
    np.testing.assert_allclose(modules.predict(some), wanted, atol=1e-5)
    fed = some if len(some) > 1 else some[0]
    alone = modules.module("fr").predict(fed, verbose=0)
    np.testing.assert_allclose(alone, wanted[:, 1], atol=1e-5)


def test_the_least_units_go_by_what_is_written_in_the_own_group(seen):
    model, x, y, groups = seen
    modules = decompose(model, (x, y), groups=groups, max_removed=0.6)
    assert modules.labels == GROUPS
    for label, masks in modules.masks.items():
        own, kept = np.flatnonzero(np.array(groups) == label), np.ones((1, UNITS))
        for _ in range(3):  # of five units at most one goes in a turn
            costs = []
            for unit in range(UNITS):
                effects = [_derivative(model, [a[i] for a in x], y[i], kept, unit) for i in own]
                costs.append(np.square(effects).mean())
            kept[0, np.where(kept[0] > 0, costs, np.inf).argmin()] = 0
        assert masks.keys() == {"decoder"}  # the encoder is not touched
        np.testing.assert_array_equal(masks["decoder"], kept > 0)


def _derivative(model, row, y, around, unit):
    said = []
    for change in (1e-4, -1e-4):
        kept = around.copy()
        kept[0, unit] += change
        found = log_probabilities(model, row, kept)
        said.append(sum(found[t, y[t]] for t in range(WRITTEN) if y[t] >= 0))
    return (said[0] - said[1]) / 2e-4


@pytest.mark.one_backend
@pytest.mark.usefixtures("few_shares")
def test_figures_and_files(tmp_path):
    model = given()
    x, _, groups = data(model)
    y = model.predict(x, verbose=0).argmax(-1)
    y[::3] = (y[::3] + 1) % OUTPUTS
    modules = decompose(
        model, (x, y), groups=groups, share="auto", held_back=(x, y, groups), mode="unrolled"
    )
    found = modules.report(x, y, tmp_path / "report", groups=groups)
    written = modules.predict(x).argmax(-1)
    own = written[np.arange(len(y)), [GROUPS.index(name) for name in groups]]
    assert found["metric"] == "bleu"
    assert found["composition"] == pytest.approx(bleu_of_ids(own, y, has_vocabulary=False))
    assert 40 < found["monolith"] < 90
    assert found["composition"] >= found["monolith"] - 1 - 1e-9
    assert len(found["curve"]) == 6 and found["classes"]["fr"]["examples"] == len(y) // 2
    modules.save(tmp_path / "set")
    loaded = ModuleSet.load(tmp_path / "set")
    np.testing.assert_allclose(loaded.predict(x), modules.predict(x), atol=1e-6)
    parts = loaded.subset(["fr"]).merge(loaded.subset(["de"]))
    np.testing.assert_allclose(parts.predict(x), modules.predict(x)[:, ::-1], atol=1e-5)
    composed = modules.compose()
    composed.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras").predict(x, verbose=0)
    np.testing.assert_allclose(again, modules.predict(x), atol=1e-6)


@pytest.mark.one_backend
def test_a_translator_cut_out():
    model = repeated()
    x, y, groups = data(model)
    modules = decompose(model, (x, y), groups=groups, rule="random", max_removed=0.4)
    small = modules.cut("de")
    assert (small.get_layer("encoder").units, small.get_layer("decoder").units) == (4, 3)
    wanted = modules.module("de").predict(x[0], verbose=0)
    np.testing.assert_allclose(small.predict(x[0], verbose=0), wanted, atol=1e-5)


@pytest.mark.one_backend
def test_calls_that_are_wrong():
    model = repeated()
    x, y, groups = data(model)
    modules = decompose(model, (x, y), groups=groups, rule="random")
    tagger = networks.network(("second",), per_step=True)
    ids, _ = networks.texts()
    calls = [
        (lambda: decompose(model, (x, y), groups=groups[1:]), "name an example, received 31 for"),
        (lambda: decompose(tagger, (ids, ids % 4), groups=["a"] * 40), "need an encoder and a dec"),
        (lambda: modules.classify(x), "there are no labels to choose"),
        (lambda: modules.evaluate(x, y, ["it"] * 32), "None of the labels in y has a module"),
        (lambda: modules.evaluate(x, y), "marked by the group of each example"),
    ]
    for call, message in calls:
        with pytest.raises(CallError, match=message):
            call()
