import keras
import numpy as np
import pytest

from modzoo.layers import TaskGate
from tests.backends import outputs, outputs_and_gradients, randomise
from tests.reference import task_gate as oracle

UNITS, FEATURES, TASKS = 4, 3, 2
# Rows: right-padded, interior gaps and a masked first word, masked throughout, not masked.
MASK = np.array([[1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], "bool")
CASES = {
    "previous": {},
    "current": {"context": "current"},
    "disabled": {"disabled": [1, (1, 2)]},
    "three": {"num_tasks": 3},
    "one": {"num_tasks": 1},
}


def tensors(*arrays):
    return keras.tree.map_structure(keras.ops.convert_to_tensor, arrays)


def inputs(seed=0):
    rng = np.random.default_rng(seed)
    shapes = (*MASK.shape, UNITS), (*MASK.shape, FEATURES)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def built(**arguments):
    layer = TaskGate(**{"num_tasks": TASKS, "return_decisions": True, **arguments})
    layer.build([(*MASK.shape, UNITS), (*MASK.shape, FEATURES)])
    return layer, randomise(layer)


def expected(layer, arrays, weights, mask):
    arrays = [x.astype("float64") for x in arrays]
    return oracle.gated(*arrays, weights, layer.num_tasks, mask, layer.context, layer.disabled)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_the_equations(case, masked):
    layer, weights = built(**CASES[case])
    arrays, mask = inputs(), MASK if masked else None
    states, words = tensors(*arrays)
    kwargs = {"mask": tensors(MASK)[0]} if masked else {}
    values, decisions = outputs(lambda: layer([states, words], **kwargs), layer.variables)
    expected_values, gates = expected(layer, arrays, weights, mask)
    np.testing.assert_allclose(np.stack(values), expected_values, atol=1e-6)
    np.testing.assert_allclose(np.stack(decisions["gates"]), gates, atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_gradients_are_those_of_the_equations(case, masked):
    """By finite differences of the reference: weights, states and word vectors."""
    layer, weights = built(**CASES[case])
    arrays, mask = inputs(), MASK if masked else None
    variables = [keras.Variable(x) for x in arrays]
    kwargs = {"mask": tensors(MASK)[0]} if masked else {}
    share = np.random.default_rng(5).normal(size=(layer.num_tasks, *arrays[0].shape))

    def loss():
        values, _ = layer([keras.ops.convert_to_tensor(v) for v in variables], **kwargs)
        shares = tensors(*share.astype("float32"))
        return sum(keras.ops.sum(y * s) for y, s in zip(values, shares, strict=True)), ()

    def reference(changed):
        changed_arrays = [changed.get(name, x) for name, x in zip("hx", arrays, strict=True)]
        names = {k: changed.get(k, v) for k, v in weights.items()}
        return np.sum(expected(layer, changed_arrays, names, mask)[0] * share)

    _, found = outputs_and_gradients(loss, [*variables, *layer.trainable_variables])
    names = ["h", "x", *(v.name for v in layer.trainable_variables)]
    values = dict(zip("hx", arrays, strict=True)) | weights
    rng = np.random.default_rng(7)
    for name, gradient in zip(names, found, strict=True):
        value = values[name].astype("float64")
        for place in rng.choice(value.size, size=min(value.size, 6), replace=False):
            step = np.zeros(value.size)
            step[place] = 1e-5
            step = step.reshape(value.shape)
            difference = reference({name: value + step}) - reference({name: value - step})
            np.testing.assert_allclose(
                gradient.ravel()[place], difference / 2e-5, rtol=1e-3, atol=1e-5, err_msg=name
            )


@pytest.mark.parametrize("num_tasks, units", [(1, 3), (2, 4), (2, 5), (3, 8), (5, 5)])
def test_fixed_gates_partition_the_units(num_tasks, units):
    layer = TaskGate(num_tasks, mode="fixed", return_decisions=True)
    states = np.random.default_rng(0).normal(size=(2, 3, 2 * units)).astype("float32")
    values, decisions = outputs(lambda: layer(*tensors(states)))
    gates = np.stack(decisions["gates"])
    np.testing.assert_array_equal(gates.sum(0), 1)  # disjoint and covering
    np.testing.assert_array_equal(gates[:, 0, 0], oracle.fixed(num_tasks, units))
    np.testing.assert_array_equal(np.sum(values, axis=0), states)


def test_the_papers_fixed_gates():
    layer = TaskGate(2, mode="fixed")
    layer.build((None, None, 8))
    first = [1, 1, 0, 0, 0, 0, 1, 1]
    np.testing.assert_array_equal(layer.fixed_gates(), [first, np.logical_not(first)])


@pytest.mark.parametrize("units, num_tasks", [(3, 2), (7, 3), (1, 1)])
def test_odd_units_are_shared_out_too(units, num_tasks):
    layer = TaskGate(num_tasks, mode="fixed")
    layer.build((None, None, units))
    np.testing.assert_array_equal(layer.fixed_gates().sum(0), 1)
    assert layer.fixed_gates().any(1).all()


def test_units_by_name():
    layer = TaskGate(2, mode="fixed", fixed_units=[[0, 3], [3]])
    (states,) = tensors(inputs()[0])
    values = outputs(lambda: layer(states))
    np.testing.assert_array_equal(values[0], inputs()[0] * [1, 0, 0, 1])
    np.testing.assert_array_equal(values[1], inputs()[0] * [0, 0, 0, 1])


def test_no_gates_is_identity():
    layer = TaskGate(3, mode="none")
    (states,) = tensors(inputs()[0])
    for value in outputs(lambda: layer(states)):
        np.testing.assert_array_equal(value, inputs()[0])
    assert not layer.weights


def test_decisions_come_on_request_only():
    decided, _ = built()
    plain, _ = built(return_decisions=False)
    arrays = tensors(*inputs())
    alone = outputs(lambda: plain(arrays), plain.variables)
    both, decisions = outputs(lambda: decided(arrays), decided.variables)
    np.testing.assert_array_equal(alone, both)
    assert decisions.keys() == {"gates"}


@pytest.mark.parametrize("mode", ["learned", "fixed", "none"])
def test_gates_are_switched_off(mode):
    layer, _ = built(mode=mode)
    arrays = tensors(*inputs())
    whole, _ = outputs(lambda: layer(arrays), layer.variables)
    layer.disabled = [0, (1, 3)]
    values, decisions = outputs(lambda: layer(arrays), layer.variables)
    off = np.zeros((TASKS, UNITS), "bool")
    off[:, 0] = off[1, 3] = True
    for task in range(TASKS):
        assert not np.any(values[task][..., off[task]])
        assert not np.any(decisions["gates"][task][..., off[task]])
        np.testing.assert_array_equal(values[task][..., ~off[task]], whole[task][..., ~off[task]])


def test_a_wide_kernel_is_drawn_task_by_task():
    layer = TaskGate(50, kernel_initializer=keras.initializers.GlorotUniform(seed=1))
    layer.build([(None, None, 8), (None, None, 8)])
    kernel = keras.ops.convert_to_numpy(layer.word_kernel)
    assert np.abs(kernel).max() > 0.9 * np.sqrt(6 / 16)  # not the bound of 8 -> 400
    assert np.any(kernel[:, :8] != kernel[:, 8:16])


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"num_tasks": 0}, "num_tasks=0"),
        ({"mode": "soft"}, "mode='soft'"),
        ({"context": "next"}, "context='next'"),
        ({"fixed_units": [[0], [1]]}, "mode='learned'"),
        ({"mode": "fixed", "fixed_units": [[0]]}, "num_tasks=2"),
        ({"mode": "fixed", "fixed_units": [[0], [9]]}, r"units in \[0, 4\)"),
        ({"mode": "fixed", "fixed_units": [[0], []]}, r"units in \[0, 4\)"),
        ({"num_tasks": 3, "mode": "fixed"}, "units=4, num_tasks=3"),
        ({"disabled": [4]}, "There are 4 units"),
        ({"disabled": [(2, 0)]}, "num_tasks=2"),
        ({"disabled": ["a"]}, "disabled=\\['a'\\]"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        built(**arguments)


@pytest.mark.parametrize("mode", ["learned", "fixed"])
def test_states_and_words_are_one_argument(mode):
    states, words = keras.ops.ones((4, 4, 4)), keras.ops.ones((4, 4, 3))
    named = r"one list, `\[states, words\]`" if mode == "learned" else r"`mask` must have the shape"
    with pytest.raises(ValueError, match=named):
        TaskGate(2, mode=mode)(states, words)


def test_a_learned_gate_needs_word_vectors():
    with pytest.raises(ValueError, match=r"reads one list, `\[states, words\]`"):
        TaskGate(2)(inputs()[0])
