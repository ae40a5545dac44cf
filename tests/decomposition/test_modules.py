"""Modules beside weight surgery by hand, alone and composed."""

import keras
import numpy as np
import pytest

from modzoo.decomposition.module_set import ModuleSet
from modzoo.decomposition.network import Module, Network
from tests.decomposition import networks
from tests.reference import decomposition as reference


def modules_of(model, masks, **options):
    network = Network(model, **options)
    return ModuleSet(
        Module(str(i), network, i, {name: mask[i] for name, mask in masks.items()})
        for i in range(networks.LABELS)
    )


def expected(model, x, masks, removal):
    """Margins `(examples, labels)`."""
    rows = []
    for ids in x:
        of_label = [{name: mask[i] for name, mask in masks.items()} for i in range(networks.LABELS)]
        logits = [networks.oracle(model, ids, kept, removal)[-1] for kept in of_label]
        rows.append([reference.margin(z, i) for i, z in enumerate(logits)])
    return np.array(rows)


@pytest.fixture(scope="module")
def stack():
    return networks.network()


CASES = [(True, "mask"), (False, "mask"), (False, "zero_weights")]


@pytest.mark.parametrize("is_rolled, removal", CASES)
def test_masks_do_what_surgery_does(stack, is_rolled, removal):
    x = networks.texts(6)[0]
    masks = networks.random_masks(stack, is_rolled)
    modules = modules_of(stack, masks, is_rolled=is_rolled, removal=removal)
    wanted = expected(stack, x, masks, removal)
    np.testing.assert_allclose(modules.margins(x), wanted, atol=2e-5)
    alone = modules.module("2").predict(x, verbose=0)
    np.testing.assert_allclose(alone[:, 1], reference.sigmoid(wanted[:, 2]), atol=1e-5)
    np.testing.assert_allclose(alone.sum(1), 1, atol=1e-6)
    if is_rolled:  # there it is all the same, and units can be left out
        again = expected(stack, x, masks, "zero_weights")
        np.testing.assert_allclose(again, wanted, atol=1e-12)
        small = modules.cut("2")
        np.testing.assert_allclose(small.predict(x, verbose=0), alone, atol=1e-5)
        assert small.get_layer("third").units == masks["third"][2].sum()
        assert small.count_params() < modules.module("2").count_params()


@pytest.mark.parametrize("num_labels", [2, 3, 7])
def test_a_composition_of_whole_modules_answers_as_the_network(num_labels):
    rng = np.random.default_rng(num_labels)
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            keras.layers.Bidirectional(keras.layers.GRU(4)),
            keras.layers.Dense(num_labels),
            keras.layers.Softmax(),
        ]
    )
    networks.drawn(model, num_labels)
    network = Network(model)
    ones = {site.name: np.ones((1, site.units), bool) for site in network.anatomy.sites}
    modules = ModuleSet(Module(str(i), network, i, ones) for i in range(num_labels))
    x = rng.normal(size=(300, 5, 3)).astype("float32")
    answers = model.predict(x, verbose=0)
    assert (modules.classify(x) == answers.argmax(-1)).all()
    assert modules.predict(x).shape == (300, num_labels)
    if num_labels == 2:
        np.testing.assert_allclose(modules.predict(x), answers, atol=1e-6)
