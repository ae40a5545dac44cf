import keras
from keras import ops

from modzoo.layers.groups import add_weighted, group_affine, group_width, join_groups, split_groups
from modzoo.layers.initializers import stacked, stacked_columns
from modzoo.layers.masking import masked_softmax
from modzoo.layers.precision import widened

# Up to as many mechanisms products of their small matrices take longer than sums of products.
SUMMED = {"tensorflow": 3, "torch": 4}


@keras.saving.register_keras_serializable(package="modzoo")
class InterMechanismAttention(keras.layers.Layer):
    """Attention between the mechanisms at each position: the way information passes between them.

    The last axis is read as the states of `num_mechanisms` mechanisms, side by side and of
    equal width. At each position by itself mechanism `i` reads from all mechanisms `j`,

        a_ij = softmax_j(q_i . k_j / sqrt(key_dim))      M_i = (sum_j a_ij v_j) Wo_i + bo_i

    per head, where `q_i`, `k_i`, `v_i` are maps of mechanism `i`'s own state with weights of
    its own (section 2.2.3 of the paper and step 3 of algorithm 1). There is no residual.

    Args:
        num_mechanisms: Integer, number of mechanisms (the paper's `n_s`).
        num_heads: Integer, number of heads (the paper's `H_c`).
        key_dim: Integer, width of a head's queries, keys and values.
        kernel_initializer: Initialiser of the maps, drawn for each mechanism and each map by
            itself.
        bias_initializer: Initialiser of the biases.
        return_decisions: Whether to return the attention too.

    Input shape: `(..., num_mechanisms * width)`.
    Output shape: that of the input; with `return_decisions=True` a pair of it and
    `{"communication": (..., num_heads, num_mechanisms, num_mechanisms)}`, the weights `a` of
    reader `i` and read `j`, of sum 1 over the last axis.

    Raises:
        ValueError: If a count is not positive, or the width of the input is not
            divisible by `num_mechanisms`.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> modzoo.layers.InterMechanismAttention(num_mechanisms=3)(x).shape
    (2, 5, 12)

    Reference:
    - [Lamb et al., 2021, section 2.2.3](https://arxiv.org/abs/2103.00336)
    """

    def __init__(
        self,
        num_mechanisms,
        num_heads=2,
        key_dim=32,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        return_decisions=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        for name, value in (
            ("num_mechanisms", num_mechanisms),
            ("num_heads", num_heads),
            ("key_dim", key_dim),
        ):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")
        self.num_mechanisms = num_mechanisms
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.return_decisions = return_decisions
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_shape[-1]})
        n, inner = self.num_mechanisms, self.num_heads * self.key_dim
        width = group_width(input_shape, n)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(n, width, 3 * inner),
            initializer=stacked_columns(self.kernel_initializer, [inner] * 3),
        )
        self.bias = self.add_weight(
            name="bias", shape=(n, 1, 3 * inner), initializer=self.bias_initializer
        )
        self.output_kernel = self.add_weight(
            name="output_kernel",
            shape=(n, inner, width),
            initializer=stacked(self.kernel_initializer),
        )
        self.output_bias = self.add_weight(
            name="output_bias", shape=(n, 1, width), initializer=self.bias_initializer
        )

    def call(self, inputs):
        x, attention = self.exchange(split_groups(inputs, self.num_mechanisms))
        output = join_groups(x, inputs)
        if not self.return_decisions:
            return output
        shape = (*ops.shape(inputs)[:-1], *attention.shape[1:])
        return output, {"communication": ops.reshape(attention, shape)}

    def exchange(self, x, disabled=()):
        """`M` of mechanisms `(num_mechanisms, rows, width)`, in the same layout, and the
        attention `(rows, num_heads, num_mechanisms, num_mechanisms)`.

        No mechanism reads from those of `disabled`.
        """
        n, heads, dim = self.num_mechanisms, self.num_heads, self.key_dim
        qkv = group_affine(x, self.kernel, self.bias)  # (n, rows, 3 * heads * dim)
        qkv = ops.reshape(qkv, (n, -1, 3, heads, dim))
        read, attention = _mix(qkv, disabled)
        read = ops.reshape(read, (n, -1, heads * dim))
        return group_affine(read, self.output_kernel, self.output_bias), attention

    def compute_output_shape(self, input_shape):
        if not self.return_decisions:
            return input_shape
        n = self.num_mechanisms
        return input_shape, {"communication": (*input_shape[:-1], self.num_heads, n, n)}

    def compute_mask(self, inputs, mask=None):
        return (mask, {"communication": mask}) if self.return_decisions else mask

    def get_config(self):
        return {
            **super().get_config(),
            "num_mechanisms": self.num_mechanisms,
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "return_decisions": self.return_decisions,
        }


def _mix(qkv, disabled):
    """What is read, `(n, rows, heads, dim)`, and the attention `(rows, heads, n, n)`, from
    queries, keys and values, `(n, rows, 3, heads, dim)`, of `n` mechanisms."""
    if qkv.shape[0] <= SUMMED.get(keras.backend.backend(), 0):
        return _mix_by_sums(qkv, disabled)
    # (rows, heads, n, dim)
    query, key, value = ops.unstack(ops.transpose(qkv, (2, 1, 3, 0, 4)), axis=0)
    query = query * qkv.shape[-1] ** -0.5
    # Not `ops.matmul`: on PyTorch its product of float64 is float32.
    attention = _weights(query @ ops.transpose(key, (0, 1, 3, 2)), disabled)
    return ops.transpose(attention @ value, (2, 0, 1, 3)), attention


def _mix_by_sums(qkv, disabled):
    """`_mix` without products of tiny matrices."""
    # (n, rows, heads, dim)
    query, key, value = (widened(x) for x in ops.unstack(qkv, axis=2))
    query = query * qkv.shape[-1] ** -0.5
    if qkv.shape[0] == 2 and not disabled:
        # A softmax of two is a sigmoid of their difference; (n, rows, heads), by the reader
        first = ops.sigmoid(ops.sum(query * (key[0] - key[1])[None], axis=-1))
        read = add_weighted(value[1][None], first[..., None], (value[0] - value[1])[None])
        attention = ops.transpose(ops.stack([first, 1 - first], axis=-1), (1, 2, 0, 3))
        return ops.cast(read, qkv.dtype), ops.cast(attention, qkv.dtype)
    # (n, n, rows, heads): the readers, and what they read
    attention = _weights(ops.sum(query[:, None] * key[None], axis=-1), disabled, axis=1)
    read = ops.sum(attention[..., None] * value[None], axis=1)
    attention = ops.transpose(attention, (2, 3, 0, 1))
    return ops.cast(read, qkv.dtype), ops.cast(attention, qkv.dtype)


def _weights(logits, disabled, axis=-1):
    """Softmax over the mechanisms that are read, along `axis`, of those not `disabled`."""
    is_read = None
    if disabled:
        shape = [1] * len(logits.shape)
        shape[axis] = logits.shape[axis]
        is_read = [m not in disabled for m in range(logits.shape[axis])]
        is_read = ops.reshape(ops.convert_to_tensor(is_read), shape)
    weights = masked_softmax(widened(logits), is_read, axis)
    return ops.cast(weights, logits.dtype)
