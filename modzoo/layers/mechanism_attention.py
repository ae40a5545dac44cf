import keras
import numpy as np
from keras import ops

from modzoo.layers.groups import group_affine, group_width
from modzoo.layers.initializers import stacked_columns
from modzoo.layers.masking import lowest_logit
from modzoo.layers.precision import widened
from modzoo.layers.slicing import split


class MechanismAttention(keras.layers.Layer):
    """Attention over time within each mechanism, to itself or to another sequence.

    A mechanism's heads are heads like any other, so that the mechanisms stand in the batch
    axis (step 2 of algorithm 1 in Lamb et al., 2021). Part of `TIMBlock`; its tensors have
    the layout of `modzoo.layers.groups`.
    """

    def __init__(
        self,
        num_mechanisms,
        num_heads,
        dropout=0.0,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_mechanisms = num_mechanisms
        self.num_heads = num_heads
        self.dropout = dropout
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.dropout_layer = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, input_shape, source_shape=None):
        width = group_width(input_shape, self.num_mechanisms)
        self.key_dim = input_shape[-1] // self.num_heads
        self.reads_itself = source_shape is None
        if self.reads_itself:
            self.kernel, self.bias = self._affine("", width, [width] * 3)
        else:
            source_width = group_width(source_shape, self.num_mechanisms)
            self.kernel, self.bias = self._affine("query_", width, [width])
            self.source_kernel, self.source_bias = self._affine(
                "source_", source_width, [width] * 2
            )
        self.output_kernel, self.output_bias = self._affine("output_", width, [width])

    def _affine(self, name, width, columns):
        n, units = self.num_mechanisms, sum(columns)
        initializer = stacked_columns(self.kernel_initializer, columns)
        kernel = self.add_weight(
            name=f"{name}kernel", shape=(n, width, units), initializer=initializer
        )
        bias = self.add_weight(
            name=f"{name}bias", shape=(n, 1, units), initializer=self.bias_initializer
        )
        return kernel, bias

    def read(
        self,
        x,
        shape,
        source=None,
        source_time=None,
        mask=None,
        causal=False,
        ahead=None,
        cache=None,
        index=None,
        rolls=False,
        training=False,
    ):
        """What each mechanism reads.

        Args:
            x: The readers, `(num_mechanisms, batch * time, width)`.
            shape: `(batch, time)`.
            source: What is read, where it is another sequence, in the same layout.
            source_time: Steps of `source`.
            mask: Boolean `(batch or 1, time, source_time)`; `False` is not read. A step that
                may read nothing reads zeros.
            causal: Whether a step reads no later one, where there is no `mask`.
            ahead: What `steps_ahead` gives, if heads attend less to what lies further off.
            cache: Keys and values, `(batch, 2, source_time, num_heads, key_dim)`.
            index: Where the keys and values of `x` or `source` go in the cache; None: they
                are there.
            rolls: Whether the cache holds the last steps alone: those of `x` are read behind
                its own, and push out as many.

        Returns:
            `(num_mechanisms, batch * time, width)` and the cache, updated, or None.
        """
        query, *key_value = self._project(x, source, is_cached=cache is not None and index is None)
        batch, time = shape
        source_time = time if source is None else source_time
        if cache is None:
            query = self._by_mechanism(query, batch, time)
            key, value = (self._by_mechanism(y, batch, source_time) for y in key_value)
            if mask is not None:
                mask = self._per_mechanism(mask)
            bias = self._distance_bias(ahead, 1)
            y = self._attend(query, key, value, mask, causal, bias, training)
            y = ops.reshape(y, ops.shape(x))  # (mechanisms, batch * time, width)
        else:
            if index is not None:
                key_value = [self._by_batch(y, batch, source_time) for y in key_value]
                # (batch, 2, time, num_heads, key_dim)
                update = ops.cast(ops.stack(key_value, axis=1), cache.dtype)
                if rolls:
                    cache = ops.concatenate([cache, update], axis=2)
                else:
                    cache = ops.slice_update(cache, (0, 0, index, 0, 0), update)
            query = self._by_batch(query, batch, time)
            bias = self._distance_bias(ahead, self.num_mechanisms)
            y = self._attend(query, cache[:, 0], cache[:, 1], mask, causal, bias, training)
            if rolls:
                cache = cache[:, :, time:]
            # (batch, time, mechanisms, width)
            y = ops.reshape(y, (batch, time, self.num_mechanisms, x.shape[-1]))
            y = ops.reshape(ops.transpose(y, (2, 0, 1, 3)), ops.shape(x))
        return group_affine(y, self.output_kernel, self.output_bias), cache

    def _project(self, x, source, is_cached):
        """Queries, keys and values, `(num_mechanisms, rows, width)`; no keys if they are cached."""
        width = x.shape[-1]
        x = group_affine(x, self.kernel, self.bias)
        if self.reads_itself:
            parts = split(x, [width] * 3, axis=-1)
            return parts[:1] if is_cached else parts
        if is_cached:
            return [x]
        source = group_affine(source, self.source_kernel, self.source_bias)
        return [x, *split(source, [width] * 2, axis=-1)]

    def _by_mechanism(self, x, batch, time):
        """`(mechanisms * batch, time, heads of a mechanism, key_dim)`."""
        n = self.num_mechanisms
        return ops.reshape(x, (n * batch, time, self.num_heads // n, self.key_dim))

    def _by_batch(self, x, batch, time):
        """`(batch, time, num_heads, key_dim)`."""
        n = self.num_mechanisms
        x = ops.reshape(x, (n, batch, time, self.num_heads // n, self.key_dim))
        x = ops.transpose(x, (1, 2, 0, 3, 4))  # (batch, time, mechanisms, heads, key_dim)
        return ops.reshape(x, (batch, time, self.num_heads, self.key_dim))

    def _per_mechanism(self, mask):
        """A mask of the batch as one of the mechanisms' batch axis."""
        if mask.shape[0] == 1 or self.num_mechanisms == 1:
            return mask
        return ops.tile(mask, (self.num_mechanisms, 1, 1))

    def _distance_bias(self, ahead, times):
        """What is added to the logits of `times` mechanisms' heads, `(1, heads, time,
        source_time)`."""
        if ahead is None:
            return None
        heads = self.num_heads // self.num_mechanisms
        slopes = np.tile(2.0 ** (-8 * np.arange(1, heads + 1) / heads), times)
        slopes = ops.convert_to_tensor(slopes[:, None, None], dtype="float32")
        return -slopes * ops.cast(ops.abs(ahead), "float32")[None, None]

    def _attend(self, query, key, value, mask, causal, bias, training):
        dropout_layer = self.dropout_layer if training and self.dropout else None
        y = dot_product_attention(query, key, value, mask, causal, dropout_layer, bias)
        if mask is not None:
            y = ops.where(ops.any(mask, axis=-1)[:, :, None, None], y, ops.zeros_like(y))
        return y


def dot_product_attention(
    query, key, value, mask=None, causal=False, dropout_layer=None, bias=None
):
    """Attention of `(batch, time, heads, key_dim)`, with dropout of its weights.

    `bias`, `(1, heads, time, source_time)`, is added to the logits.

    The weights are divided by their sum behind the product with the values, where there is
    less to divide.
    """
    mask = None if mask is None else mask[:, None]  # (batch or 1, 1, time, source_time)
    causal = causal and mask is None
    if dropout_layer is None and _has_kernel(query):
        if bias is not None and causal:
            mask = causal_mask(steps_ahead(ops.shape(query)[1], ops.shape(key)[1]))
        if bias is not None and mask is not None:  # Keras takes one of the two
            bias, mask = ops.where(mask, bias, lowest_logit(query.dtype)), None
        causal = causal and bias is None
        y = ops.dot_product_attention(query, key, value, bias, mask, is_causal=causal)
        return ops.cast(y, value.dtype)
    if causal:
        mask = causal_mask(steps_ahead(ops.shape(query)[1], ops.shape(key)[1]))[None, None]
    if keras.backend.backend() == "torch":
        from modzoo.layers.attention_with_torch import softmax_attention

        return softmax_attention(query, key, value, mask, bias, dropout_layer)
    # (batch, heads, time, key_dim)
    query, key, value = (ops.transpose(x, (0, 2, 1, 3)) for x in (query, key, value))
    query = query * query.shape[-1] ** -0.5
    # (batch, heads, time, source_time)
    logits = widened(ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))))
    if bias is not None:
        logits = logits + ops.cast(bias, logits.dtype)
    if mask is not None:
        logits = ops.where(mask, logits, lowest_logit(logits.dtype))
    # With an initial value TensorFlow takes the maximum of no rows too.
    largest = ops.max(logits, axis=-1, keepdims=True, initial=lowest_logit(logits.dtype))
    weights = ops.exp(logits - ops.stop_gradient(largest))
    total = ops.cast(ops.sum(weights, axis=-1, keepdims=True), value.dtype)
    weights = ops.cast(weights, value.dtype)
    if dropout_layer is not None:
        weights = dropout_layer(weights, training=True)
    return ops.transpose(ops.matmul(weights, value) / total, (0, 2, 1, 3))


def _has_kernel(query):
    """Whether the backend has a kernel for attention on this device that is worth it."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.default_backend() != "cpu"
    if backend == "torch":
        # On a CPU the backward pass of PyTorch's takes many times as long in half precision.
        is_half = query.element_size() == 2
        return not (is_half and query.requires_grad and query.device.type == "cpu")
    return False


def steps_ahead(time, source_time, index=0):
    """How far each step read lies ahead of its reader, int32 `(time, source_time)`, where
    reader `i` is step `index + i`."""
    readers = ops.arange(time, dtype="int32")[:, None] + index
    return ops.arange(source_time, dtype="int32")[None] - readers


def causal_mask(ahead, look_ahead=0, window=None):
    """Which steps are read: those up to `look_ahead` ahead, and of those behind only as many
    that with the reader itself there are `window`."""
    mask = ahead <= look_ahead
    return mask if window is None else ops.logical_and(mask, ahead > -window)
