import keras
from keras import ops

REMOVALS = ("mask", "zero_weights")


@keras.saving.register_keras_serializable(package="modzoo")
class MaskedCell(keras.layers.Layer):
    """A recurrent cell of which each step's input says which units are there.

    The last columns of the input are masks, 1 for a unit that stays and 0 for one that is
    removed. A removed unit's new states are 0 with `removal="mask"`. With `"zero_weights"` they
    are what the cell computes where all weights and biases into the unit are 0:

        SimpleRNN    h_t = a(0)
        LSTM         c_t = r(0) c_{t-1} + r(0) a(0),    h_t = r(0) a(c_t)
        GRU          h_t = r(0) h_{t-1} + (1 - r(0)) a(0)

    with `a` the activation and `r` the recurrent activation, so `a(0) = 0` and `r(0) = 0.5` as
    Keras has them by default. In an unrolled module that is not 0 after a step at which the unit
    was there.

    Args:
        cell: A `keras.layers.SimpleRNNCell`, `LSTMCell` or `GRUCell`, run without dropout.
        features: Integer, how many columns of the input are the cell's own.
        first_mask: Integer, the mask column of its first unit, counted behind the features: one
            input may carry the masks of several cells.
        removal: `"mask"` or `"zero_weights"`.

    Call arguments:
        inputs: Tensor of shape `(batch, features + masks)`.
        states: List of tensors `(batch, units)`, as the cell has them.
    """

    def __init__(self, cell, features, first_mask=0, removal="mask", **kwargs):
        super().__init__(**kwargs)
        if removal not in REMOVALS:
            raise ValueError(f"`removal` must be one of {REMOVALS}. Received: removal={removal!r}.")
        self.cell = cell
        self.features = features
        self.first_mask = first_mask
        self.removal = removal
        self.state_size = cell.state_size
        self.output_size = cell.output_size

    def build(self, input_shape):
        if not self.cell.built:  # as it is where it was read from a file
            self.cell.build((input_shape[0], self.features))

    def call(self, inputs, states):
        start = self.features + self.first_mask
        mask = inputs[:, start : start + self.cell.units]
        inputs = inputs[:, : self.features]
        if self.removal == "zero_weights" and not getattr(self.cell, "reset_after", True):
            new = _gru_without_weights(self.cell, inputs, *states, mask)
            return new, [new]
        _, new = self.cell(inputs, states, training=False)
        new = [mask * state for state in new]
        if self.removal == "zero_weights":
            idle = _IDLE[type(self.cell)](self.cell, *states)
            new = [state + (1 - mask) * other for state, other in zip(new, idle, strict=True)]
        return new[0], new

    def get_initial_state(self, batch_size=None):
        return self.cell.get_initial_state(batch_size)

    def get_config(self):
        config = {
            "cell": keras.saving.serialize_keras_object(self.cell),
            "features": self.features,
            "first_mask": self.first_mask,
            "removal": self.removal,
        }
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        config["cell"] = keras.saving.deserialize_keras_object(config["cell"])
        return cls(**config)


def _idle_simple(cell, h):
    return [cell.activation(ops.zeros_like(h))]


def _idle_lstm(cell, h, c):
    zeros = ops.zeros_like(h)
    gate = cell.recurrent_activation(zeros)
    c = gate * c + gate * cell.activation(zeros)
    return [gate * cell.activation(c), c]


def _idle_gru(cell, h):
    zeros = ops.zeros_like(h)
    gate = cell.recurrent_activation(zeros)
    return [gate * h + (1 - gate) * cell.activation(zeros)]


def _gru_without_weights(cell, x, h, mask):
    """With the reset gate before the product, a removed unit's gate reaches the others' states."""
    x = ops.matmul(x, cell.kernel) + (cell.bias if cell.use_bias else 0)
    xz, xr, xg = ops.split(x, 3, axis=-1)
    uz, ur, ug = ops.split(cell.recurrent_kernel, 3, axis=-1)
    z = cell.recurrent_activation(mask * (xz + ops.matmul(h, uz)))
    r = cell.recurrent_activation(mask * (xr + ops.matmul(h, ur)))
    return z * h + (1 - z) * cell.activation(mask * (xg + ops.matmul(r * h, ug)))


_IDLE = {
    keras.layers.SimpleRNNCell: _idle_simple,
    keras.layers.LSTMCell: _idle_lstm,
    keras.layers.GRUCell: _idle_gru,
}
