import keras
from keras import ops

from modzoo.layers.rim_core import RIMCore
from modzoo.layers.slicing import split


@keras.saving.register_keras_serializable(package="modzoo")
class RIMCell(RIMCore):
    """One step of recurrent independent mechanisms, for `keras.layers.RNN`.

    `modzoo.layers.RIM` runs the same step over a sequence several times faster and
    reports which module was active; this cell is for loops of one's own and for
    `keras.layers.RNN` and `StackedRNNCells`. The states are flat, and the first of
    them is the output, as every backend's `RNN` needs it. `RIM` takes the same
    arguments and holds weights of the same names and shapes; dropout belongs to `RIM`,
    because a random draw inside a cell does not work on JAX.

    Args: those of `modzoo.layers.RIM` from `num_modules` to `disabled`. With
        `input_dims` the modules read consecutive slices of the features.

    Call arguments:
        inputs: Tensor of shape `(batch, features)`; for inputs per module their
            concatenation, of width `sum(input_dims)`.
        states: List `[h]` of shape `(batch, num_modules * units)`, or `[h, c]`, with `c`
            of shape `(batch, num_lstm_modules * units)`, where there are LSTM modules.

    Returns:
        The output, which is `h`, and the list of the new states.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> keras.layers.RNN(modzoo.layers.RIMCell(num_modules=3, units=4, num_active=2))(x).shape
    (2, 12)
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.state_size = self.state_widths
        self.output_size = self.state_size[0]

    def build(self, input_shape):
        check_width(input_shape, self.input_dims)
        shared = self.input_dims is None
        self.build_weights([input_shape[-1]] if shared else self.input_dims, shared)

    def call(self, inputs, states, training=False):
        weights = self.step_weights()
        if self.input_dims is not None:
            inputs = split_features(inputs, self.input_dims)
        projected = self.project(inputs, weights)
        states, _, _ = self.step(projected, self.module_major(states), weights)
        states = self.flat(states)
        return states[0], list(states)

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, width), self.compute_dtype) for width in self.state_size]


def check_width(input_shape, input_dims):
    """Raises unless the last axis of `input_shape` is known and fits `input_dims`."""
    width = input_shape[-1]
    if width is None or (input_dims is not None and width != sum(input_dims)):
        raise ValueError(
            "The last axis of the input must be known, and equal the sum of `input_dims` where "
            f"those are given. Received: input_shape={tuple(input_shape)}, "
            f"input_dims={input_dims}."
        )


def split_features(inputs, input_dims):
    """Slices `(..., sum(input_dims))` into one tensor per module."""
    return split(inputs, input_dims, axis=-1)
