"""Ids of words: of one network, and of several that number them differently."""

import keras
import numpy as np
import pytest
from keras import layers

from modzoo.decomposition import decompose
from modzoo.errors import CallError
from tests.decomposition import networks

STEPS, LABELS = 5, 3
WORDS = ["", "[UNK]", "a", "b", "c", "d"]
OTHER_WORDS = ["[PAD]", "?", "d", "c", "b", "a"]  # its words for padding and the unknown differ
SAME = [0, 1, 5, 4, 3, 2]  # their ids there


def beside_numbers(seed, id_type="int32"):
    """Reads ids, which may come as floats, and whole numbers that are no ids."""
    words = keras.Input((STEPS,), dtype=id_type, name="words")
    counts = keras.Input((2,), dtype="int32", name="counts")
    x = layers.Embedding(len(WORDS), 3, mask_zero=True)(words)
    x = layers.Concatenate()([layers.GRU(4, name="cell")(x), keras.ops.cast(counts, "float32")])
    return networks.drawn(keras.Model([words, counts], layers.Dense(LABELS)(x)), seed)


def data(count=24):
    rng = np.random.default_rng(0)
    words = rng.integers(1, len(WORDS), (count, STEPS))
    words[::2, 3:] = 0
    return [words, rng.integers(0, 9, (count, 2))], np.arange(count) % LABELS


def modules_of(seed, words, names, **options):
    x, y = data()
    model = beside_numbers(seed, **options)
    return decompose(model, (x, y), names, rule="random", max_removed=0.5, vocabulary=words)


def renumbered(x):
    return [np.array(SAME)[x[0]], x[1]]


@pytest.fixture(scope="module")
def one():
    return modules_of(0, WORDS, ["red", "green", "blue"])


@pytest.fixture(scope="module")
def other():
    return modules_of(1, OTHER_WORDS, ["pink", "grey", "teal"], id_type="float32")


def test_ids_alone_are_renumbered_and_padding_is_padding(one, other):
    x, _ = data()
    merged = one.merge(other)
    assert merged.vocabulary == tuple(WORDS)
    wanted = np.concatenate([one.margins(x), other.margins(renumbered(x))], 1)
    np.testing.assert_allclose(merged.margins(x), wanted, atol=1e-5)


@pytest.mark.one_backend
@pytest.mark.usefixtures("few_shares")
def test_the_network_of_modules_that_were_merged_reads_its_own_ids(one, other):
    x, _ = data()
    theirs = renumbered(x)
    y = other.networks[0].model.predict(theirs, verbose=0).argmax(-1)
    merged = one.merge(other).subset(other.labels)
    found, wanted = merged.report(x, y), other.report(theirs, y)
    assert found["monolith"] == wanted["monolith"] == 1
    assert found["curve"] == wanted["curve"] and wanted["curve"]


@pytest.mark.one_backend
def test_a_word_may_be_anothers_padding(one):
    words = ["a", "[UNK]", "", "b", "c", "d"]
    merged = one.merge(modules_of(2, words, ["pink", "grey", "teal"]))
    assert merged.vocabulary == tuple(WORDS)
    x, _ = data()
    assert np.isfinite(merged.margins(x)).all()


X, Y = data()
CALLS = [
    (lambda one: one.margins([X[0] + 4, X[1]]), "knows the ids 0 to 5, x has 4 to 9"),
    (lambda one: modules_of(0, WORDS[:-1], None), "knows 6 ids, the vocabulary has 5 words"),
    (lambda one: modules_of(0, [*WORDS[:-1], "a"], None), "no word twice, received a"),
    (lambda one: modules_of(0, ["a"], None), "received 1 words"),
    (lambda one: _decomposed(_of_floats), "has no Embedding"),
    (lambda one: _decomposed(_of_shifted_ids), "reads no input of the model"),
    (lambda one: one.merge(modules_of(0, None, ["x", "y", "z"])), "one has a vocabulary and one"),
]


def _of_floats(inputs):
    return keras.ops.expand_dims(inputs, -1)


def _of_shifted_ids(inputs):
    return layers.Embedding(len(WORDS), 3)(keras.ops.minimum(inputs, 5))


def _decomposed(read):
    inputs = keras.Input((STEPS,))
    model = keras.Model(inputs, layers.Dense(LABELS)(layers.GRU(3)(read(inputs))))
    return decompose(model, (X[0], Y), vocabulary=WORDS)


@pytest.mark.one_backend
@pytest.mark.parametrize("call, message", CALLS)
def test_calls_that_are_wrong(one, call, message):
    with pytest.raises(CallError, match=message):
        call(one)
