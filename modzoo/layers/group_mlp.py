import keras

from modzoo.layers.group_dense import GroupDense


class GroupMLP(keras.layers.Layer):
    """One network with a hidden layer per group: `activation(x_g W_g + b_g) V_g + c_g`.

    Args:
        num_groups: Integer, number of networks.
        units: Integer, width of the hidden layer and of the output of each.
        activation: Activation of the hidden layer.
        kernel_initializer: Initialiser of the kernels, drawn for each network by itself.
    """

    def __init__(self, num_groups, units, activation, kernel_initializer, **kwargs):
        super().__init__(**kwargs)
        self.hidden = GroupDense(
            num_groups,
            units,
            activation,
            kernel_initializer=kernel_initializer,
            dtype=self.dtype_policy,
            name="hidden",
        )
        self.outer = GroupDense(
            num_groups,
            units,
            kernel_initializer=kernel_initializer,
            dtype=self.dtype_policy,
            name="outer",
        )

    def build(self, input_shape):
        self.hidden.build(input_shape)
        self.outer.build(self.hidden.compute_output_shape(input_shape))

    def map_groups(self, x):
        """Maps `(num_groups, rows, width)` to `(num_groups, rows, units)`."""
        return self.outer.map_groups(self.hidden.map_groups(x))
