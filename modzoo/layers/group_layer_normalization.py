import keras
from keras import ops

from modzoo.layers.groups import group_normalize, group_width, join_groups, split_groups


@keras.saving.register_keras_serializable(package="modzoo")
class GroupLayerNormalization(keras.layers.Layer):
    """Layer normalisation with statistics, scale and offset per group of features.

    The last axis is read as `num_groups` contiguous blocks; each block is
    normalised to zero mean and unit variance by itself, then scaled and shifted.
    With one group it equals `keras.layers.LayerNormalization`.

    Args:
        num_groups: Integer, number of groups (the paper's `n_s`).
        epsilon: Float, added to the variance.

    Input shape: `(..., num_groups * width)`.
    Output shape: that of the input.

    Raises:
        ValueError: If the width of the input is not divisible by `num_groups`.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> modzoo.layers.GroupLayerNormalization(num_groups=3)(x).shape
    (2, 5, 12)

    Reference:
    - [Lamb et al., 2021, algorithm 1](https://arxiv.org/abs/2103.00336)
    """

    def __init__(self, num_groups, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(num_groups, int) or num_groups < 1:
            raise ValueError(
                f"`num_groups` must be a positive integer. Received: num_groups={num_groups}."
            )
        self.num_groups = num_groups
        self.epsilon = epsilon
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_shape[-1]})
        self.width = group_width(input_shape, self.num_groups)
        shape = (self.num_groups * self.width,)
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros")

    def call(self, inputs):
        return join_groups(self.normalize_groups(split_groups(inputs, self.num_groups)), inputs)

    def normalize_groups(self, x):
        """Normalises `(num_groups, rows, width)`."""
        shape = (self.num_groups, 1, self.width)
        gamma, beta = ops.reshape(self.gamma, shape), ops.reshape(self.beta, shape)
        return group_normalize(x, gamma, beta, self.epsilon)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "num_groups": self.num_groups,
            "epsilon": self.epsilon,
        }
