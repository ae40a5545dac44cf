import keras
import numpy as np
import pytest

from modzoo.applications.tagging.bilstm import BiLSTM
from tests.backends import outputs, outputs_and_gradients

# Rows: right-padded, masked throughout, one step, not masked; then gaps too.
PADDED = np.array([[1, 1, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1]], "bool")
GAPS = np.array([[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 1, 0], [1, 1, 1, 1]], "bool")
FEATURES, WIDTH = 3, 5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def read(x, mask, kernel, recurrent_kernel, bias):
    """States of one direction in float64, one row and one step at a time; final state."""
    sequence, last = np.zeros((*mask.shape, WIDTH)), np.zeros((len(mask), WIDTH))
    for b in range(len(mask)):
        h, c = np.zeros(WIDTH), np.zeros(WIDTH)
        for t in np.flatnonzero(mask[b]):
            i, f, g, o = np.split(x[b, t] @ kernel + h @ recurrent_kernel + bias, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sequence[b, t] = sigmoid(o) * np.tanh(c)
        last[b] = h
    return sequence, last


def reference(x, mask, weights, sequences):
    kernel, recurrent_kernel, bias = weights
    there = read(x, mask, kernel[0], recurrent_kernel[0], bias[0])
    back = read(x[:, ::-1], mask[:, ::-1], kernel[1], recurrent_kernel[1], bias[1])
    if sequences:
        return np.concatenate([there[0], back[0][:, ::-1]], -1)
    return np.concatenate([there[1], back[1]], -1)


def problem(sequences, table):
    rng = np.random.default_rng(0)
    layer = BiLSTM(2 * WIDTH, return_sequences=sequences)
    layer.build_for(FEATURES)
    for v in layer.trainable_variables:
        v.assign(rng.normal(size=v.shape))
    rows = rng.normal(size=(6, FEATURES)).astype("float32")
    ids = rng.integers(0, 6, PADDED.shape).astype("int32")
    return layer, (ids, rows) if table else (rows[ids],), rows[ids]


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("mask", [PADDED, GAPS], ids=["padded", "gaps"])
def test_both_directions(mask, sequences, table):
    layer, arrays, x = problem(sequences, table)
    weights = [keras.ops.convert_to_numpy(v).astype("float64") for v in layer.weights]
    expected = reference(x.astype("float64"), mask, weights, sequences)
    share = np.random.default_rng(1).normal(size=expected.shape)

    def loss():
        inputs, *rows = (keras.ops.convert_to_tensor(a) for a in arrays)
        y = layer(inputs, keras.ops.convert_to_tensor(mask), *rows)
        return keras.ops.sum(y * keras.ops.convert_to_tensor(share.astype("float32"))), y

    value, gradients = outputs_and_gradients(loss, layer.trainable_variables)
    np.testing.assert_allclose(value, expected, atol=1e-5)
    rng = np.random.default_rng(2)
    for n, gradient in enumerate(gradients):
        for place in rng.choice(gradient.size, 8, replace=False):
            changed = [[w.copy() for w in weights] for _ in range(2)]
            changed[0][n].flat[place] += 1e-5
            changed[1][n].flat[place] -= 1e-5
            up, down = (
                np.sum(reference(x.astype("float64"), mask, w, sequences) * share) for w in changed
            )
            np.testing.assert_allclose(
                gradient.flat[place], (up - down) / 2e-5, rtol=1e-3, atol=1e-4
            )


def test_it_is_two_keras_lstms():
    layer, (x,), _ = problem(True, False)
    both = keras.layers.Bidirectional(keras.layers.LSTM(WIDTH, return_sequences=True))
    both.build(x.shape)
    parts = [[keras.ops.convert_to_numpy(w)[i] for w in layer.weights] for i in range(2)]
    both.forward_layer.set_weights(parts[0])
    both.backward_layer.set_weights(parts[1])
    x, mask = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(PADDED)
    ours = outputs(lambda: layer(x, mask), layer.variables)
    theirs = outputs(lambda: both(x, mask=mask), both.variables)
    np.testing.assert_allclose(ours[PADDED], theirs[PADDED], atol=1e-5)


def test_the_forget_gate_begins_open():
    layer = BiLSTM(4)
    layer.build_for(3)
    bias = keras.ops.convert_to_numpy(layer.bias)
    np.testing.assert_array_equal(bias, [[0, 0, 1, 1, 0, 0, 0, 0]] * 2)


@pytest.mark.parametrize("units", [0, 3])
def test_units_are_halved(units):
    with pytest.raises(ValueError, match=f"units={units}"):
        BiLSTM(units)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    layer = BiLSTM(4, return_sequences=True, dtype=policy)
    x = np.random.default_rng(0).normal(size=(4, 4, 3)).astype("float32")
    x, mask = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(PADDED)
    layer.build_for(3)
    value = outputs(lambda: layer(x, mask), layer.variables)
    assert np.isfinite(value).all()
    assert {v.dtype for v in layer.weights} == {"float32"}
