"""The recurrence with a backward pass of its own, beside the steps that the backend derives."""

import keras
import numpy as np
import pytest

from modzoo.layers import RIM, rim, rim_fused
from tests.backends import assert_equal_trees, outputs, outputs_and_gradients, randomise

pytestmark = pytest.mark.skipif(
    keras.backend.backend() not in rim_fused.BACKENDS, reason="The backend derives all steps."
)
BATCH, TIME, MODULES, UNITS = 3, 4, 3, 4
PADDED = np.array([[1, 1, 0, 0], [0, 1, 0, 1], [1, 1, 1, 1]], "bool")
OF_EACH = [PADDED, np.roll(PADDED, 1, axis=1), np.roll(PADDED, 1, axis=0)]
COVERED = {
    "some_active": {"num_active": 2},
    "all_active": {},
    "heads": {"num_active": 2, "num_heads": 2},
    "widths": {"num_active": 2, "key_dim": 3, "value_dim": 5},
    "backwards": {"num_active": 2, "go_backwards": True},
    "dropout": {"num_active": 2, "dropout": 0.5, "communication_dropout": 0.5, "seed": 3},
}
NOT_COVERED = {
    "unroll": {"unroll": True},
    "gru": {"cell": "gru"},
    "mixed": {"cell": ["lstm", "lstm", "simple_rnn"]},
    "activation": {"activation": "relu"},
    "recurrent_activation": {"recurrent_activation": "hard_sigmoid"},
    "no_bias": {"use_bias": False},
    "no_attention": {"input_attention": False},
    "across_modules": {"selection": "modules"},
    "attention_bias": {"attention_bias": True},
    "no_communication": {"communication": False},
    "communication_gate": {"communication_gate": True},
    "communication_key_dim": {"communication_key_dim": 3},
    "candidates_are_read": {"num_active": 2, "idle_communication": "candidate"},
    "disabled": {"disabled": [1]},
    "recurrent_dropout": {"recurrent_dropout": 0.5},
    "half_precision": {"dtype": "bfloat16"},
}


def tensors(tree):
    return keras.tree.map_structure(
        lambda x: None if x is None else keras.ops.convert_to_tensor(x), tree
    )


class Problem:
    """A layer, with random weights, of inputs and initial states that are variables too."""

    def __init__(self, own_inputs=False, masks=None, **options):
        rng = np.random.default_rng(0)
        number = MODULES if own_inputs else 1
        inputs = [rng.normal(size=(BATCH, TIME, 3 + i)) for i in range(number)]
        states = [rng.normal(size=(BATCH, MODULES * UNITS)) for _ in range(2)]
        self.inputs, self.states = (
            [keras.Variable(x.astype("float32")) for x in xs] for xs in (inputs, states)
        )
        self.masks = masks
        self.options = options
        self.own_inputs = own_inputs

    def layer(self, **more):
        returned = {"return_sequences": True, "return_state": True, "return_decisions": True}
        layer = RIM(MODULES, UNITS, **{**returned, **self.options, **more})
        shapes = [x.shape for x in self.inputs]
        layer.build(shapes if self.own_inputs else shapes[0])
        randomise(layer)
        return layer

    def results(self, layer):
        """Outputs, and gradients of weights, inputs and initial states."""
        rng = np.random.default_rng(1)

        def loss():
            values = self.call(layer)
            terms = [
                keras.ops.sum(x * tensors(rng.normal(size=x.shape).astype("float32")))
                for x in keras.tree.flatten(values)
            ]
            return sum(terms), values

        return outputs_and_gradients(loss, [*layer.trainable_variables, *self.inputs, *self.states])

    def call(self, layer):
        inputs = tensors(self.inputs)
        return layer(
            inputs if self.own_inputs else inputs[0],
            initial_state=tensors(self.states),
            mask=tensors(self.masks),
            training=True,
        )


@pytest.fixture
def count(monkeypatch):
    """How often the recurrence ran."""
    ran = []

    def fused(*args):
        ran.append(args)
        return rim_fused.fused_recurrence(*args)

    monkeypatch.setattr(rim, "fused_recurrence", fused)
    return ran


CASES = {
    "shared": ("some_active", False, None),
    "shared-padded": ("some_active", False, PADDED),
    "own": ("some_active", True, None),
    "own-padded": ("some_active", True, PADDED),
    "shared-dropout": ("dropout", False, PADDED),
    **{f"silent-{name}": (name, True, OF_EACH) for name in COVERED},
}


@pytest.mark.parametrize("name, own_inputs, masks", CASES.values(), ids=CASES)
def test_it_is_the_steps(name, own_inputs, masks, count):
    problem = Problem(own_inputs, masks, **COVERED[name])
    found = problem.results(problem.layer())
    assert len(count) == 1
    expected = problem.results(problem.layer(unroll=True))
    assert len(count) == 1
    assert_equal_trees(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", NOT_COVERED)
def test_other_cases_are_left_to_the_backend(name, count):
    problem = Problem(**NOT_COVERED[name])
    layer = problem.layer()
    if layer.state_widths != [MODULES * UNITS] * 2:
        problem.states = [
            keras.Variable(np.zeros((BATCH, width), "float32")) for width in layer.state_widths
        ]
    outputs(lambda: problem.call(layer), layer.trainable_variables)
    assert not count


def test_one_module_is_left_to_the_backend(count):
    layer = RIM(1, UNITS)
    outputs(lambda: layer(tensors(np.zeros((BATCH, TIME, 3), "float32"))))
    assert not count


def test_the_last_output_alone(count):
    problem = Problem(num_active=2)
    found = problem.results(problem.layer(return_sequences=False))
    expected = problem.results(problem.layer(return_sequences=False, unroll=True))
    assert len(count) == 1
    assert_equal_trees(found, expected, atol=1e-5)


def test_a_step_of_ones_own_is_taken(count):
    class Doubled(RIM):
        def step(self, *args, **kwargs):
            states, activity, attention = super().step(*args, **kwargs)
            return states, 2 * activity, attention

    layer = Doubled(MODULES, UNITS, return_decisions=True)
    x = tensors(np.ones((BATCH, TIME, 3), "float32"))
    _, decisions = outputs(lambda: layer(x))
    assert not count
    np.testing.assert_array_equal(decisions["activity"], 2)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="PyTorch's own.")
def test_mixed_precision_and_function_transforms_are_left_to_pytorch(count):
    import torch

    layer = RIM(MODULES, UNITS)
    x = torch.randn(BATCH, TIME, 3)
    layer(x)
    assert len(count) == 1
    with torch.autocast("cpu", torch.bfloat16):
        layer(x).sum().backward()
    found = torch.func.grad(lambda x: layer(x).sum())(x)
    assert len(count) == 1
    x.requires_grad_()
    (expected,) = torch.autograd.grad(layer(x).sum(), x)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="Others have them.")
def test_second_derivatives_are_refused_with_advice():
    import torch

    layer = RIM(MODULES, UNITS)
    x = torch.zeros(BATCH, TIME, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match="needs `unroll=True`"):
        torch.autograd.grad(layer(x).sum(), x, create_graph=True)
