import keras
from keras import ops

from modzoo.layers.counts import check_counts
from modzoo.layers.groups import group_affine, group_width, join_groups, split_groups
from modzoo.layers.initializers import stacked


@keras.saving.register_keras_serializable(package="modzoo")
class GroupDense(keras.layers.Layer):
    """One separately parameterised linear map per group of features.

    The last axis is read as `num_groups` contiguous blocks of equal width, and
    block `g` is mapped by its own kernel: `y_g = activation(x_g W_g + b_g)`. It
    equals a `Dense` layer with a block-diagonal kernel, at `1 / num_groups` of its
    parameters and arithmetic, computed as one batched matrix product.

    Args:
        num_groups: Integer, number of groups (the paper's `n_s`).
        units: Integer, output width of each group.
        activation: Activation function. Default: linear.
        use_bias: Whether each group adds a bias.
        kernel_initializer: Initialiser, drawn for each group by itself, with the fans
            of one group.
        bias_initializer: Initialiser of the biases.
        kernel_regularizer: Regulariser of the kernel.
        bias_regularizer: Regulariser of the biases.

    Input shape: `(..., num_groups * width)`.
    Output shape: `(..., num_groups * units)`.

    Raises:
        ValueError: If the width of the input is not divisible by `num_groups`.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> modzoo.layers.GroupDense(num_groups=3, units=8)(x).shape
    (2, 5, 24)

    Reference:
    - [Lamb et al., 2021, section 3.1](https://arxiv.org/abs/2103.00336)
    """

    def __init__(
        self,
        num_groups,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_counts(num_groups=num_groups, units=units)
        self.num_groups = num_groups
        self.units = units
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_shape[-1]})
        width = group_width(input_shape, self.num_groups)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.num_groups, width, self.units),
            initializer=stacked(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.num_groups * self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
            )

    def call(self, inputs):
        return join_groups(self.map_groups(split_groups(inputs, self.num_groups)), inputs)

    def map_groups(self, x):
        """Maps `(num_groups, rows, width)` to `(num_groups, rows, units)`."""
        bias = None
        if self.bias is not None:
            bias = ops.reshape(self.bias, (self.num_groups, 1, self.units))
        return self.activation(group_affine(x, self.kernel, bias))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.num_groups * self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "num_groups": self.num_groups,
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
        }
