import keras
from keras import ops

from modzoo.layers.group_dense import GroupDense
from modzoo.layers.groups import group_width, split_groups
from modzoo.layers.masking import masked_softmax
from modzoo.layers.precision import widened


@keras.saving.register_keras_serializable(package="modzoo")
class MechanismCompetition(keras.layers.Layer):
    """How much each mechanism may update itself, at each position: they compete by a softmax.

    The last axis is read as the states of `num_mechanisms` mechanisms, side by side and of
    equal width. Each scores its own state with a map of its own, and

        c = softmax_s(h_s . w_s + b_s)

    over the mechanisms (section 2.2.1 of the paper and step 1 of algorithm 1).

    Args:
        num_mechanisms: Integer, number of mechanisms (the paper's `n_s`).
        kernel_initializer: Initialiser of `w`, drawn for each mechanism by itself.
        bias_initializer: Initialiser of `b`.

    Input shape: `(..., num_mechanisms * width)`.
    Output shape: `(..., num_mechanisms)`, in `[0, 1]`, of sum 1 over the last axis.

    Raises:
        ValueError: If `num_mechanisms` is not positive, or the width of the input is not divisible
            by it.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> modzoo.layers.MechanismCompetition(num_mechanisms=3)(x).shape
    (2, 5, 3)

    Reference:
    - [Lamb et al., 2021, section 2.2.1](https://arxiv.org/abs/2103.00336)
    """

    def __init__(
        self,
        num_mechanisms,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not isinstance(num_mechanisms, int) or num_mechanisms < 1:
            raise ValueError(
                "`num_mechanisms` must be a positive integer. "
                f"Received: num_mechanisms={num_mechanisms}."
            )
        self.num_mechanisms = num_mechanisms
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.score = GroupDense(
            num_mechanisms,
            1,
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
            dtype=self.dtype_policy,
            name="score",
        )
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_shape[-1]})
        group_width(input_shape, self.num_mechanisms)
        self.score.build(input_shape)

    def call(self, inputs):
        c = self.compete(split_groups(inputs, self.num_mechanisms))
        return by_position(c, inputs)

    def compete(self, x, disabled=()):
        """`c` of mechanisms `(num_mechanisms, rows, width)`, as `(num_mechanisms, rows, 1)`.

        Those of `disabled` do not take part: theirs is 0.
        """
        logits = widened(self.score.map_groups(x))
        takes_part = None
        if disabled:
            takes_part = [[[m not in disabled]] for m in range(self.num_mechanisms)]
            takes_part = ops.convert_to_tensor(takes_part)
        return ops.cast(masked_softmax(logits, takes_part, axis=0), x.dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.num_mechanisms)

    def get_config(self):
        return {
            **super().get_config(),
            "num_mechanisms": self.num_mechanisms,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }


def by_position(c, like):
    """`(num_mechanisms, rows, 1)` as `(..., num_mechanisms)`, with the rows of `like`."""
    return ops.reshape(ops.transpose(c, (1, 0, 2)), (*ops.shape(like)[:-1], c.shape[0]))
