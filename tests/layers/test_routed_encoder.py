import inspect

import keras
import numpy as np
import pytest

from modzoo.layers import RoutedEncoder, RoutedEncoderCell, StraightThroughRouter
from modzoo.layers.routed_core import RoutedCore
from tests.backends import outputs, outputs_and_gradients, randomise
from tests.reference import routing as oracle
from tests.reference.rim import directional_difference

FEATURES = 3
# Rows: right-padded, interior gaps and a masked first step, masked throughout, not masked.
MASK = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0], [1, 1, 1]], "bool")
X = np.random.default_rng(0).normal(size=(*MASK.shape, FEATURES)).astype("float32")
SMALL = {"num_cells": 3, "units": 4, "num_layers": 3, "num_modules": 2, "activation": "tanh"}
CASES = {
    "two_layers": {"num_layers": 2},
    "three_layers": {},
    "one_each": {"num_cells": 1, "num_modules": 1, "num_layers": 4},
    "more_modules": {"num_cells": 2, "num_modules": 3},
    "widths": {"module_units": 3, "policy_units": 5, "temperature": 0.5},
    "noise": {"sampling": "always", "seed": 7, "temperature": 2.0},
    "disabled": {"disabled": [(0, 1), (1, 0, 1), (0, 2, 0)]},
    "penalty": {"sparsity_weight": 0.3, "sparsity_threshold": 0.21},
    "recursive": {"recursive": True, "num_layers": 4, "disabled": [(1, 1)]},
}
FAST = ("widths", "disabled", "noise_masked", "recursive")


def each(cases, fast=FAST, masked=("three_layers", "noise", "penalty")):
    """Parametrises over cases, some of them masked too; all but the fast ones are slow."""
    names = [*cases, *(f"{case}_masked" for case in masked)]
    marks = {name: [] if name in fast else pytest.mark.slow for name in names}
    return pytest.mark.parametrize(
        ("case", "masked"),
        [
            pytest.param(name.removesuffix("_masked"), "_masked" in name, id=name, marks=m)
            for name, m in marks.items()
        ],
    )


def tensor(x):
    return keras.ops.convert_to_tensor(x)


def built(connection_bias=0.0, **arguments):
    """A layer with random weights, and these by path."""
    encoder = RoutedEncoder(**{**SMALL, "return_decisions": True, **arguments})
    encoder.build(X.shape)
    randomise(encoder)
    for policy in encoder.policies if encoder.routing == "learned" else ():
        # About half of the routes are open.
        policy.score_bias.assign(policy.score_bias + np.array([0.0, connection_bias]))
    return encoder


def weights_of(encoder):
    return {
        v.path.split("/", 1)[1]: keras.ops.convert_to_numpy(v).astype("float64")
        for v in encoder.trainable_variables
    }


def by_module(encoder, weights):
    """Weights as the oracle takes them."""
    p, w, modules = encoder.policy_units, encoder.module_units, encoder.num_modules

    def part(name, j, width):
        return weights[name][..., j * width : (j + 1) * width]

    def policy(layer, j):
        at = f"policies_{layer}"
        hidden = part(f"{at}/hidden_kernel", j, p), part(f"{at}/hidden_bias", j, p)
        return hidden, (weights[f"{at}/score_kernel"][j], weights[f"{at}/score_bias"][j])

    def module(layer, j):
        parts = (f"modules_{layer}/hidden", f"modules_{layer}/outer")
        return [(weights[f"{at}/kernel"][j], part(f"{at}/bias", j, w)) for at in parts]

    layers = [0 if encoder.recursive else layer for layer in range(encoder.num_layers - 1)]
    cells = (weights[f"cells/lstm_{part}"] for part in ("kernel", "recurrent_kernel", "bias"))
    return {
        "cells": list(zip(*cells, strict=True)),
        "policies": [[policy(layer, j) for j in range(modules)] for layer in layers],
        "modules": [[module(layer, j) for j in range(modules)] for layer in layers],
    }


def noise_of(encoder):
    if encoder.sampling != "always":
        return None
    router = StraightThroughRouter(sampling="always", seed=encoder.seed)
    return keras.ops.convert_to_numpy(router.draw((*MASK.shape, encoder.num_routes), False))


def reference(encoder, weights, router, mask):
    sizes = [
        getattr(encoder, name)
        for name in ("num_cells", "units", "num_layers", "num_modules", "module_units")
    ]
    values, routes, connected = oracle.encode(
        X.astype("float64"),
        by_module(encoder, weights),
        sizes,
        router,
        keras.activations.serialize(encoder.activation),
        noise_of(encoder),
        mask,
        encoder.disabled,
    )
    penalty = oracle.penalty(
        connected, encoder.num_routes, encoder.sparsity_weight, encoder.sparsity_threshold, mask
    )
    return values, routes, penalty


def with_losses(layer, inputs, **kwargs):
    """What the layer returns, and the sum of its losses."""
    groups = layer.trainable_variables, layer.non_trainable_variables
    values = [[v.value for v in group] for group in groups]
    results, _, losses = layer.stateless_call(*values, inputs, return_losses=True, **kwargs)
    return results, sum(losses)


@each(CASES)
def test_the_equations_and_their_straight_through_gradients(case, masked):
    encoder = built(**CASES[case])
    mask, kwargs = (MASK, {"mask": tensor(MASK)}) if masked else (None, {})
    router = oracle.Straight(encoder.temperature)
    values, routes, penalty = reference(encoder, weights_of(encoder), router, mask)
    readout = np.random.default_rng(1).normal(size=values.shape)

    def loss():
        (y, decisions), lost = with_losses(encoder, tensor(X), **kwargs)
        return keras.ops.sum(y * tensor(readout.astype("float32"))) + lost, (
            y,
            decisions["routes"],
            lost,
        )

    variables = encoder.trainable_variables
    found, gradients = outputs_and_gradients(loss, variables)
    np.testing.assert_allclose(found[0], values, atol=1e-5)
    np.testing.assert_array_equal(found[1], routes)
    np.testing.assert_allclose(found[2], penalty, rtol=1e-5)
    assert 0 < routes.mean() < 1

    def moved(weights):
        router.again()
        values, _, penalty = reference(encoder, weights, router, mask)
        return np.sum(values * readout) + penalty

    rng, weights = np.random.default_rng(2), weights_of(encoder)
    for name, gradient in zip(weights, gradients, strict=True):
        direction = rng.normal(size=gradient.shape)
        expected = directional_difference(moved, weights, name, direction)
        np.testing.assert_allclose(
            np.sum(gradient * direction), expected, rtol=1e-3, atol=1e-4, err_msg=name
        )


@each(CASES, fast=("disabled", "noise_masked"))
def test_it_is_its_cell_step_by_step(case, masked):
    encoder = built(**CASES[case], return_decisions=False)
    config, noise = encoder.get_config(), noise_of(encoder)
    names = inspect.signature(RoutedEncoderCell).parameters
    arguments = {name: config[name] for name in names if name in config}
    cell = RoutedEncoderCell(**arguments, reads_noise=noise is not None)
    steps = keras.layers.RNN(cell, return_sequences=True, zero_output_for_mask=True)
    x = X if noise is None else np.concatenate([X, noise], axis=-1)
    steps.build(x.shape)
    steps.set_weights(encoder.get_weights())
    kwargs = {"mask": tensor(MASK)} if masked else {}
    at_once = outputs(lambda: encoder(tensor(X), **kwargs), encoder.variables)
    in_turn = outputs(lambda: steps(tensor(x), **kwargs), steps.variables)
    np.testing.assert_allclose(at_once, in_turn, atol=1e-5)
    assert np.any(at_once)


def test_cell_and_layer_take_the_same_arguments():
    cell, layer = (inspect.signature(c).parameters for c in (RoutedEncoderCell, RoutedEncoder))
    shared = [name for name in cell if name not in ("reads_noise", "kwargs")]
    assert list(layer)[: len(shared)] == shared
    assert {name: cell[name] for name in shared} == {name: layer[name] for name in shared}
    assert set(shared) == inspect.signature(RoutedCore).parameters.keys() - {"kwargs"}


def test_where_nothing_is_routed_outputs_are_finite():
    """Sub-encoders then read zeros, and gradients are finite numbers too."""
    encoder = built(connection_bias=-100.0)

    def loss():
        y, decisions = encoder(tensor(X))
        return keras.ops.sum(keras.ops.square(y)), (y, decisions["routes"])

    (y, routes), gradients = outputs_and_gradients(loss, encoder.trainable_variables)
    assert not routes.any()
    assert np.all(np.isfinite(y)) and all(np.all(np.isfinite(g)) for g in gradients)
    weights = by_module(encoder, weights_of(encoder))["modules"]
    of_zeros = [oracle.mlp(np.zeros(4), module, "tanh") for layer in weights for module in layer]
    np.testing.assert_allclose(y, np.broadcast_to(np.concatenate(of_zeros), y.shape), atol=1e-5)


def test_all_routes_open_is_the_mean():
    encoder = built(connection_bias=100.0, num_layers=2, sparsity_threshold=0.75)
    (y, decisions), lost = outputs(lambda: with_losses(encoder, tensor(X)), encoder.variables)
    assert decisions["routes"].all()
    np.testing.assert_allclose(lost, 0.01 * 0.25 * 3 * 2, rtol=1e-5)
    h = outputs(lambda: encoder.cells(tensor(X)), encoder.variables)
    mean = h.reshape(*MASK.shape, 3, 4).mean(2)
    for j, module in enumerate(by_module(encoder, weights_of(encoder))["modules"][0]):
        expected = oracle.mlp(mean, module, "tanh")
        np.testing.assert_allclose(y[..., 4 * j : 4 * j + 4], expected, atol=1e-5)


def test_the_control_of_all_routes_reads_the_mean_of_all():
    learned = built(connection_bias=100.0, num_cells=2)
    control = built(routing="all", num_cells=2, sparsity_weight=9.0)
    weights = weights_of(learned)
    for v in control.trainable_variables:
        assert "policies" not in v.path
        v.assign(weights[v.path.split("/", 1)[1]])
    expected, _ = outputs(lambda: learned(tensor(X)), learned.variables)
    ((y, decisions), lost) = outputs(
        lambda: with_losses(control, tensor(X), training=True), control.variables
    )
    np.testing.assert_allclose(y, expected, atol=1e-6)
    assert decisions["routes"].all() and not np.any(lost)


def test_the_control_of_random_routes_opens_half_of_them_at_any_time():
    control = built(routing="random", seed=1, num_modules=3)
    x = tensor(np.tile(X, (40, 1, 1)))
    routes = outputs(lambda: control(x), control.variables)[1]["routes"]
    assert 0.45 < routes.mean() < 0.55
    assert 0.3 < np.mean(routes[: len(X)] != routes[len(X) : 2 * len(X)]) < 0.7


def test_a_sub_encoder_that_is_switched_off_has_no_effect():
    encoder = built(connection_bias=100.0, return_decisions=True)
    encoder.disabled = [(0, 1)]
    y, decisions = outputs(lambda: encoder(tensor(X)), encoder.variables)
    assert not y[..., 4:8].any() and y[..., :4].any()
    assert not decisions["routes"][:, :, 0, :, 1].any()
    assert not decisions["routes"][:, :, 1, 1].any()
    outer = encoder.networks[0].outer.kernel
    outer.assign(keras.ops.convert_to_numpy(outer) * np.array([1.0, 9.0])[:, None, None])
    again, _ = outputs(lambda: encoder(tensor(X)), encoder.variables)
    np.testing.assert_array_equal(again, y)


def test_the_penalty_is_part_of_the_loss():
    inputs = keras.Input((None, FEATURES))
    encoder = built(connection_bias=100.0, return_decisions=False, sparsity_weight=1.0)
    model = keras.Model(inputs, encoder(keras.layers.Masking()(inputs)))
    model.compile(loss="mse")
    x = np.where(MASK[..., None], X, 0.0)
    loss = model.evaluate(x, model.predict(x, verbose=0), verbose=0)
    np.testing.assert_allclose(loss, 0.25 * encoder.num_routes, rtol=1e-4)


def test_training_draws_noise_anew():
    encoder = built(seed=3, return_decisions=False)

    def run(**kwargs):
        return outputs(lambda: encoder(tensor(X), **kwargs), encoder.variables)

    np.testing.assert_array_equal(run(), run())
    assert np.any(run(training=True) != run())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_cells": 0}, "num_cells=0"),
        ({"num_layers": 1}, "num_layers=1"),
        ({"num_modules": 1.5}, "num_modules=1.5"),
        ({"module_units": 0}, "module_units=0"),
        ({"policy_units": -1}, "policy_units=-1"),
        ({"recursive": True, "module_units": 3}, "module_units=3, units=4"),
        ({"cell": "rnn"}, "cell=rnn"),
        ({"temperature": 0}, "temperature=0"),
        ({"sampling": True}, "sampling=True"),
        ({"sparsity_weight": -1.0}, "sparsity_weight=-1.0"),
        ({"sparsity_threshold": 1.5}, "sparsity_threshold=1.5"),
        ({"disabled": [(2, 0)]}, r"pairs \(layer, module\).*disabled=\[\(2, 0\)\]"),
        ({"disabled": [(0, 3, 0)]}, r"disabled=\[\(0, 3, 0\)\]"),
        ({"disabled": [(1, 2, 0)]}, r"disabled=\[\(1, 2, 0\)\]"),
        ({"num_modules": 31}, "1000 routes at most. Received: values that make 1054"),
        ({"disabled": [1]}, r"disabled=\[1\]"),
        ({"disabled": [("a", 0)]}, "disabled="),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        RoutedEncoder(**{**SMALL, **arguments})


@pytest.mark.one_backend
def test_a_cell_of_all_routes_opens_them_whatever_the_noise():
    cell = RoutedEncoderCell(2, 4, 3, 2, routing="all", reads_noise=True)
    x, closing = np.ones((2, 5), "float32"), np.full((2, cell.num_routes), -9.0, "float32")
    states = cell.get_initial_state(batch_size=2)
    found = [
        keras.ops.convert_to_numpy(cell(np.concatenate([x, noise], axis=-1), states)[0])
        for noise in (closing, -closing)
    ]
    np.testing.assert_array_equal(*found)


@pytest.mark.one_backend
def test_a_cell_of_random_routes_reads_noise():
    with pytest.raises(ValueError, match="needs `reads_noise=True`"):
        RoutedEncoderCell(3, 4, 3, 2, routing="random")


def test_a_cell_that_reads_noise_needs_features_too():
    cell = RoutedEncoderCell(3, 4, 3, 2, reads_noise=True)
    assert cell.num_routes == 10
    with pytest.raises(ValueError, match="wider than 10"):
        keras.layers.RNN(cell)(np.ones((2, 3, 10), "float32"))
