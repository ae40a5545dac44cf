import keras
from keras import ops

from modzoo.layers.rim_cell import RIMCell
from modzoo.layers.routed_core import RoutedCore
from modzoo.layers.shapes import check_shape
from modzoo.layers.slicing import split


@keras.saving.register_keras_serializable(package="modzoo")
class RoutedEncoderCell(RoutedCore):
    """One step of MT-RMN's shared encoder, for `keras.layers.RNN`.

    `modzoo.layers.RoutedEncoder` computes the same of all steps at once, several times faster on
    PyTorch, adds the sparsity penalty and reports its routes; this cell is for loops of one's own
    and for `keras.layers.RNN`. Both hold the same weights in the same order. The states are flat,
    and the first of them is the output, as every backend's `RNN` needs it; it is not read.
    With `zero_output_for_mask=True` the `RNN` equals `RoutedEncoder` under masks too.

    Args: those of `modzoo.layers.RoutedEncoder` from `num_cells` to `routing`, and:
        reads_noise: Whether the last `num_routes` features of the input are noise for the
            router, `log(u) - log(1 - u)` of numbers `u` from a uniform distribution, drawn
            before the loop, because a random draw inside a cell does not work on JAX. Without,
            there is no noise.

    Call arguments:
        inputs: Tensor of shape `(batch, features)`, or `(batch, features + num_routes)` with
            `reads_noise=True`. `num_routes` is an attribute: `num_modules * (num_cells +
            (num_layers - 2) * num_modules)`, layer by layer, in each source by source.
        states: List of the last output, `(batch, (num_layers - 1) * num_modules *
            module_units)`, and the states of the cells, each `(batch, cells * units)`: `h` and,
            where there are LSTM cells, `c` of those.

    Returns:
        The output and the list of the new states.

    Raises:
        ValueError: As `modzoo.layers.RoutedEncoder`.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> cell = modzoo.layers.RoutedEncoderCell(3, 4, num_layers=3, num_modules=2)
    >>> keras.layers.RNN(cell)(x).shape
    (2, 16)
    """

    def __init__(
        self,
        num_cells,
        units,
        num_layers,
        num_modules,
        *,
        cell="lstm",
        module_units=None,
        policy_units=None,
        activation="relu",
        connection_bias=2.0,
        temperature=1.0,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        disabled=(),
        recursive=False,
        routing="learned",
        reads_noise=False,
        **kwargs,
    ):
        super().__init__(
            num_cells,
            units,
            num_layers,
            num_modules,
            cell=cell,
            module_units=module_units,
            policy_units=policy_units,
            activation=activation,
            connection_bias=connection_bias,
            temperature=temperature,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            disabled=disabled,
            recursive=recursive,
            routing=routing,
            **kwargs,
        )
        if routing == "random" and not reads_noise:
            raise ValueError('`routing="random"` needs `reads_noise=True`. Received: False.')
        self.reads_noise = reads_noise
        self.cells = self._cells(RIMCell)
        self.router = self._router("never")
        self.state_size = [self.output_width, *self.cells.state_size]
        self.output_size = self.output_width

    def build(self, input_shape):
        check_shape("inputs", input_shape, (None, None), ("batch", "features"))
        batch, width = input_shape
        if self.reads_noise:
            if width is None or width <= self.num_routes:
                raise ValueError(
                    f"With `reads_noise=True` the input must be wider than {self.num_routes}, the "
                    f"number of routes. Received: input_shape={tuple(input_shape)}."
                )
            width -= self.num_routes
        self.cells.build((batch, width))
        self.build_modules()
        self.input_spec = keras.layers.InputSpec(ndim=2, axes={-1: input_shape[-1]})

    def call(self, inputs, states, training=False):
        noise = None
        if self.reads_noise:
            sizes = [inputs.shape[-1] - self.num_routes, self.num_routes]
            inputs, noise = split(inputs, sizes, axis=-1)
        hidden, states = self.cells(inputs, states[1:])
        output, _ = self.route(hidden, noise)
        return output, [output, *states]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, width), self.compute_dtype) for width in self.state_size]

    def get_config(self):
        return {**super().get_config(), "reads_noise": self.reads_noise}
