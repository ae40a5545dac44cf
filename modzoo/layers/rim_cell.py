import keras
from keras import ops

from modzoo.layers.rim_step import RIMStep
from modzoo.layers.shapes import check_shape


@keras.saving.register_keras_serializable(package="modzoo")
class RIMCell(RIMStep):
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

    def __init__(
        self,
        num_modules,
        units,
        num_active=None,
        *,
        cell="lstm",
        input_dims=None,
        input_attention=True,
        communication=True,
        key_dim=None,
        value_dim=None,
        num_heads=1,
        communication_key_dim=None,
        selection="null",
        attention_bias=False,
        communication_gate=False,
        idle_communication="state",
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        unit_forget_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        disabled=(),
        **kwargs,
    ):
        super().__init__(
            num_modules,
            units,
            num_active,
            cell=cell,
            input_dims=input_dims,
            input_attention=input_attention,
            communication=communication,
            key_dim=key_dim,
            value_dim=value_dim,
            num_heads=num_heads,
            communication_key_dim=communication_key_dim,
            selection=selection,
            attention_bias=attention_bias,
            communication_gate=communication_gate,
            idle_communication=idle_communication,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            unit_forget_bias=unit_forget_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            disabled=disabled,
            **kwargs,
        )
        self.state_size = self.state_widths
        self.output_size = self.state_size[0]

    def build(self, input_shape):
        check_shape("inputs", input_shape, (None, None), ("batch", "features"))
        self.build_weights(input_shape)
        self.input_spec = keras.layers.InputSpec(ndim=2, axes={-1: input_shape[-1]})

    def call(self, inputs, states, training=False):
        self.check_states("states", states, inputs.shape[0])
        weights = self.step_weights()
        projected = self.project(inputs, weights)
        states, _, _ = self.step(projected, self.order.module_major(states), weights)
        states = self.order.flat(states)
        return states[0], list(states)

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, width), self.compute_dtype) for width in self.state_size]
