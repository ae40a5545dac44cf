import keras
import numpy as np
import pytest

from modzoo.applications.tagging.bilstm import BiLSTM
from modzoo.applications.tagging.word_encoder import WordEncoder
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


def reference(x, mask, weights):
    kernel, recurrent_kernel, bias = weights
    there, _ = read(x, mask, kernel[0], recurrent_kernel[0], bias[0])
    back, _ = read(x[:, ::-1], mask[:, ::-1], kernel[1], recurrent_kernel[1], bias[1])
    return np.concatenate([there, back[:, ::-1]], -1)


def reference_of_words(letters, words, rows, weights):
    """Each word by itself: the last states of both directions."""
    kernel, recurrent_kernel, bias = weights
    states = np.zeros((len(words), 2 * WIDTH))
    for n, (first, last) in enumerate(words):
        ids = letters.flat[first : last + 1]
        x, mask = rows[ids[ids > 0]][None], np.ones((1, (ids > 0).sum()), "bool")
        there = read(x, mask, kernel[0], recurrent_kernel[0], bias[0])[1]
        back = read(x[:, ::-1], mask, kernel[1], recurrent_kernel[1], bias[1])[1]
        states[n] = np.concatenate([there[0], back[0]])
    return states


def random_layer(rng):
    layer = BiLSTM(2 * WIDTH)
    layer.build((None, None, FEATURES))
    for v in layer.trainable_variables:
        v.assign(rng.normal(size=v.shape))
    return layer


def assert_is(expected_of, call, layer):
    """Values, and gradients at random places by finite differences."""
    weights = [keras.ops.convert_to_numpy(v).astype("float64") for v in layer.weights]
    expected = expected_of(weights)
    share = np.random.default_rng(1).normal(size=expected.shape)

    def loss():
        y = call()
        return keras.ops.sum(y * keras.ops.convert_to_tensor(share.astype("float32"))), y

    value, gradients = outputs_and_gradients(loss, layer.trainable_variables)
    np.testing.assert_allclose(value, expected, atol=1e-5)
    rng = np.random.default_rng(2)
    for n, gradient in enumerate(gradients):
        for place in rng.choice(gradient.size, 8, replace=False):
            changed = [[w.copy() for w in weights] for _ in range(2)]
            changed[0][n].flat[place] += 1e-5
            changed[1][n].flat[place] -= 1e-5
            up, down = (np.sum(expected_of(w) * share) for w in changed)
            np.testing.assert_allclose(
                gradient.flat[place], (up - down) / 2e-5, rtol=1e-3, atol=1e-4
            )


@pytest.mark.parametrize(
    "mask", [PADDED, GAPS, np.ones((4, 4), "bool")], ids=["padded", "gaps", "full"]
)
def test_both_directions(mask):
    rng = np.random.default_rng(0)
    layer, x = random_layer(rng), rng.normal(size=(*mask.shape, FEATURES)).astype("float32")

    def call():
        return layer(keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(mask))

    assert_is(lambda weights: reference(x.astype("float64"), mask, weights), call, layer)


def test_words_of_a_row_are_read_apart():
    letters = np.array([[3, 0, 5, 2, 4, 1], [0, 0, 2, 2, 0, 1], [0, 0, 0, 0, 0, 0]], "int32")
    # In any order, more than once; the last two are empty.
    words = np.array([[8, 9], [0, 0], [2, 5], [11, 11], [0, 0], [6, 6], [14, 14]], "int32")
    rng = np.random.default_rng(0)
    layer, rows = random_layer(rng), rng.normal(size=(6, FEATURES)).astype("float32")

    def call():
        return layer.read_words(*(keras.ops.convert_to_tensor(a) for a in (letters, words, rows)))

    assert_is(lambda weights: reference_of_words(letters, words, rows, weights), call, layer)


def test_it_is_two_keras_lstms():
    rng = np.random.default_rng(0)
    layer, x = random_layer(rng), rng.normal(size=(*PADDED.shape, FEATURES)).astype("float32")
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
    layer.build((None, None, 3))
    bias = keras.ops.convert_to_numpy(layer.bias)
    np.testing.assert_array_equal(bias, [[0, 0, 1, 1, 0, 0, 0, 0]] * 2)


@pytest.mark.parametrize("units", [0, 3])
def test_units_are_halved(units):
    with pytest.raises(ValueError, match=f"units={units}"):
        BiLSTM(units)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    layer = BiLSTM(4, dtype=policy)
    x = np.random.default_rng(0).normal(size=(4, 4, 3)).astype("float32")
    x, mask = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(PADDED)
    value = outputs(lambda: layer(x, mask), layer.variables)
    assert np.isfinite(value).all()
    assert not value[~PADDED].any()
    assert {v.dtype for v in layer.weights} == {"float32"}


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_words_in_mixed_precision(policy):
    """Closed gates are closed in every precision: a word's neighbours do not change it."""
    encoder = WordEncoder(6, 3, 4, dtype=policy)
    alone, beside = np.array([[[0, 0, 5, 4]]]), np.array([[[1, 0, 5, 4]]])
    words = np.array([[[2, 3], [1, 1]]])
    encoder(beside, words)
    alone, beside = (
        outputs(lambda c=c: encoder(c, words), encoder.variables) for c in (alone, beside)
    )
    np.testing.assert_array_equal(alone, beside)
    assert alone[0, 0].any()
    assert not alone[0, 1].any()
