import keras

from modzoo.layers.tim_block import TIMBlock
from modzoo.layers.tim_core import TIMCore


@keras.saving.register_keras_serializable(package="modzoo")
class TIMEncoder(TIMCore):
    """Stack of `TIMBlock`s, of which some are ordinary Transformer blocks.

    The paper keeps the first two layers and the last one ordinary, since in the first one the
    competition stays flat (section 2.3); `plain_layers=()` makes every layer one of competing
    mechanisms ("TIM-All-Layers"), `competition=False` is "TIM-NoComp". An ordinary layer is a
    `TIMBlock` of one mechanism, which is the block of keras_hub. With `normalize_first=True` no
    norm follows the last layer.

    Args:
        num_layers: Integer, number of layers.
        intermediate_dim: Integer, width of the feed-forward maps.
        num_heads: Integer, heads of the attention over time, of every layer.
        num_mechanisms: Integer, number of mechanisms (the paper's `n_s`).
        plain_layers: Indices of the layers that are ordinary; negative ones count from the end.
        disabled: Mechanisms that are switched off (see `TIMBlock`): an integer is a mechanism
            of every layer that has some, a pair `(layer, mechanism)` that of one layer.
        return_decisions: Whether to return the competition of every layer too.
        **kwargs: Options of `TIMBlock`: `competition`, `communication`,
            `communication_num_heads`, `communication_key_dim`, `causal`, `look_ahead`,
            `attention_window`, `distance_bias`, `dropout`, `attention_dropout`, `activation`,
            `layer_norm_epsilon`, `kernel_initializer`, `bias_initializer`, `normalize_first`.

    Call arguments:
        inputs: Tensor of shape `(batch, time, width)`.
        padding_mask: Boolean tensor of shape `(batch, time)`. Default: the mask that Keras
            carries along with `inputs`.
        attention_mask: Boolean tensor of shape `(batch, time, time)`.
        self_attention_cache: List of the caches of all layers (`initial_cache`).
        self_attention_cache_update_index: Integer or integer tensor, the place of the first
            step of `inputs` in the sequence (see `TIMBlock`).
        training: Whether to apply dropout.

    Returns:
        A tensor of the shape of `inputs`. More values follow in a tuple: the list of updated
        caches, if there were some, and last, with `return_decisions=True`, a dictionary of
        `"competition"`, a list of one tensor `(batch, time, num_mechanisms)` for each of
        `mechanism_layers`.

    Raises:
        ValueError: If counts are not positive or do not divide each other, an index names no
            layer, or a call is wrong for a `TIMBlock`.

    Example:

    >>> x = np.random.normal(size=(2, 5, 16)).astype("float32")
    >>> encoder = modzoo.layers.TIMEncoder(4, 32, num_heads=4, return_decisions=True)
    >>> output, decisions = encoder(x)
    >>> output.shape, encoder.mechanism_layers, decisions["competition"][0].shape
    ((2, 5, 16), [2], (2, 5, 2))

    Reference:
    - [Lamb et al., 2021, Transformers with Competitive Ensembles of Independent
      Mechanisms](https://arxiv.org/abs/2103.00336), section 2.3
    """

    def __init__(
        self,
        num_layers,
        intermediate_dim,
        num_heads,
        num_mechanisms=2,
        *,
        plain_layers=(0, 1, -1),
        disabled=(),
        **kwargs,
    ):
        super().__init__(intermediate_dim, num_heads, num_mechanisms, **kwargs)
        if not isinstance(num_layers, int) or num_layers < 1:
            raise ValueError(
                f"`num_layers` must be a positive integer. Received: num_layers={num_layers}."
            )
        if any(not isinstance(i, int) or not -num_layers <= i < num_layers for i in plain_layers):
            raise ValueError(
                "`plain_layers` must hold indices of layers. "
                f"Received: plain_layers={tuple(plain_layers)}, num_layers={num_layers}."
            )
        self.num_layers = num_layers
        self.plain_layers = tuple(plain_layers)
        plain = {i % num_layers for i in plain_layers}
        self.mechanism_layers = [i for i in range(num_layers) if i not in plain]
        self.blocks = [self._block(i) for i in range(num_layers)]
        self.disabled = disabled

    def _block(self, index):
        options = super().get_config() | {"name": f"layer_{index}", "dtype": self.dtype_policy}
        if index not in self.mechanism_layers:
            options |= {"num_mechanisms": 1, "competition": False, "communication": False}
            options |= {"return_decisions": False}
        return TIMBlock.from_config(options)

    @property
    def disabled(self):
        return self._disabled

    @disabled.setter
    def disabled(self, mechanisms):
        mechanisms = tuple(tuple(m) if isinstance(m, (list, tuple)) else m for m in mechanisms)
        pairs = [m for m in mechanisms if isinstance(m, tuple)]
        if any(len(pair) != 2 or pair[0] not in self.mechanism_layers for pair in pairs):
            raise ValueError(
                "`disabled` must hold mechanisms or pairs (layer, mechanism) of layers "
                f"{self.mechanism_layers}. Received: disabled={mechanisms}."
            )
        everywhere = [m for m in mechanisms if not isinstance(m, tuple)]
        for i in self.mechanism_layers:
            self.blocks[i].disabled = everywhere + [m for layer, m in pairs if layer == i]
        self._disabled = mechanisms

    def build(self, inputs_shape):
        self.check_inputs(inputs_shape)
        for block in self.blocks:
            block.build(inputs_shape)

    def initial_cache(self, batch_size, max_time=None):
        """Empty caches of all layers, of a stack that is built (see `TIMBlock`)."""
        return [block.initial_cache(batch_size, max_time) for block in self.blocks]

    def call(
        self,
        inputs,
        padding_mask=None,
        attention_mask=None,
        self_attention_cache=None,
        self_attention_cache_update_index=None,
        mask=None,
        inputs_mask=None,
        training=False,
    ):
        if self_attention_cache is not None and len(self_attention_cache) != self.num_layers:
            raise ValueError(
                "`self_attention_cache` must hold one cache for each layer. Received: "
                f"{len(self_attention_cache)} caches, num_layers={self.num_layers}."
            )
        x, caches, competition = inputs, [], []
        for i, block in enumerate(self.blocks):
            outputs = block(
                x,
                padding_mask=padding_mask,
                attention_mask=attention_mask,
                self_attention_cache=None
                if self_attention_cache is None
                else self_attention_cache[i],
                self_attention_cache_update_index=self_attention_cache_update_index,
                mask=mask,
                inputs_mask=inputs_mask,
                training=training,
            )
            outputs = list(outputs) if isinstance(outputs, tuple) else [outputs]
            x = outputs.pop(0)
            if self_attention_cache is not None:
                caches.append(outputs.pop(0))
            if outputs:
                competition.append(outputs[0]["competition"])
        results = (x,) if self_attention_cache is None else (x, caches)
        if self.return_decisions:
            results += ({"competition": competition},)
        return results if len(results) > 1 else results[0]

    def compute_output_shape(self, inputs_shape, self_attention_cache_shape=None):
        results = (tuple(inputs_shape),)
        if self_attention_cache_shape is not None:
            results += ([tuple(shape) for shape in self_attention_cache_shape],)
        if self.return_decisions:
            competition = (*inputs_shape[:-1], self.num_mechanisms)
            results += ({"competition": [competition] * len(self.mechanism_layers)},)
        return results if len(results) > 1 else results[0]

    def compute_mask(self, inputs, mask=None):
        if not self.return_decisions:
            return mask
        return mask, {"competition": [mask] * len(self.mechanism_layers)}

    def get_config(self):
        return {
            **super().get_config(),
            "num_layers": self.num_layers,
            "plain_layers": list(self.plain_layers),
            "disabled": [list(m) if isinstance(m, tuple) else m for m in self.disabled],
        }
