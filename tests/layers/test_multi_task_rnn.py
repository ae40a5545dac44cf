import keras
import numpy as np
import pytest

from modzoo.layers import MultiTaskRNN
from modzoo.layers.multi_task_names import BASES, SHARINGS
from modzoo.training import TemperatureSchedule
from tests.backends import assert_equal_trees, outputs, randomise
from tests.layers.test_routed_encoder import MASK, X, tensor

TASKS, UNITS, SHARED = 2, 4, 3
SMALL = {"num_tasks": TASKS, "units": UNITS, "sharing_units": SHARED, "num_modules": 2}


def built(**arguments):
    layer = MultiTaskRNN(**{**SMALL, "return_decisions": True, **arguments})
    layer.build(X.shape)
    randomise(layer)
    return layer


def call(layer, x=X, **kwargs):
    return outputs(lambda: layer(tensor(x), mask=tensor(MASK), **kwargs), layer.variables)


PAIRS = [(base, sharing) for base in BASES for sharing in SHARINGS]
FAST = {("girnet", "mt_rmn"), ("sluice", "rrn_rmn"), ("dc_mtl", "ic_mtl"), ("rrn", "dc_mtl")}


@pytest.mark.parametrize(
    ("base", "sharing"),
    [pytest.param(*p, marks=[] if p in FAST else pytest.mark.slow) for p in PAIRS],
)
def test_each_task_reads_the_base_model_and_what_is_shared(base, sharing):
    layer = built(base=base, sharing=sharing)
    found, decisions = call(layer)
    own, decided = call(layer.base_layer)
    width = layer.base_layer.output_width
    assert [y.shape for y in found] == [(*MASK.shape, layer.output_width)] * TASKS
    for y, h in zip(found, own, strict=True):
        np.testing.assert_allclose(y[..., :width], h, atol=1e-6)
        assert np.all(y[~MASK] == 0) and np.all(np.any(y[MASK] != 0, axis=0))
    for name, values in decided.items():
        assert_equal_trees(decisions[name], values, 0)
    assert (layer.output_width == width) == (sharing == "none")
    assert ("sharing_attention" in decisions) == ({base, sharing} <= {"dc_mtl", "ic_mtl"})


@pytest.mark.parametrize("base", ["ns_mtl", "fs_mtl"])
def test_mt_rmn_is_its_encoder_and_its_decoders(base):
    layer = built(base=base, sharing="mt_rmn")
    sharing, mask = layer.sharing_layer, tensor(MASK)

    def apart():
        own, _ = layer.base_layer(tensor(X), mask=mask)
        encoded, encoder = sharing.encoder(tensor(X), mask=mask)
        inputs = [encoded, *own] if base == "ns_mtl" else encoded  # eq. 6, eq. 7
        decoded, decoder = sharing.decoder(inputs, mask=mask)
        return decoded, encoder["routes"], decoder["routes"]

    decoded, encoder_routes, decoder_routes = outputs(apart, layer.variables)
    found, decisions = call(layer)
    for y, expected in zip(found, decoded, strict=True):
        np.testing.assert_allclose(y[..., UNITS:], expected, atol=1e-6)
    np.testing.assert_array_equal(decisions["encoder_routes"], encoder_routes)
    np.testing.assert_array_equal(decisions["decoder_routes"], decoder_routes)


def test_what_is_switched_off_routes_nothing():
    layer = built(sharing="mt_rmn", connection_bias=100.0)
    for policies in [*layer.sharing_layer.encoder.policies, layer.sharing_layer.decoder.policy]:
        policies.score_bias.assign(policies.score_bias + np.array([0.0, 100.0]))
    layer.disabled = [("encoder", 0, 2, 1), ("module", 1, 0), ("decoder", 1, 0, 1)]
    _, decisions = call(layer)
    step = MASK.nonzero()[0][0], MASK.nonzero()[1][0]
    np.testing.assert_array_equal(
        decisions["encoder_routes"][step],
        [[[1, 1], [1, 1], [1, 0]], [[0, 1], [0, 1], [0, 0]]],
    )
    np.testing.assert_array_equal(
        [routes[step] for routes in decisions["decoder_routes"]],
        [[[1, 1], [0, 1]], [[1, 0], [0, 1]]],
    )
    layer.disabled = ()
    _, decisions = call(layer)
    assert all(routes[MASK].all() for routes in decisions["decoder_routes"])


def test_dropout_is_the_same_at_all_steps():
    layer = built(dropout=0.5, seed=1)
    ones = tensor(np.ones((2, 3, 8), "float32"))
    found = outputs(lambda: layer.dropout_layer(ones, training=True), layer.variables)
    assert set(np.unique(found)) == {0.0, 2.0}
    np.testing.assert_array_equal(found[:, 0], found[:, 2])


@pytest.mark.one_backend
def test_the_temperature_reaches_all_routers():
    inputs = keras.Input((None, X.shape[-1]))
    layer = MultiTaskRNN(**SMALL, sharing="mt_rmn")
    schedule = TemperatureSchedule(5.0, 0.9)
    schedule.set_model(keras.Model(inputs, layer(inputs)))
    schedule.on_epoch_begin(1)
    routers = layer.sharing_layer.encoder.router, layer.sharing_layer.decoder.router
    np.testing.assert_allclose([router.temperature.numpy() for router in routers], 4.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"base": "lstm"}, r"`base` must be one of \('ns_mtl', 'fs_mtl'.*base='lstm'"),
        ({"sharing": "all"}, r"`sharing` must be one of \('none'.*sharing='all'"),
        ({"sharing": "mt_rmn", "routing": "some"}, r"`routing` must be one of .*routing='some'"),
        ({"sharing": "dc_mtl", "routing": "all"}, "routing='all', sharing='dc_mtl'"),
        ({"dropout": 1.5}, "1.5"),
        ({"num_layers": 1, "sharing": "mt_rmn"}, "num_layers=1"),
        ({"disabled": [("module", 0, 0)]}, "sharing='none'"),
        ({"sharing": "mt_rmn", "disabled": [("module", 2, 0)]}, r"\('module', layer, module\)"),
        ({"sharing": "mt_rmn", "disabled": [("encoder", 1, 2, 0)]}, r"\[\(1, 2, 0\)\]"),
        ({"sharing": "mt_rmn", "disabled": [("decoder", 2, 0, 0)]}, r"\[\(2, 0, 0\)\]"),
        ({"sharing": "mt_rmn", "disabled": [("route", 0, 0)]}, "'route'"),
        ({"sharing": "mt_rmn", "disabled": [0]}, r"disabled=\[\(0,\)\]"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        MultiTaskRNN(**{**SMALL, **arguments})
