"""Networks that are no plain stack: read in both directions, last step first, or beside others."""

import keras
import numpy as np
import pytest
from keras import layers

from modzoo.decomposition import ModuleSet, decompose
from modzoo.decomposition.anatomy import anatomy_of
from modzoo.decomposition.effects import effects
from modzoo.decomposition.network import Module, Network
from modzoo.decomposition.observed import Targets
from modzoo.decomposition.probe import Probe
from modzoo.errors import CallError
from tests.decomposition import networks
from tests.reference import decomposition as reference

STEPS, LABELS = 5, 3


def both_ways():
    """Two layers in both directions, of texts with padding."""
    inputs = keras.Input((STEPS,), dtype="int32")
    x = layers.Embedding(networks.WORDS, 4, mask_zero=True, name="words")(inputs)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="first")(x)
    x = layers.Bidirectional(layers.GRU(4), merge_mode="sum", name="second")(x)
    return networks.drawn(keras.Model(inputs, layers.Dense(LABELS, name="labels")(x)))


def both_ways_logits(model, ids, kept, removal="mask"):
    x, present = model.get_layer("words").get_weights()[0].astype("float64")[ids], ids > 0
    for name, kind in (("first", "lstm"), ("second", "gru")):
        weights = model.get_layer(name).get_weights()
        pairs = weights[:3], weights[3:]
        masks = [kept[f"{name}/{half}"] for half in ("forward", "backward")]
        forward, backward = reference.run_both_ways(kind, pairs, x, present, masks, removal)
        x = np.concatenate([forward, backward], axis=1)
    kernel, bias = model.get_layer("labels").get_weights()
    return (forward[-1] + backward[0]) @ kernel + bias


def last_first():
    """Read from the last step on, of numbers, and built by `add`."""
    model = keras.Sequential([keras.Input((STEPS, 3))])
    model.add(layers.SimpleRNN(4, go_backwards=True, return_sequences=True, name="first"))
    model.add(layers.GRU(5, name="second"))
    model.add(layers.Dense(LABELS, "softmax", name="labels"))
    return networks.drawn(model)


def last_first_logits(model, x, kept, removal="mask"):
    present = np.ones(STEPS, bool)
    weights = model.get_layer("first").get_weights()
    x = reference.run("simple", weights, x[::-1], present, kept["first"][::-1], removal)
    weights = model.get_layer("second").get_weights()
    x = reference.run("gru", weights, x, present, kept["second"], removal)
    kernel, bias = model.get_layer("labels").get_weights()
    return x[-1] @ kernel + bias


def numbers(count):
    return np.random.default_rng(0).normal(size=(count, STEPS, 3)).astype("float32")


NETWORKS = {
    "both_ways": (both_ways, both_ways_logits, lambda n: networks.texts(n, STEPS)[0]),
    "last_first": (last_first, last_first_logits, numbers),
}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    make, logits, data = NETWORKS[request.param]
    return make(), logits, data(18)


@pytest.mark.parametrize("is_rolled", [True, False])
def test_masks_do_what_surgery_does(network, is_rolled):
    model, logits, x = network
    whole = Network(model, is_rolled=is_rolled)
    rng = np.random.default_rng(1)
    masks = {
        site.name: rng.random((LABELS, 1 if is_rolled else STEPS, site.units)) > 0.3
        for site in whole.anatomy.sites
    }
    modules = ModuleSet(
        Module(str(i), whole, i, {name: mask[i] for name, mask in masks.items()})
        for i in range(LABELS)
    )
    wanted = [
        [
            reference.margin(logits(model, row, {n: m[i] for n, m in masks.items()}), i)
            for i in range(LABELS)
        ]
        for row in x[:5]
    ]
    np.testing.assert_allclose(modules.margins(x[:5]), wanted, atol=2e-5)


@pytest.mark.parametrize("is_rolled", [True, False])
def test_effects_are_derivatives_of_the_margin(network, is_rolled):
    model, logits, x = network
    y = np.arange(len(x)) % LABELS
    anatomy = anatomy_of(model)
    targets = Targets(anatomy, y)
    observed = targets.observed(1, 5, seed=0)
    asked = [targets.selectors(1, observed)]
    (effects_of,) = effects(Probe(anatomy, [x]), [x], asked, [observed], is_rolled)
    step, unit = 1, 2
    for site in anatomy.sites:
        found = []
        for row in observed.rows:
            margins = []
            for change in (1e-4, -1e-4):
                kept = {each.name: np.ones((STEPS, each.units)) for each in anatomy.sites}
                kept[site.name][slice(None) if is_rolled else step, unit] += change
                margins.append(reference.margin(logits(model, x[row], kept), 1))
            found.append((margins[0] - margins[1]) / 2e-4)
        got = effects_of[site.name][:, 0 if is_rolled else step, unit]
        np.testing.assert_allclose(got, found, rtol=2e-3, atol=1e-6, err_msg=site.name)


def test_states_of_the_last_step_first_are_at_their_steps():
    model, x = last_first(), numbers(3)
    probe = Probe(anatomy_of(model), [x])
    ((states, present),) = probe.states([x], [(probe.sites[0], slice(1, 3))])
    weights, ones = model.get_layer("first").get_weights(), np.ones((1, 4))
    assert present.all()
    for row, found in zip(x, states, strict=True):
        wanted = reference.run("simple", weights, row[::-1], np.ones(STEPS), ones, "mask")
        np.testing.assert_allclose(found, wanted[::-1, 1:3], atol=1e-5)


@pytest.mark.one_backend
def test_a_module_is_cut_out_of_a_network_that_was_built_by_add():
    model, x = last_first(), numbers(18)
    modules = decompose(model, (x, np.arange(18) % LABELS), max_removed=0.5)
    small = modules.cut("1")
    assert small.get_layer("second").units == 3
    wanted = modules.module("1").predict(x, verbose=0)
    np.testing.assert_allclose(small.predict(x, verbose=0), wanted, atol=1e-5)


def test_what_a_layer_has_adapted_to_is_kept():
    x = 7 + 3 * numbers(20)
    centred = [layers.Normalization(), layers.Normalization()]
    centred[0].adapt(x)
    centred[1].adapt(x.reshape(-1, 3))
    model = keras.Sequential(
        [
            keras.Input((STEPS, 3)),
            centred[0],
            layers.TimeDistributed(centred[1]),
            layers.GRU(4),
            layers.Dense(LABELS),
        ]
    )
    modules = decompose(model, (x, np.arange(20) % LABELS), max_removed=0)
    logits = model.predict(x, verbose=0)
    wanted = logits[:, 1] - logits[:, [0, 2]].mean(1)
    for margins in (modules.margins(x)[:, 1], _log_odds(modules.module("1").predict(x, verbose=0))):
        np.testing.assert_allclose(margins, wanted, atol=1e-4)


def _log_odds(pairs):
    return np.log(pairs[:, 1] / pairs[:, 0])


def test_inputs_by_name():
    words, sizes = keras.Input((STEPS,), dtype="int32", name="words"), keras.Input((2,), name="a")
    x = layers.GRU(4)(layers.Embedding(9, 3)(words))
    x = layers.Concatenate()([x, sizes])
    model = networks.drawn(
        keras.Model({"words": words, "a": sizes}, layers.Dense(LABELS, "softmax")(x))
    )
    rng = np.random.default_rng(0)
    data = {"words": rng.integers(0, 9, (20, STEPS)), "a": rng.normal(size=(20, 2))}
    modules = decompose(model, (data, np.arange(20) % LABELS), max_removed=0)
    assert (modules.classify(data) == model.predict(data, verbose=0).argmax(-1)).all()
    with pytest.raises(CallError, match="inputs are a, words, received words"):
        modules.classify({"words": data["words"]})


@pytest.mark.one_backend
def test_names_that_are_taken():
    """Those that a fresh process would give, as where a model was read from a file."""
    inputs = keras.Input((STEPS, 3))
    x = layers.Bidirectional(layers.GRU(3), name="concatenate")(
        layers.Dense(3, name="dense")(inputs)
    )
    for name in ("margins", "module", "probability", "logits", "concatenate_masks"):
        x = layers.Dense(4, name=name)(x)
    model = networks.drawn(keras.Model(inputs, layers.Dense(LABELS, name="dense_1")(x)))
    keras.utils.clear_session()
    x = numbers(12)
    modules = decompose(model, (x, np.arange(12) % LABELS), mode="unrolled", max_removed=0)
    assert modules.compose().predict(x, verbose=0).shape == (12, LABELS)
    assert modules.module("1").predict(x, verbose=0).shape == (12, 2)


def chain(*ends):
    model = keras.Sequential([keras.Input((STEPS, 3)), layers.GRU(4, name="cell"), *ends])
    return networks.drawn(model)


def cut(model, mask=(1, 0, 1, 1), **options):
    network = Network(model, **options)
    masks = {"cell": np.array([mask], bool)}
    return ModuleSet([Module("a", network, 0, masks)])


def logistic():
    cell = layers.SimpleRNN(4, activation="sigmoid", name="cell")
    return keras.Sequential([keras.Input((STEPS, 3)), cell, layers.Dense(3)])


CUTS = [
    (lambda: cut(chain(layers.Activation("softmax"), layers.Dense(3))), "Activation, reads all"),
    (lambda: cut(chain(layers.Dense(3)), (0, 0, 0, 0)), "has no unit of cell"),
    (lambda: cut(logistic(), removal="zero_weights"), "decompose with removal='mask' to cut"),
]


@pytest.mark.one_backend
@pytest.mark.parametrize("make, message", CUTS)
def test_modules_that_cannot_be_cut(make, message):
    with pytest.raises(CallError, match=message):
        make().cut("a")


@pytest.mark.one_backend
def test_units_that_are_not_0_at_0():
    x = numbers(6)
    model = networks.drawn(logistic())
    masked, zeroed = (cut(model, removal=removal) for removal in ("mask", "zero_weights"))
    small = masked.cut("a").predict(x, verbose=0)
    np.testing.assert_allclose(small, masked.module("a").predict(x, verbose=0), atol=1e-5)
    alone = zeroed.module("a")
    assert {type(layer).__module__.split(".")[0] for layer in alone.layers} == {"keras"}
    wanted = 1 / (1 + np.exp(-zeroed.margins(x)[:, 0]))
    np.testing.assert_allclose(alone.predict(x, verbose=0)[:, 1], wanted, atol=1e-5)
    assert np.abs(small[:, 1] - wanted).max() > 1e-3
