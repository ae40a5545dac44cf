import keras
import numpy as np
import pytest
import tensorflow as tf

from modzoo.layers import RoutedDecoder, RoutedEncoder
from modzoo.training import RouteEntropy, route_entropy

STEPS = {"first": [[1, 1, 0, 0], [1, 1, 1, 1]], "second": [0, 1]}  # which are of a task


def test_entropy_of_routes():
    half, always, seldom = [0, 1, 0, 1], [1, 1, 1, 1], [0, 0, 0, 1]
    quarter = -(0.25 * np.log2(0.25) + 0.75 * np.log2(0.75))
    assert route_entropy(np.array([half]).T) == 1
    assert str(route_entropy(np.array([always]).T)) == "0.0"
    assert np.isclose(route_entropy(np.array([half, always, seldom]).T), (1 + quarter) / 3)
    assert np.isnan(route_entropy(np.ones((0, 2))))


def test_each_epoch_says_how_decided_the_routes_of_each_task_are():
    inputs = keras.Input((None, 3))
    encoded = RoutedEncoder(2, 3, 3, 2)(inputs)
    decoder = RoutedDecoder(2, 3, 3, 2, connection_bias=0.0, return_decisions=True, seed=1)
    outputs, decisions = decoder(encoded)
    model = keras.Model(inputs, outputs[0])
    decided = keras.Model(inputs, {"decoder_routes": decisions["routes"]})
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    weights = {task: np.array(own, "float32") for task, own in STEPS.items()}
    batches = tf.data.Dataset.from_tensors((x, np.zeros(2), weights))
    model.compile("sgd", "mse", jit_compile=keras.backend.backend() == "jax")
    counted = RouteEntropy(decided, list(STEPS), batches)
    history = model.fit(x, np.ones((2, 4, 6)), epochs=2, callbacks=[counted], verbose=0).history
    first, second = decided.predict_on_batch(x)["decoder_routes"]
    expected = np.concatenate([first[0, :2], first[1]]), second[1]
    for task, reads in zip(STEPS, expected, strict=True):
        found = history[f"val_{task}_route_entropy"]
        assert len(found) == 2
        assert found[-1] == pytest.approx(route_entropy(np.asarray(reads)))
    assert 0 < found[-1] <= 1
