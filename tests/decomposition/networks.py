"""Small networks, drawn and not trained, and what oracles need of them."""

import keras
import numpy as np
from keras import layers

from tests.reference import decomposition as reference

WORDS, LABELS, STEPS = 12, 4, 6
STACK = {  # each kind of cell once, in one network: name, oracle's kind, layer, oracle's options
    "first": ("lstm", lambda **o: layers.LSTM(6, **o), {}),
    "second": ("gru", lambda **o: layers.GRU(5, reset_after=True, **o), {}),
    "third": ("gru", lambda **o: layers.GRU(5, reset_after=False, **o), {}),
    "fourth": (
        "simple",
        lambda **o: layers.SimpleRNN(6, activation="relu", **o),
        {"activation": reference.relu},
    ),
    "fifth": ("simple", lambda **o: layers.SimpleRNN(5, **o), {}),
}


def network(names=tuple(STACK), per_step=False, activation="softmax", num_steps=STEPS):
    """An embedding that masks its padding, the layers of `STACK` of those names, and labels."""
    inputs = keras.Input((num_steps,), dtype="int32")
    x = layers.Embedding(WORDS, 4, mask_zero=True, name="words")(inputs)
    for name in names:
        returns = per_step or name != names[-1]
        x = STACK[name][1](return_sequences=returns, name=name)(x)
        x = layers.Dropout(0.5)(x)
    head = layers.Dense(LABELS, activation, name="labels")
    x = layers.TimeDistributed(head)(x) if per_step else head(x)
    return drawn(keras.Model(inputs, x))


def drawn(model, seed=0):
    """The model with all weights drawn anew, biases too."""
    rng = np.random.default_rng(seed)
    model.set_weights([0.7 * rng.normal(size=w.shape).astype("float32") for w in model.weights])
    return model


def texts(count=40, num_steps=STEPS, seed=0):
    """Ids with padding behind them, and labels of every kind."""
    rng = np.random.default_rng(seed)
    x = rng.integers(1, WORDS, (count, num_steps))
    lengths = rng.integers(2, num_steps + 1, count)
    x[np.arange(num_steps) >= lengths[:, None]] = 0
    return x, np.arange(count) % LABELS


def random_masks(model, is_rolled, num_steps=STEPS, seed=1):
    """`{layer: boolean array (labels, steps or 1, units)}`, a third of the units removed."""
    rng = np.random.default_rng(seed)
    sizes = {name: model.get_layer(name).units for name in STACK if has_layer(model, name)}
    return {
        name: rng.random((LABELS, 1 if is_rolled else num_steps, units)) > 1 / 3
        for name, units in sizes.items()
    }


def has_layer(model, name):
    return name in [layer.name for layer in model.layers]


def oracle(model, ids, kept, removal="mask"):
    """Logits `(steps, labels)` of one example, with masks `{layer: (steps or 1, units)}`."""
    x = np.asarray(model.get_layer("words").get_weights()[0], "float64")[ids]
    for name, (kind, _, options) in STACK.items():
        if has_layer(model, name):
            weights = model.get_layer(name).get_weights()
            x = reference.run(kind, weights, x, ids > 0, kept[name], removal, **options)
    kernel, bias = (np.asarray(w, "float64") for w in model.layers[-1].get_weights())
    return x @ kernel + bias
