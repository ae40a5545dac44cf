import contextlib
import operator

import keras
from keras import ops

from modzoo.layers.group_dense import GroupDense
from modzoo.layers.group_layer_normalization import GroupLayerNormalization
from modzoo.layers.groups import add_weighted, join_groups, split_groups
from modzoo.layers.inter_mechanism_attention import InterMechanismAttention
from modzoo.layers.masking import needed, zero_masked
from modzoo.layers.mechanism_attention import MechanismAttention, causal_mask, steps_ahead
from modzoo.layers.mechanism_competition import MechanismCompetition, by_position
from modzoo.layers.shapes import check_shape
from modzoo.layers.tim_core import TIMCore


@keras.saving.register_keras_serializable(package="modzoo")
class TIMBlock(TIMCore):
    """Transformer block of competing independent mechanisms (TIM), for encoders and decoders.

    It stands where a `keras_hub.layers.TransformerEncoder` or `TransformerDecoder` stands. The
    width of the input is divided between `num_mechanisms` mechanisms, each with weights of its
    own throughout; they compete for how much to update from what they read of other positions,
    and pass on information by a small attention between them. With the input `h`:

        c = softmax over the mechanisms of GroupDense(h; 1)                      (step 1)
        h = norm(h + c * dropout(attention over time, in each mechanism))       (step 2)
        h = norm(h + dropout(attention between the mechanisms, at each step))   (step 3)
        h = norm(h + dropout(GroupDense(activation(GroupDense(h)))))            (step 4)

    (algorithm 1 of the paper), `norm` being of each mechanism by itself. Called with an
    `encoder_sequence`, each mechanism also reads its own part of that, between steps 2 and 3,
    without competition. With `normalize_first=True` the norms stand before the maps instead, as
    in GPT-2, `h + c * dropout(attention(norm(h)))`, and `c` is still of the raw input. With one
    mechanism, `competition=False` and `communication=False` the block is the one of keras_hub.

    Args:
        intermediate_dim: Integer, width of the feed-forward map, of all mechanisms together.
        num_heads: Integer, heads of the attention over time, of all mechanisms together.
        num_mechanisms: Integer, number of mechanisms (the paper's `n_s`). The width of the
            input, `intermediate_dim` and `num_heads` must divide by it, and the width of the
            input by `num_heads`.
        competition: Whether the mechanisms compete; without, `c` is 1 (the paper's
            "TIM-NoComp").
        communication: Whether there is an attention between the mechanisms (step 3).
        communication_num_heads: Integer, its heads.
        communication_key_dim: Integer, width of a head's queries, keys and values in it.
        causal: Whether a step reads no later ones.
        look_ahead: Integer, how many later steps a causal block reads all the same.
        attention_window: Integer, how many steps a causal block reads at most, itself and those
            right before it (beside those of `look_ahead`); None: all.
        distance_bias: Whether heads attend less to what lies further off, by `2**(-8 k / n)` a
            step in the logits of the `k`-th of the `n` heads of a mechanism (ALiBi).
        dropout: Float in `[0, 1)`, fraction dropped of what is added to `h`.
        attention_dropout: Float in `[0, 1)`, fraction dropped of the attention over time.
        activation: Activation of the feed-forward map.
        layer_norm_epsilon: Float, added to the variance in the norms.
        kernel_initializer: Initialiser of all maps, drawn for each mechanism by itself.
        bias_initializer: Initialiser of the biases.
        normalize_first: Whether the norms stand before the maps rather than behind.
        disabled: Indices of mechanisms that are switched off: their part of the input passes
            through as it is, they do not compete, and no other mechanism reads from them. May
            be set at any time before a function that uses the layer is traced.
        return_decisions: Whether to return the competition too.

    Call arguments:
        inputs: Tensor of shape `(batch, time, width)`.
        encoder_sequence: Tensor of shape `(batch, source_time, source_width)`, the sequence of
            an encoder. A block is called either always with one or never; `source_width` must
            divide by `num_mechanisms`.
        padding_mask: Boolean tensor of shape `(batch, time)`; `False` steps are not read.
            Default: the mask that Keras carries along with `inputs`. A step that may read
            nothing reads zeros. Masked steps have an output, as in keras_hub, but it is that
            of zeros, whatever stands there.
        attention_mask: Boolean tensor of shape `(batch, time, time)`: which step (axis 1) may
            read which (axis 2). It, `padding_mask` and causality hold together.
        encoder_padding_mask: Boolean tensor of shape `(batch, source_time)`, likewise of the
            encoder's sequence.
        encoder_attention_mask: Boolean tensor of shape `(batch, time, source_time)`.
        self_attention_cache: Keys and values of the steps so far, for generation: a tensor of
            shape `(batch, 2, max_time, num_heads, width / num_heads)`, zeros at first
            (`initial_cache`). `inputs` are then the next steps alone, and the masks' last axis
            is `max_time` long. For `causal=True` without look-ahead. The masks that Keras
            carries along with `inputs` are not used. With an `attention_window` the cache holds
            the last `attention_window - 1` steps alone, however long the sequence, and the
            masks' last axis is of these and of those of `inputs`.
        self_attention_cache_update_index: Integer or integer tensor, the place of the first
            step of `inputs` in the sequence; with an `attention_window` one for each example,
            `(batch,)`, if wished.
        cross_attention_cache: Likewise, of `encoder_sequence`, and as long as that.
        cross_attention_cache_update_index: `0` to fill the cache from `encoder_sequence`, None
            to read it as it is.
        training: Whether to apply dropout.

    Returns:
        A tensor of the shape of `inputs`. More values follow in a tuple: the updated caches
        that were given, and last, with `return_decisions=True`, a dictionary of
        `"competition"`, the weights `c`, `(batch, time, num_mechanisms)` in `[0, 1]`, of sum 1
        over the mechanisms (1 each with `competition=False`), and 0 for those that are
        switched off and at masked steps.

    Raises:
        ValueError: If counts are not positive or do not divide each other, a tensor is of
            another shape than said above, a cache is given to a block that is not strictly
            causal, or steps do not fit into it.

    Example:

    >>> x = np.random.normal(size=(2, 5, 16)).astype("float32")
    >>> block = modzoo.layers.TIMBlock(32, num_heads=4, num_mechanisms=2, return_decisions=True)
    >>> output, decisions = block(x)
    >>> output.shape, decisions["competition"].shape
    ((2, 5, 16), (2, 5, 2))

    On PyTorch the attention is a fused kernel, which has no second derivatives; within
    `torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)` it has.

    Reference:
    - [Lamb et al., 2021, Transformers with Competitive Ensembles of Independent
      Mechanisms](https://arxiv.org/abs/2103.00336), algorithm 1
    - [Press et al., 2022, Train Short, Test Long](https://arxiv.org/abs/2108.12409), for ALiBi
    """

    def __init__(self, intermediate_dim, num_heads, num_mechanisms=2, *, disabled=(), **kwargs):
        super().__init__(intermediate_dim, num_heads, num_mechanisms, **kwargs)
        self.disabled = disabled

    @property
    def disabled(self):
        return self._disabled

    @disabled.setter
    def disabled(self, mechanisms):
        mechanisms = sorted(set(mechanisms))
        known = all(isinstance(m, int) and 0 <= m < self.num_mechanisms for m in mechanisms)
        if not known or len(mechanisms) == self.num_mechanisms:
            raise ValueError(
                "`disabled` must hold indices of mechanisms, and not of all. "
                f"Received: disabled={mechanisms}, num_mechanisms={self.num_mechanisms}."
            )
        self._disabled = tuple(mechanisms)

    def build(self, inputs_shape, encoder_sequence_shape=None):
        self.check_inputs(inputs_shape)
        n, width = self.num_mechanisms, inputs_shape[-1]
        self.head_dim = width // self.num_heads
        self.has_cross_attention = encoder_sequence_shape is not None
        if self.has_cross_attention:
            check_shape("encoder_sequence", encoder_sequence_shape, (None, None, None))
            self.source_width = encoder_sequence_shape[-1]
        maps = {
            "kernel_initializer": self.kernel_initializer,
            "bias_initializer": self.bias_initializer,
            "dtype": self.dtype_policy,
        }

        def attention(name):
            return MechanismAttention(n, self.num_heads, self.attention_dropout, name=name, **maps)

        if self.competition:
            self.mechanism_competition = MechanismCompetition(n, name="competition", **maps)
            self.mechanism_competition.build(inputs_shape)
        self.self_attention = attention("self_attention")
        self.self_attention.build(inputs_shape)
        self.self_attention_norm = self._norm("self_attention_norm", inputs_shape)
        if self.has_cross_attention:
            self.cross_attention = attention("cross_attention")
            self.cross_attention.build(inputs_shape, encoder_sequence_shape)
            self.cross_attention_norm = self._norm("cross_attention_norm", inputs_shape)
        if self.communication:
            self.inter_mechanism_attention = InterMechanismAttention(
                n,
                self.communication_num_heads,
                self.communication_key_dim,
                name="communication",
                **maps,
            )
            self.inter_mechanism_attention.build(inputs_shape)
            self.communication_norm = self._norm("communication_norm", inputs_shape)
        self.feedforward_intermediate = GroupDense(
            n,
            self.intermediate_dim // n,
            activation=self.activation,
            name="feedforward_intermediate",
            **maps,
        )
        self.feedforward_intermediate.build(inputs_shape)
        self.feedforward_output = GroupDense(n, width // n, name="feedforward_output", **maps)
        self.feedforward_output.build((*inputs_shape[:-1], self.intermediate_dim))
        self.feedforward_norm = self._norm("feedforward_norm", inputs_shape)
        self.dropout_layer = keras.layers.Dropout(
            self.dropout, dtype=self.dtype_policy, name="dropout"
        )

    def _norm(self, name, shape):
        norm = GroupLayerNormalization(
            self.num_mechanisms, self.layer_norm_epsilon, dtype=self.dtype_policy, name=name
        )
        norm.build(shape)
        return norm

    def initial_cache(self, batch_size, max_time=None):
        """An empty cache, `(batch_size, 2, max_time, num_heads, width / num_heads)`, of a
        block that is built; with an `attention_window` it decides how long it is."""
        if self.attention_window is not None:
            max_time = self.attention_window - 1
        elif max_time is None:
            raise ValueError(
                "`max_time` must be an integer for a block without `attention_window`. "
                f"Received: max_time={max_time}."
            )
        shape = (batch_size, 2, max_time, self.num_heads, self.head_dim)
        return ops.zeros(shape, dtype=self.compute_dtype)

    def call(
        self,
        inputs,
        encoder_sequence=None,
        padding_mask=None,
        attention_mask=None,
        encoder_padding_mask=None,
        encoder_attention_mask=None,
        self_attention_cache=None,
        self_attention_cache_update_index=None,
        cross_attention_cache=None,
        cross_attention_cache_update_index=None,
        mask=None,
        inputs_mask=None,
        encoder_sequence_mask=None,
        training=False,
    ):
        index = _as_index(self_attention_cache_update_index)
        source_index = _as_index(cross_attention_cache_update_index)
        carried = (mask, inputs_mask) if self_attention_cache is None else ()
        padding_mask = _first(padding_mask, *carried)
        encoder_padding_mask = _first(encoder_padding_mask, encoder_sequence_mask)
        self._check_call(encoder_sequence, self_attention_cache, cross_attention_cache, index)
        self._check_shapes(
            inputs,
            encoder_sequence,
            self_attention_cache,
            cross_attention_cache,
            padding_mask=padding_mask,
            attention_mask=attention_mask,
            encoder_padding_mask=encoder_padding_mask,
            encoder_attention_mask=encoder_attention_mask,
        )
        padding_mask, encoder_padding_mask = needed(padding_mask), needed(encoder_padding_mask)
        rolls = self_attention_cache is not None and self.attention_window is not None
        _check_index("self_attention_cache", self_attention_cache, index, inputs, rolls)
        _check_index("cross_attention_cache", cross_attention_cache, source_index, encoder_sequence)

        shape = ops.shape(inputs)[:2]
        steps = padding_mask
        if steps is not None and self_attention_cache is not None:
            first = self.attention_window - 1 if rolls else index
            steps = ops.slice(steps, (0, first), shape)
        inputs = zero_masked(inputs, steps)
        ahead, held = self._steps_ahead(shape[1], self_attention_cache, index)
        self_mask, causal = self._self_attention_mask(
            ahead, padding_mask, attention_mask, self_attention_cache, held
        )
        x = h = split_groups(inputs, self.num_mechanisms)  # (mechanisms, rows, width)
        c = None
        if self.competition:
            c = self.mechanism_competition.compete(x, self.disabled)  # (mechanisms, rows, 1)

        y, self_attention_cache = self.self_attention.read(
            self._before(h, self.self_attention_norm),
            shape,
            mask=self_mask,
            causal=causal,
            ahead=ahead if self.distance_bias else None,
            cache=self_attention_cache,
            index=index,
            rolls=rolls,
            training=training,
        )
        h = self._after(h, y, self.self_attention_norm, training, c)
        if self.has_cross_attention:
            y, cross_attention_cache = self.cross_attention.read(
                self._before(h, self.cross_attention_norm),
                shape,
                source=split_groups(
                    zero_masked(encoder_sequence, encoder_padding_mask), self.num_mechanisms
                ),
                source_time=ops.shape(encoder_sequence)[1],
                mask=_both(encoder_padding_mask, encoder_attention_mask),
                cache=cross_attention_cache,
                index=source_index,
                training=training,
            )
            h = self._after(h, y, self.cross_attention_norm, training)
        if self.communication:
            y, _ = self.inter_mechanism_attention.exchange(
                self._before(h, self.communication_norm), self.disabled
            )
            h = self._after(h, y, self.communication_norm, training)
        y = self._before(h, self.feedforward_norm)
        y = self.feedforward_intermediate.map_groups(y)  # (mechanisms, rows, intermediate)
        y = self.feedforward_output.map_groups(y)
        h = self._after(h, y, self.feedforward_norm, training)
        if self.disabled:
            works = [[[m not in self.disabled]] for m in range(self.num_mechanisms)]
            h = ops.where(ops.convert_to_tensor(works), h, x)

        caches = (self_attention_cache, cross_attention_cache)
        results = (join_groups(h, inputs), *(cache for cache in caches if cache is not None))
        if self.return_decisions:
            results += ({"competition": self._shown(c, inputs, steps)},)
        return results if len(results) > 1 else results[0]

    def _before(self, h, norm):
        return norm.normalize_groups(h) if self.normalize_first else h

    def _after(self, h, y, norm, training, c=None):
        """The residual `h` with what was read, `y`, weighted by the competition `c`."""
        if training and self.dropout:
            y = self.dropout_layer(y, training=True)
        h = h + y if c is None else add_weighted(h, c, y)
        return h if self.normalize_first else norm.normalize_groups(h)

    def _shown(self, c, inputs, steps):
        """The competition, `(batch, time, num_mechanisms)`, zero at masked steps."""
        if c is None:
            works = [m not in self.disabled for m in range(self.num_mechanisms)]
            c = ops.ones_like(inputs[..., : self.num_mechanisms])
            c = c * ops.convert_to_tensor(works, dtype=c.dtype)
        else:
            c = by_position(c, inputs)
        return zero_masked(c, steps)

    def _steps_ahead(self, time, cache, index):
        """How far each step that there is to read lies ahead of its reader, `(time,
        source_time)`, and of a cache that rolls which of its steps there have been, `(batch or
        1, 1, source_time)`, else None."""
        if cache is None:
            return steps_ahead(time, time), None
        if self.attention_window is None:
            return steps_ahead(time, ops.shape(cache)[2], index), None
        past = self.attention_window - 1
        steps = ops.arange(past + time, dtype="int32")
        index = ops.reshape(ops.convert_to_tensor(index, dtype="int32"), (-1, 1, 1))
        held = steps >= past - index
        return steps_ahead(time, past + time, past), held

    def _self_attention_mask(self, ahead, padding_mask, attention_mask, cache, held):
        """The mask `(batch or 1, time, source_time)` or None, and whether that of causality is
        left to the attention."""
        mask = _both(padding_mask, attention_mask)
        if not self.causal:
            return mask, False
        if mask is None and cache is None and not self.look_ahead and not self.attention_window:
            return None, True
        band = causal_mask(ahead, self.look_ahead, self.attention_window)[None]
        for other in (mask, held):
            band = band if other is None else ops.logical_and(band, other)
        return band, False

    def _check_call(self, encoder_sequence, self_attention_cache, cross_attention_cache, index):
        if self.has_cross_attention != (encoder_sequence is not None):
            raise ValueError(
                "The block must be called with `encoder_sequence` if it was built with one, and "
                f"only then. Received: encoder_sequence={encoder_sequence}."
            )
        if self_attention_cache is not None and (not self.causal or self.look_ahead):
            raise ValueError(
                "A cache of the self-attention needs causal=True and look_ahead=0. "
                f"Received: causal={self.causal}, look_ahead={self.look_ahead}."
            )
        if self_attention_cache is not None and index is None:
            raise ValueError(
                "`self_attention_cache` needs a `self_attention_cache_update_index`. Received: "
                "one without."
            )
        if cross_attention_cache is not None and not self.has_cross_attention:
            raise ValueError(
                "`cross_attention_cache` needs an `encoder_sequence`. Received: one without."
            )

    def _check_shapes(
        self, inputs, encoder_sequence, self_attention_cache, cross_attention_cache, **masks
    ):
        batch, time = inputs.shape[:2]
        heads = (self.num_heads, self.head_dim)
        max_time, source_time = time, None
        if encoder_sequence is not None:
            expected = (batch, None, self.source_width)
            check_shape("encoder_sequence", encoder_sequence.shape, expected)
            source_time = encoder_sequence.shape[1]
        if self_attention_cache is not None:
            window = self.attention_window
            expected = (batch, 2, None if window is None else window - 1, *heads)
            check_shape("self_attention_cache", self_attention_cache.shape, expected)
            max_time = self_attention_cache.shape[2]
            if window is not None:
                max_time = None if time is None else window - 1 + time
        if cross_attention_cache is not None:
            expected = (batch, 2, source_time, *heads)
            check_shape("cross_attention_cache", cross_attention_cache.shape, expected)
        expected = {
            "padding_mask": (batch, max_time),
            "attention_mask": (batch, time, max_time),
            "encoder_padding_mask": (batch, source_time),
            "encoder_attention_mask": (batch, time, source_time),
        }
        for name, mask in masks.items():
            if mask is not None:
                axes = ("batch", "time", "time")[: len(expected[name])]
                check_shape(name, mask.shape, expected[name], axes)

    def compute_output_shape(
        self,
        inputs_shape,
        encoder_sequence_shape=None,
        self_attention_cache_shape=None,
        cross_attention_cache_shape=None,
    ):
        caches = (self_attention_cache_shape, cross_attention_cache_shape)
        results = (tuple(inputs_shape), *(tuple(shape) for shape in caches if shape is not None))
        if self.return_decisions:
            results += ({"competition": (*inputs_shape[:-1], self.num_mechanisms)},)
        return results if len(results) > 1 else results[0]

    def compute_mask(self, inputs, mask=None):
        return (mask, {"competition": mask}) if self.return_decisions else mask

    def get_config(self):
        return {**super().get_config(), "disabled": list(self.disabled)}


def _as_index(index):
    """A place as an integer where it is known, else, or where rows have places of their own, as a
    tensor; or None."""
    if index is None:
        return None
    if not getattr(index, "shape", ()):
        with contextlib.suppress(TypeError):  # it is known when the function runs
            return operator.index(index)
    return ops.cast(index, "int32")


def _check_index(name, cache, index, steps, rolls=False):
    """Raises where it is known that `steps` do not fit into a cache, `index` being the first."""
    if cache is None and index is not None:
        raise ValueError(f"`{name}_update_index` needs a `{name}`. Received: one without.")
    if not isinstance(index, int):
        return
    time, max_time = steps.shape[1], None if rolls else cache.shape[2]
    if index < 0 or (None not in (time, max_time) and index + time > max_time):
        raise ValueError(
            f"`{name}_update_index` must be at least 0 and leave room for all steps. Received: "
            f"{name}_update_index={index}, {time} steps, a cache of {max_time} steps."
        )


def _first(*masks):
    """The first mask that is given, as booleans, or None."""
    for mask in masks:
        if mask is not None:
            return ops.cast(mask, "bool")
    return None


def _both(padding_mask, attention_mask):
    """`(batch, source_time)` and `(batch, time, source_time)` in one, or None."""
    masks = []
    if padding_mask is not None:
        masks.append(ops.cast(padding_mask, "bool")[:, None])  # (batch, 1, source_time)
    if attention_mask is not None:
        masks.append(ops.cast(attention_mask, "bool"))
    return ops.logical_and(*masks) if len(masks) == 2 else (masks[0] if masks else None)
