import keras
from keras import ops

from modzoo.layers.group_dense import GroupDense
from modzoo.layers.groups import affine


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

    def map_each(self, groups):
        """Maps a list of tensors `(rows, width)`, one of each group, to `(rows, units)` each."""
        # One by one: side by side they would be written to memory and read again.
        for layer in (self.hidden, self.outer):
            kernels = ops.unstack(ops.convert_to_tensor(layer.kernel), axis=0)
            biases = ops.split(ops.convert_to_tensor(layer.bias), layer.num_groups, axis=0)
            weights = zip(groups, kernels, biases, strict=True)
            groups = [layer.activation(affine(x, kernel, bias)) for x, kernel, bias in weights]
        return groups
