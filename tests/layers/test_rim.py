import itertools
import random

import keras
import numpy as np
import pytest

from modzoo.layers import RIM, RIMCell
from tests.backends import outputs, outputs_and_gradients, randomise
from tests.reference import rim as oracle

SHARED_WIDTH, MULTI_WIDTHS = 5, (1, 5, 2, 3)
BATCH, TIME = 4, 4
MIXED = ["simple_rnn", "lstm", "gru", "lstm"]
# Rows: right-padded, interior gaps and a masked first step, masked throughout, not masked.
MASK = np.array([[1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], "bool")

# One for each of up to four modules: all silent, all there, and every one alone at some step.
SILENT = np.random.default_rng(7).random((BATCH, TIME, 4)) < 0.5
SILENT[0, 1], SILENT[2] = False, np.eye(4)[:TIME]
SILENT[3, 0] = True

# Weights that a test draws for itself need no costly first draw.
ZEROS = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
OPTIONS = {
    "plain": {},
    "attention_bias": {"attention_bias": True},
    "gate": {"communication_gate": True},
    "across": {"selection": "modules"},
    "across_bias": {"selection": "modules", "attention_bias": True},
    "candidate": {"idle_communication": "candidate"},
    "no_attention": {"input_attention": False},
    "no_communication": {"communication": False},
    "alone": {"input_attention": False, "communication": False},
    "no_bias": {"use_bias": False},
    "disabled": {"disabled": [1]},
    "disabled_across": {
        "disabled": [0],
        "selection": "modules",
        "idle_communication": "candidate",
    },
    "widths": {"key_dim": 3, "value_dim": 6, "communication_key_dim": 5},
    "relu": {"activation": "relu", "recurrent_activation": "tanh"},
    "everything": {
        "attention_bias": True,
        "communication_gate": True,
        "selection": "modules",
        "idle_communication": "candidate",
        "disabled": [2],
        "key_dim": 5,
        "value_dim": 3,
        "communication_key_dim": 3,
        "activation": "sigmoid",
    },
}
CALLS = {
    "bare": {},
    "masked": {"mask": MASK},
    "from_state": {"initial_state": True},
    "backwards": {"go_backwards": True, "mask": MASK, "initial_state": True},
    "zeroed": {"zero_output_for_mask": True, "mask": MASK},
    "silent": {"mask": SILENT},
    "silent_backwards": {"mask": SILENT, "go_backwards": True, "zero_output_for_mask": True},
    "zeroed_backwards": {"zero_output_for_mask": True, "mask": MASK, "go_backwards": True},
}


def case(inputs="shared", cell="lstm", sizes=(3, 2), heads=1, option="plain", call="bare"):
    num_modules, num_active = sizes
    options = {
        "num_modules": num_modules,
        "num_active": num_active,
        "units": 4,
        "cell": MIXED[:num_modules] if cell == "mixed" else cell,
        "num_heads": heads,
        **OPTIONS[option],
    }
    if not options.get("input_attention", True):
        options["num_active"] = num_modules
    call = dict(CALLS[call])
    if call.get("mask") is SILENT:
        call["mask"] = SILENT[..., :num_modules]
    return {"options": options, "multi": inputs == "multi", "call": call}


# Each cell kind, option, call and K at least once; every one is checked forward and backward.
CASES = {
    "lstm": case(),
    "lstm-masked": case(call="masked", heads=2),
    "gru-multi-k1": case("multi", "gru", (3, 1), call="from_state"),
    "gru-k3-backwards": case("shared", "gru", (3, 3), call="backwards"),
    "simple-multi-zeroed": case("multi", "simple_rnn", (4, 3), 2, call="zeroed"),
    "mixed-multi": case("multi", "mixed", (4, 2), 2, call="backwards"),
    "mixed-shared": case("shared", "mixed", (3, 1), call="zeroed_backwards"),
    "attention_bias-multi": case("multi", "lstm", (3, 2), option="attention_bias"),
    "attention_bias-mixed": case("shared", "mixed", (3, 2), option="attention_bias"),
    "gate": case("multi", "mixed", (3, 2), 2, "gate", "masked"),
    "across": case("shared", "lstm", (4, 1), option="across", call="masked"),
    "across_bias-multi": case("multi", "mixed", (4, 3), option="across_bias"),
    "across_bias-shared": case("shared", "gru", (3, 2), option="across_bias"),
    "candidate": case("shared", "mixed", (4, 2), 2, "candidate", "masked"),
    "no_attention-multi": case("multi", "mixed", (4, 4), option="no_attention", call="masked"),
    "no_attention": case("shared", "gru", (3, 3), 4, "no_attention", "backwards"),
    "no_communication": case("multi", "gru", (4, 2), option="no_communication", call="masked"),
    "no_bias": case("multi", "mixed", (3, 2), option="no_bias"),
    "disabled": case("multi", "mixed", (4, 2), 2, "disabled", "from_state"),
    "disabled-k": case("shared", "lstm", (3, 3), option="disabled", call="from_state"),
    "silent": case("multi", "mixed", (4, 2), 2, call="silent"),
    "silent-k1": case("multi", "lstm", (3, 1), call="silent_backwards"),
    "silent-all": case("multi", "gru", (3, 3), call="silent"),
    "silent-across": case("multi", "mixed", (4, 2), 2, "everything", "silent"),
    "silent-candidate": case("multi", "lstm", (4, 2), option="candidate", call="silent"),
    "silent-no_attention": case("multi", "mixed", (4, 4), option="no_attention", call="silent"),
    "widths": case("multi", "mixed", (3, 2), 2, "widths"),
    "relu": case("shared", "mixed", (3, 2), option="relu"),
    "everything-multi": case("multi", "mixed", (4, 2), 2, "everything", "backwards"),
    "everything-shared": case("shared", "gru", (4, 3), 2, "everything", "masked"),
}


def grid(seed):
    """Inputs x cell kinds x (M, K) x options; heads and calls are drawn."""
    rng = random.Random(seed)
    sizes = [(m, k) for m in (3, 4) for k in range(1, m + 1)]
    kinds = ("lstm", "gru", "simple_rnn", "mixed")
    for parts in itertools.product(("shared", "multi"), kinds, sizes, OPTIONS):
        inputs, kind, (m, k), option = parts
        if k == m or OPTIONS[option].get("input_attention", True):
            calls = [c for c in CALLS if inputs == "multi" or not c.startswith("silent")]
            yield (inputs, kind, (m, k), rng.choice((1, 2, 4)), option, rng.choice(calls))


def label(parts):
    inputs, kind, (m, k), heads, option, call = parts
    return f"{inputs}-{kind}-{k}of{m}-heads{heads}-{option}-{call}"


def slow_grid(seed, sizes=None):
    rows = [row for row in grid(seed) if sizes is None or row[2] in sizes]
    return pytest.mark.parametrize("parts", [pytest.param(row, id=label(row)) for row in rows])


class Problem:
    """A layer with random weights, its inputs, and the oracle's answer for them.

    Weights and inputs are drawn until no selection is near a tie, so that float32 selects
    as float64 does and difference quotients do not cross a jump.
    """

    def __init__(self, options, multi, call, tied=False):
        self.options, self.call, self.tied = options, dict(call), tied
        modules, units, heads = (options[name] for name in ("num_modules", "units", "num_heads"))
        self.layer = RIM(
            **options,
            **{key: call[key] for key in ("go_backwards", "zero_output_for_mask") if key in call},
            return_sequences=True,
            return_state=True,
            return_decisions=True,
            **ZEROS,
        )
        widths = MULTI_WIDTHS[:modules] if multi else [SHARED_WIDTH]
        shapes = [(BATCH, TIME, width) for width in widths]
        self.layer.build(shapes if multi else shapes[0])
        for seed in range(100):
            rng = np.random.default_rng(seed)
            self.inputs = [np.zeros(s) if tied else rng.normal(size=s) for s in shapes]
            self.inputs = self.inputs if multi else self.inputs[0]
            self.weights = randomise(self.layer, seed)
            if options.get("attention_bias") and options.get("selection") != "modules":
                width = options.get("key_dim", units)
                rows = (modules,) if multi else ()
                self.weights["key_bias"] = rng.normal(size=(*rows, width))  # has no effect
            if self.call.get("initial_state"):
                self.call["initial_state"] = [
                    rng.normal(size=(BATCH, width)) for width in self.layer.state_widths
                ]
            defaults = {"key_dim": units, "value_dim": units}
            defaults["communication_key_dim"] = units // heads
            self.oracle_options = {**defaults, **options, **self.call}
            self.expected = self.oracle(self.weights)
            if tied or self._clear_of_ties():
                break
        else:
            raise RuntimeError(f"Every draw is near a tie: {options}")
        rng = np.random.default_rng(1)
        self.readout = {
            name: rng.normal(size=value.shape) for name, value in self.named(self.expected)
        }

    def oracle(self, weights, **kwargs):
        return oracle.rim(self.inputs, weights, **self.oracle_options, **kwargs)

    def _clear_of_ties(self):
        enabled = [
            m
            for m in range(self.options["num_modules"])
            if m not in self.options.get("disabled", ())
        ]
        k = self.options["num_active"]
        if k >= len(enabled):
            return True
        ranked = np.sort(self.expected.attention[..., enabled], axis=-1)[..., ::-1]
        live = self.expected.activity.any(-1)
        gap = (ranked[..., k - 1] - ranked[..., k])[live]
        return np.all((gap > 1e-3) | (gap == 0))  # 0: before any state there is no query

    def named(self, result):
        names = ["sequence", "h", "c", "activity", "attention"]
        return [
            (name, getattr(result, name)) for name in names if getattr(result, name) is not None
        ]

    def run(self):
        """The layer's outputs by name."""
        call = {key: value for key, value in self.call.items() if key in ("mask", "initial_state")}
        if np.ndim(call.get("mask")) == 3:
            call["mask"] = list(np.moveaxis(call["mask"], -1, 0))
        inputs, call = keras.tree.map_structure(tensor, (self.inputs, call))
        sequence, *states, decisions = self.layer(inputs, **call)
        return {"sequence": sequence, **dict(zip("hc", states, strict=False)), **decisions}

    def loss(self):
        values = self.run()
        loss = sum(
            keras.ops.sum(values[name] * tensor(weight)) for name, weight in self.readout.items()
        )
        return loss, values

    def oracle_loss(self, weights):
        result = self.oracle(weights, frozen_candidates=self.expected.candidates)
        return sum(np.sum(value * self.readout[name]) for name, value in self.named(result))

    def check_values(self, values):
        expected = dict(self.named(self.expected))
        assert values.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(values[name], value, rtol=1e-5, atol=1e-5, err_msg=name)

    def check_gradients(self, gradients):
        total = np.sqrt(sum(np.sum(g**2) for g in gradients))
        rng = np.random.default_rng(2)
        for variable, gradient in zip(self.layer.trainable_variables, gradients, strict=True):
            for _ in range(2):
                direction = rng.choice([-1.0, 1.0], size=gradient.shape)
                expected = oracle.directional_difference(
                    self.oracle_loss, self.weights, variable.name, direction
                )
                scale = max(np.linalg.norm(gradient), abs(expected))
                assert (
                    abs(np.sum(gradient * direction) - expected) <= 1e-3 * scale + 1e-6 * total
                ), f"{variable.name}: {np.sum(gradient * direction)} against {expected}"


def tensor(x):
    x = np.asarray(x)
    return keras.ops.convert_to_tensor(x if x.dtype == bool else x.astype("float32"))


def check_with_gradients(options, multi, call):
    problem = Problem(options, multi, call)
    values, gradients = outputs_and_gradients(problem.loss, problem.layer.trainable_variables)
    problem.check_values(values)
    problem.check_gradients(gradients)


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name):
    check_with_gradients(**CASES[name])


@pytest.mark.slow
@slow_grid(seed=0)
def test_values_grid(parts):
    problem = Problem(**case(*parts))
    problem.check_values(outputs(problem.run, problem.layer.trainable_variables))


@pytest.mark.slow
@slow_grid(seed=1, sizes=[(4, 2), (4, 4)])
def test_gradients_grid(parts):
    check_with_gradients(**case(*parts))


TIES = {
    "shared": case("shared", "lstm", (3, 2)),
    "mixed-multi": case("multi", "mixed", (4, 2)),
    "bias": case("multi", "mixed", (4, 1), option="attention_bias"),
    "across": case("shared", "mixed", (4, 2), option="across"),
    "disabled": case("multi", "mixed", (4, 2), option="disabled"),
}


@pytest.mark.parametrize("name", TIES)
def test_ties_go_to_the_lowest_index(name):
    problem = Problem(**TIES[name], tied=True)
    values = outputs(problem.run, problem.layer.trainable_variables)
    problem.check_values(values)
    k, disabled = problem.options["num_active"], problem.options.get("disabled", ())
    first = [m for m in range(problem.options["num_modules"]) if m not in disabled][:k]
    expected = np.zeros_like(values["activity"])
    expected[..., first] = 1
    np.testing.assert_array_equal(values["activity"], expected)


def test_a_tie_of_some_modules():
    """Modules without input are level at p = 0.5: between those that want it more, or less."""
    problem = Problem(**case("multi", "mixed", (4, 2)))
    for m in (1, 2, 3):
        problem.inputs[m][...] = 0.0
    problem.expected = problem.oracle(problem.weights)
    values = outputs(problem.run, problem.layer.trainable_variables)
    problem.check_values(values)
    wins, loses = values["attention"][..., 0] > 0.5, values["attention"][..., 0] < 0.5
    assert wins.any()
    assert loses.any()
    np.testing.assert_array_equal(np.unique(values["activity"][wins], axis=0), [[1, 1, 0, 0]])
    np.testing.assert_array_equal(np.unique(values["activity"][loses], axis=0), [[0, 1, 1, 0]])


@pytest.mark.parametrize("num_active", [1, 2, 3, 4])
@pytest.mark.parametrize("selection", ["null", "modules"])
def test_exactly_k_modules_are_active(num_active, selection):
    """Whatever the input: saturated, tiny, zero, or equal for all."""
    layer = RIM(4, 4, num_active, selection=selection, return_decisions=True, **ZEROS)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 6, 3)) * np.array([1e3, 1e-6, 0.0, 1.0, 30.0])[:, None, None]
    mask = rng.random((5, 6)) < 0.7
    layer.build(x.shape)
    randomise(layer, scale=3.0)
    _, decisions = outputs(lambda: layer(tensor(x), mask=tensor(mask)), layer.trainable_variables)
    np.testing.assert_array_equal(decisions["activity"].sum(-1), num_active * mask)
    assert set(np.unique(decisions["activity"])) <= {0.0, 1.0}
    assert np.all((decisions["attention"] >= 0) & (decisions["attention"] <= 1))
    np.testing.assert_array_equal(decisions["attention"][~mask], 0)


# Closed forms

KERAS_LAYERS = {
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
    "simple_rnn": keras.layers.SimpleRNN,
}
ALONE = OPTIONS["alone"]


def same_as(layer, reference, x, **call):
    x, call = keras.tree.map_structure(tensor, (x, call))
    found, expected = outputs(lambda: (layer(x, **call), reference(x, **call)))
    for a, b in zip(keras.tree.flatten(found), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", KERAS_LAYERS)
def test_one_module_is_the_keras_layer(kind, masked, go_backwards):
    shared = {"return_sequences": True, "return_state": True, "go_backwards": go_backwards}
    layer = RIM(1, 4, cell=kind, **ALONE, **ZEROS, **shared)
    reference = KERAS_LAYERS[kind](4, **ZEROS, **shared)
    x = np.random.default_rng(0).normal(size=(BATCH, TIME, 3))
    layer.build(x.shape)
    reference.build(x.shape)
    drawn = randomise(layer)
    for v in reference.weights:
        v.assign(drawn[f"{kind}_{v.name}"][0])
    same_as(layer, reference, x, **({"mask": MASK} if masked else {}))


def test_one_module_per_input_is_separate_lstms():
    layer = RIM(3, 4, **ALONE, **ZEROS, return_sequences=True)
    xs = [np.random.default_rng(w).normal(size=(BATCH, TIME, w)) for w in (1, 5, 2)]
    layer.build([x.shape for x in xs])
    drawn = randomise(layer)
    lstms = [keras.layers.LSTM(4, return_sequences=True, **ZEROS) for _ in xs]
    kernels = np.split(drawn["lstm_kernel"], [1, 6])
    for m, (lstm, x) in enumerate(zip(lstms, xs, strict=True)):
        lstm.build(x.shape)
        lstm.set_weights([kernels[m], drawn["lstm_recurrent_kernel"][m], drawn["lstm_bias"][m]])

    def separately(xs):
        return keras.ops.concatenate([f(x) for f, x in zip(lstms, xs, strict=True)], axis=-1)

    same_as(layer, separately, xs)


CELL_CASES = {
    "lstm": {"num_active": 2},
    "gru": {"num_active": 1, "cell": "gru", "idle_communication": "candidate"},
    "mixed": {"num_active": 2, "cell": ["gru", "lstm", "simple_rnn"], "communication_gate": True},
    "input_dims": {"num_active": 2, "input_dims": [1, 3, 2]},
    "all": {"cell": ["gru", "lstm", "lstm"], "input_dims": [1, 3, 2], **ALONE},
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", CELL_CASES)
def test_cell_in_keras_rnn_is_the_layer(name, masked):
    options = {"num_modules": 3, "units": 4, **CELL_CASES[name], **ZEROS}
    shared = {"return_sequences": True, "return_state": True}
    layer, looped = RIM(**options, **shared), keras.layers.RNN(RIMCell(**options), **shared)
    x = np.random.default_rng(0).normal(size=(BATCH, TIME, 6))
    layer.build(x.shape)
    looped.build(x.shape)
    randomise(layer)
    looped.cell.set_weights(layer.get_weights())
    same_as(layer, looped, x, **({"mask": MASK} if masked else {}))


@pytest.mark.parametrize("option", ["plain", "alone", "everything"])
def test_concatenated_input_is_the_list_of_inputs(option):
    options = case("multi", "mixed", (3, 2), option=option)["options"]
    widths = list(MULTI_WIDTHS[:3])
    separate, together = RIM(**options, **ZEROS), RIM(**options, **ZEROS, input_dims=widths)
    xs = [np.random.default_rng(w).normal(size=(BATCH, TIME, w)) for w in widths]
    separate.build([x.shape for x in xs])
    together.build((BATCH, TIME, sum(widths)))
    randomise(separate)
    together.set_weights(separate.get_weights())
    same_as(separate, lambda xs: together(keras.ops.concatenate(xs, axis=-1)), xs)


def two_inputs(**options):
    layer = RIM(2, 4, 1, return_decisions=True, **options, **ZEROS)
    xs = [tensor(np.random.default_rng(w).normal(size=(BATCH, TIME, w))) for w in (1, 3)]
    layer.build([tuple(x.shape) for x in xs])
    randomise(layer)
    return layer, xs


def test_an_input_without_a_mask_has_that_of_all():
    layer, xs = two_inputs()
    mask, other = tensor(MASK), tensor(np.roll(MASK, 1, axis=1))
    same_as(lambda xs: layer(xs, mask=[mask, None]), lambda xs: layer(xs, mask=mask), xs)
    third = RIM(3, 4, 1, return_decisions=True, **ZEROS)
    xs = [*xs, xs[0]]
    third.build([tuple(x.shape) for x in xs])
    randomise(third)
    either = keras.ops.logical_or(mask, other)
    same_as(
        lambda xs: third(xs, mask=[mask, other, None]),
        lambda xs: third(xs, mask=[mask, other, either]),
        xs,
    )


def test_masks_that_keras_carries_are_of_each_input():
    layer, xs = two_inputs(return_sequences=True)
    xs = [keras.ops.convert_to_numpy(x) for x in xs]
    masks = [MASK, np.roll(MASK, 1, axis=1)]
    for x, mask in zip(xs, masks, strict=True):
        x[~mask] = -7.0
    inputs = [keras.Input(x.shape[1:]) for x in xs]
    masked = [keras.layers.Masking(-7.0)(x) for x in inputs]
    output, decisions = layer(masked)
    found = keras.Model(inputs, [output, decisions["activity"]]).predict(xs, verbose=0)
    expected = layer([tensor(x) for x in xs], mask=[tensor(m) for m in masks])
    np.testing.assert_allclose(found[0], keras.ops.convert_to_numpy(expected[0]), atol=1e-5)
    np.testing.assert_array_equal(found[1][..., 1], masks[1] & (found[1][..., 0] == 0))
    np.testing.assert_array_equal(found[1].sum(-1), masks[0] | masks[1])


def test_masks_are_as_many_as_inputs():
    layer, xs = two_inputs()
    with pytest.raises(ValueError, match=r"one for each input\. Received: 3 masks, 2 inputs"):
        layer(xs, mask=[tensor(MASK)] * 3)


@pytest.mark.parametrize(
    "options", [{}, {"selection": "modules", "return_sequences": True}], ids=["null", "modules"]
)
def test_second_derivatives(options):
    """Compiled, by central differences of first derivatives."""
    unroll = keras.backend.backend() == "torch"  # the backward pass by hand has none there
    layer = RIM(3, 4, num_active=3, unroll=unroll, **options, **ZEROS)
    x = np.random.default_rng(0).normal(size=(2, TIME, 3)).astype("float32")
    layer.build(x.shape)
    randomise(layer)
    first, second = compiled_derivatives(lambda x: keras.ops.sum(keras.ops.square(layer(x))))
    step = np.random.default_rng(1).normal(size=x.shape).astype("float32")
    ahead, behind = (first(x + sign * 1e-2 * step) for sign in (1, -1))
    np.testing.assert_allclose(second(x, step), (ahead - behind) / 2e-2, rtol=1e-2, atol=1e-2)


def compiled_derivatives(function):
    """Gradient of a scalar function, and the gradient's derivative along a direction."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        @tf.function(jit_compile=True)
        def first(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = function(x)
            return tape.gradient(y, x)

        @tf.function(jit_compile=True)
        def second(x, step):
            with tf.GradientTape() as tape:
                tape.watch(x)
                slope = tf.reduce_sum(first(x) * step)
            return tape.gradient(slope, x)
    elif backend == "jax":
        import jax

        first = jax.jit(jax.grad(function))
        second = jax.jit(jax.grad(lambda x, step: (first(x) * step).sum()))
    else:
        import torch

        def first(x, create_graph=False):
            x = x.requires_grad_()
            return torch.autograd.grad(function(x), x, create_graph=create_graph)[0]

        def second(x, step):
            slope = (first(x, create_graph=True) * step).sum()
            return torch.autograd.grad(slope, x)[0]

    def on_arrays(derivative):
        return lambda *arrays: keras.ops.convert_to_numpy(derivative(*map(tensor, arrays)))

    return on_arrays(first), on_arrays(second)


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("states", [False, True])
def test_decisions_of_both_directions(sequences, states):
    options = {"return_decisions": True, "return_sequences": sequences, "return_state": states}
    both = keras.layers.Bidirectional(RIM(3, 4, 2, **options))
    assert both.forward_layer.get_config()["return_state"] == states
    x = tensor(np.random.default_rng(0).normal(size=(BATCH, TIME, 3)))
    both.build(x.shape)
    found = outputs(lambda: both(x))
    assert len(found) == (7 if states else 3)
    directions = outputs(lambda: (both.forward_layer(x), both.backward_layer(x)))
    expected = [value for direction in directions for value in direction[1:]]
    for a, b in zip(keras.tree.flatten(found[1:]), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


# Errors


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        ({"num_active": 4}, ["num_active=4", "num_modules=3"]),
        ({"num_active": 0}, ["num_active=0"]),
        ({"num_modules": 0}, ["num_modules=0"]),
        ({"units": 1.5}, ["units=1.5"]),
        ({"num_heads": 3}, ["num_heads=3", "units=4"]),
        ({"key_dim": 0}, ["key_dim=0"]),
        ({"communication_key_dim": 0}, ["communication_key_dim=0"]),
        ({"cell": "rnn"}, ["cell=rnn", "'lstm'"]),
        ({"cell": ["lstm", "gru"]}, ["cell=['lstm', 'gru']", "num_modules=3"]),
        ({"cell": ["lstm", "gru", "tree"]}, ["'tree'"]),
        ({"input_dims": [2, 3]}, ["input_dims=[2, 3]", "num_modules=3"]),
        ({"selection": "best"}, ["selection='best'", "'modules'"]),
        ({"idle_communication": "none"}, ["idle_communication='none'", "'candidate'"]),
        ({"disabled": [3]}, ["disabled=[3]", "num_modules=3"]),
        ({"disabled": [-1]}, ["disabled=[-1]"]),
        ({"disabled": [0, 1, 2]}, ["[0, 1, 2]"]),
        ({"input_attention": False, "num_active": 2}, ["num_active=2", "num_modules=3"]),
        ({"dropout": 1.0}, ["dropout=1.0"]),
        ({"recurrent_dropout": -0.1}, ["recurrent_dropout=-0.1"]),
        ({"communication_dropout": 2}, ["communication_dropout=2"]),
    ],
)
def test_wrong_arguments_are_named(arguments, received):
    with pytest.raises(ValueError, match="Received") as error:
        RIM(**{"num_modules": 3, "units": 4, **arguments})
    assert all(part in str(error.value) for part in received), str(error.value)


@pytest.mark.parametrize(
    ("options", "shape", "received"),
    [
        ({"input_dims": [2, 3, 4]}, (2, 5, 8), ["input_dims=[2, 3, 4]", "(2, 5, 8)"]),
        ({}, (2, 5, None), ["(2, 5, None)"]),
        ({}, [(2, 5, 3), (2, 5, 4)], ["2 inputs", "(2, 5, 4)", "3 modules"]),
        ({}, [(2, 5, 3)] * 4, ["4 inputs"]),
        ({}, [(2, 5, 3), (2, 5, 4), (2, 5, None)], ["(2, 5, None)"]),
        ({"stateful": True}, (None, 5, 3), ["(None, 5, 3)", "batch"]),
    ],
)
def test_wrong_inputs_are_named(options, shape, received):
    with pytest.raises(ValueError, match="Received") as error:
        RIM(3, 4, **options).build(shape)
    assert all(part in str(error.value) for part in received), str(error.value)


def test_wrong_states_are_named():
    x = keras.ops.ones((2, 5, 3))
    with pytest.raises(ValueError, match=r"2 tensors of widths \[12, 12\].*Received: 1 tensors"):
        RIM(3, 4)(x, initial_state=[keras.ops.ones((2, 12))])


@pytest.mark.parametrize(
    ("batch", "widths"), [(2, [11, 12]), (1, [12, 12])], ids=["width", "batch"]
)
def test_states_of_a_wrong_shape_are_named(batch, widths):
    states = [keras.ops.ones((batch, width)) for width in widths]
    named = r"must have the shape \(2, 12\). Received: shape=\(%d, %d\)"
    with pytest.raises(ValueError, match="`initial_state` " + named % (batch, widths[0])):
        RIM(3, 4)(keras.ops.ones((2, 5, 3)), initial_state=states)
    with pytest.raises(ValueError, match="`states` " + named % (batch, widths[0])):
        RIMCell(3, 4)(keras.ops.ones((2, 3)), states)


def test_a_stateful_layer_keeps_its_batch_size():
    layer = RIM(3, 4, stateful=True)
    layer(keras.ops.ones((4, 5, 3)))
    before = [keras.ops.convert_to_numpy(state) for state in layer.states]
    with pytest.raises(ValueError, match=r"built with, 4\. Received: a batch of 1\."):
        layer(keras.ops.ones((1, 5, 3)))
    for state, value in zip(layer.states, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(state), value)


def test_a_cell_reads_one_step():
    named = r"shape \(batch, features\)\. Received: shape=\(2, 5, 3\)"
    with pytest.raises(ValueError, match=named):
        RIMCell(3, 4).build((2, 5, 3))


def test_inputs_of_different_lengths_are_named():
    xs = [keras.ops.ones((2, time, 3)) for time in (5, 4)]
    with pytest.raises(ValueError, match=r"shape \(2, 5, features\)\. Received: shape=\(2, 4, 3\)"):
        RIM(2, 4)(xs)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="Others know every length.")
def test_unrolling_needs_a_known_length():
    import tensorflow as tf

    layer = RIM(3, 4, unroll=True)
    layer.build((2, None, 3))
    traced = tf.function(lambda x: layer(x), input_signature=[tf.TensorSpec((2, None, 3))])
    with pytest.raises(ValueError, match=r"(?s)unroll=True.*Received.*\(None, "):
        traced.get_concrete_function()


# Dropout


def dropped(layer, x, weights, initial_state=None):
    """The layer's training output, with the given weights by name and zeros elsewhere."""
    layer.build(x.shape if not isinstance(x, list) else [part.shape for part in x])
    for v in layer.trainable_variables:
        v.assign(np.zeros(v.shape) + weights.get(v.name, 0.0))
    arguments = keras.tree.map_structure(tensor, (x, initial_state))
    call = {} if initial_state is None else {"initial_state": arguments[1]}
    return outputs(lambda: layer(arguments[0], training=True, **call))


LINEAR = {
    "cell": "simple_rnn",
    "activation": "linear",
    "return_sequences": True,
    "seed": 3,
    **ZEROS,
}
ONES, EYE = np.ones((64, 3, 4)), np.eye(4)[None]


def kept(output, modules=2):
    """0 and 1 where a mask drops and keeps, checked to be each at its rate of 0.5, and scaled."""
    values = output.reshape(*output.shape[:-1], modules, -1)
    assert set(np.unique(np.round(values, 5))) == {0.0, 2.0}
    assert 0.35 < (values > 1).mean() < 0.65
    return values > 1


def constant_and_independent(keep, modules_differ):
    """`(batch, time, modules, units)`: one mask for all steps, another for each row."""
    assert (keep == keep[:, :1]).all()
    assert (keep[0] != keep[1:]).any(axis=(1, 2, 3)).mean() > 0.5
    assert (keep[:, :, 0] != keep[:, :, 1]).any() == modules_differ


def test_dropout_of_the_attended_values():
    layer = RIM(2, 4, dropout=0.5, communication=False, **LINEAR)
    weights = {"value_kernel": 2 * EYE[0], "simple_rnn_kernel": EYE}  # p = 0.5
    keep = kept(dropped(layer, ONES, weights))
    constant_and_independent(keep, modules_differ=True)


@pytest.mark.parametrize("multi", [False, True])
def test_dropout_of_the_inputs_without_input_attention(multi):
    layer = RIM(2, 4, dropout=0.5, **ALONE, **LINEAR)
    kernel = np.concatenate([EYE[0]] * 2) if multi else EYE
    keep = kept(dropped(layer, [ONES, ONES] if multi else ONES, {"simple_rnn_kernel": kernel}))
    constant_and_independent(keep, modules_differ=multi)


def test_recurrent_dropout():
    layer = RIM(2, 4, recurrent_dropout=0.5, **ALONE, **LINEAR)
    start = [np.ones((64, 8))]
    output = dropped(layer, ONES, {"simple_rnn_recurrent_kernel": EYE}, start)
    powers = output * 2.0 ** -np.arange(3)[:, None]  # the same mask again at every step
    constant_and_independent(kept(powers), modules_differ=True)


def test_communication_dropout():
    layer = RIM(2, 4, input_attention=False, communication_dropout=0.5, **LINEAR)
    weights = {"simple_rnn_bias": 1.0, "communication_value_kernel": EYE}
    output = dropped(layer, ONES, weights)  # 1 + mask * mean of ones
    constant_and_independent(kept(output - 1.0), modules_differ=True)


@pytest.mark.parametrize("rate", ["dropout", "recurrent_dropout", "communication_dropout"])
def test_dropout_is_for_training_and_its_seed_repeats(rate):
    x = tensor(np.random.default_rng(0).normal(size=(BATCH, TIME, 3)))
    layers = [RIM(3, 4, 2, **{rate: 0.5}, seed=seed, **ZEROS) for seed in (1, 1, 2)]
    for layer in layers:
        layer.build(x.shape)
        randomise(layer)
    plain = RIM(3, 4, 2, **ZEROS)
    plain.build(x.shape)
    randomise(plain)
    a, b, other, inference, reference = outputs(
        lambda: (
            *(layer(x, training=True) for layer in layers),
            layers[0](x, training=False),
            plain(x, training=True),
        )
    )
    np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_allclose(inference, reference, atol=1e-6)
    assert np.abs(a - other).max() > 1e-3
    assert np.abs(a - inference).max() > 1e-3


# Initial weights


@pytest.mark.parametrize("multi", [False, True])
@pytest.mark.parametrize("seeded", [False, True])
def test_initial_blocks_are_drawn_apart_with_their_own_fans(multi, seeded):
    initializer = keras.initializers.GlorotUniform(seed=7 if seeded else None)
    layer = RIM(3, 16, kernel_initializer=initializer, communication_gate=True)
    layer.build([(None, None, 10)] * 3 if multi else (None, None, 10))
    shared = ("key_kernel", "value_kernel")
    for v in layer.trainable_variables:
        if v.name.endswith("bias") or "recurrent" in v.name:
            continue
        blocks = v.numpy()
        if v.name in shared:
            blocks = np.split(blocks, 3) if multi else blocks[None]
        limit = np.sqrt(6 / sum(blocks[0].shape))
        for i, block in enumerate(blocks):
            assert 0.9 * limit < np.abs(block).max() <= limit, v.name
            assert all(np.abs(block - other).max() > 0.1 * limit for other in blocks[:i]), v.name


@pytest.mark.parametrize("seeded", [False, True])
def test_recurrent_maps_start_orthogonal_and_forget_biases_at_one(seeded):
    initializer = keras.initializers.Orthogonal(seed=7 if seeded else None)
    layer = RIM(2, 6, recurrent_initializer=initializer)
    layer.build((None, None, 10))
    weights = {v.name: v.numpy() for v in layer.weights}
    first, second = weights["lstm_recurrent_kernel"]
    for block in (first, second):
        np.testing.assert_allclose(block @ block.T, np.eye(6), atol=1e-5)
    assert np.abs(first - second).max() > 0.1
    expected = np.tile(np.repeat([0.0, 1.0, 0.0, 0.0], 6), (2, 1))
    np.testing.assert_array_equal(weights["lstm_bias"], expected)
