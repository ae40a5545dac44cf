import keras
from keras import ops

from modzoo.layers.groups import affine
from modzoo.layers.initializers import column_blocks, stacked
from modzoo.layers.precision import product


class RoutePolicy(keras.layers.Layer):
    """Policy networks, one for each reader: scores of connecting it to each source.

        alpha_ij = activation(u_i W_j + context_j + b_j) V_j + c_j,  in R^2

    Args:
        num_readers: Integer, number of policy networks.
        units: Integer, their hidden width.
        activation: Activation of the hidden layer.
        connection_bias: Float, at which `alpha_1 - alpha_0` begins.
        kernel_initializer: Initialiser of the kernels, drawn for each network by itself.
    """

    def __init__(
        self, num_readers, units, activation, connection_bias, kernel_initializer, **kwargs
    ):
        super().__init__(**kwargs)
        self.num_readers = num_readers
        self.units = units
        self.activation = activation
        self.connection_bias = connection_bias
        self.kernel_initializer = kernel_initializer

    def build(self, input_shape):
        readers, columns = self.num_readers, [self.units] * self.num_readers
        self.hidden_kernel = self.add_weight(
            name="hidden_kernel",
            shape=(input_shape[-1], sum(columns)),
            initializer=column_blocks(self.kernel_initializer, columns),
        )
        self.hidden_bias = self.add_weight(
            name="hidden_bias", shape=(sum(columns),), initializer="zeros"
        )
        self.score_kernel = self.add_weight(
            name="score_kernel",
            shape=(readers, self.units, 2),
            initializer=stacked(self.kernel_initializer),
        )
        self.score_bias = self.add_weight(
            name="score_bias", shape=(readers, 2), initializer=self._towards_connecting
        )

    def _towards_connecting(self, shape, dtype=None):
        bias = ops.full(shape[:1], self.connection_bias, dtype)
        return ops.stack([ops.zeros_like(bias), bias], axis=-1)

    def compare(self, sources, context=None):
        """`alpha_1 - alpha_0` of every source and reader.

        Args:
            sources: List of tensors `(rows, width)`.
            context: Tensor `(rows, readers, units)`, or None.

        Returns:
            Tensor `(sources, readers, rows)`.
        """
        # One by one: what all of them hide would be written to memory and read again.
        contexts = [None] * self.num_readers if context is None else ops.unstack(context, axis=1)
        readers = list(zip(*self._by_reader(), contexts, strict=True))
        scores = [self._score(source, *reader) for source in sources for reader in readers]
        return ops.reshape(ops.stack(scores), (len(sources), self.num_readers, -1))

    def _by_reader(self):
        """Lists of the policy networks' kernels, `(width, units)`, and biases, `(units,)`, and of
        what the differences of their scores are made by, `(units,)` and `()`."""
        kernel, bias = (ops.convert_to_tensor(w) for w in (self.score_kernel, self.score_bias))
        return (
            ops.split(ops.convert_to_tensor(self.hidden_kernel), self.num_readers, axis=1),
            ops.split(ops.convert_to_tensor(self.hidden_bias), self.num_readers, axis=0),
            ops.unstack(kernel[..., 1] - kernel[..., 0], axis=0),
            ops.unstack(bias[:, 1] - bias[:, 0], axis=0),
        )

    def _score(self, source, kernel, bias, score_kernel, score_bias, context):
        """What one network says of one source, `(rows,)`."""
        hidden = affine(source, kernel, bias)
        hidden = self.activation(hidden if context is None else hidden + context)
        return product(hidden, score_kernel) + score_bias
