import keras

from modzoo.layers.shapes import check_shape


class TIMCore(keras.layers.Layer):
    """Options of a Transformer of independent mechanisms (see `TIMBlock`)."""

    def __init__(
        self,
        intermediate_dim,
        num_heads,
        num_mechanisms=2,
        *,
        competition=True,
        communication=True,
        communication_num_heads=2,
        communication_key_dim=32,
        causal=False,
        look_ahead=0,
        attention_window=None,
        distance_bias=False,
        dropout=0.0,
        attention_dropout=0.0,
        activation="relu",
        layer_norm_epsilon=1e-6,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        normalize_first=False,
        return_decisions=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        for name, value, least in (
            ("intermediate_dim", intermediate_dim, 1),
            ("num_heads", num_heads, 1),
            ("num_mechanisms", num_mechanisms, 1),
            ("communication_num_heads", communication_num_heads, 1),
            ("communication_key_dim", communication_key_dim, 1),
            ("look_ahead", look_ahead, 0),
        ):
            if not isinstance(value, int) or value < least:
                raise ValueError(
                    f"`{name}` must be an integer of at least {least}. Received: {name}={value}."
                )
        for name, value in (("intermediate_dim", intermediate_dim), ("num_heads", num_heads)):
            if value % num_mechanisms:
                raise ValueError(
                    f"`{name}` must be divisible by `num_mechanisms`. "
                    f"Received: {name}={value}, num_mechanisms={num_mechanisms}."
                )
        if attention_window is not None and not (
            isinstance(attention_window, int) and attention_window >= 1 and causal
        ):
            raise ValueError(
                "`attention_window` must be None, or a positive integer with causal=True. "
                f"Received: attention_window={attention_window}, causal={causal}."
            )
        if look_ahead and not causal:
            raise ValueError(
                "`look_ahead` needs causal=True. "
                f"Received: look_ahead={look_ahead}, causal={causal}."
            )
        for name, rate in (("dropout", dropout), ("attention_dropout", attention_dropout)):
            if not 0 <= rate < 1:
                raise ValueError(f"`{name}` must be in [0, 1). Received: {name}={rate}.")
        self.intermediate_dim = intermediate_dim
        self.num_heads = num_heads
        self.num_mechanisms = num_mechanisms
        self.competition = competition
        self.communication = communication
        self.communication_num_heads = communication_num_heads
        self.communication_key_dim = communication_key_dim
        self.causal = causal
        self.look_ahead = look_ahead
        self.attention_window = attention_window
        self.distance_bias = distance_bias
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.activation = keras.activations.get(activation)
        self.layer_norm_epsilon = layer_norm_epsilon
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.normalize_first = normalize_first
        self.return_decisions = return_decisions
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def check_inputs(self, inputs_shape):
        """Raises where the input is no sequence, or its width does not divide between heads."""
        check_shape("inputs", inputs_shape, (None, None, None))
        if inputs_shape[-1] is None or inputs_shape[-1] % self.num_heads:
            raise ValueError(
                "The width of the input must be known and divisible by `num_heads`. Received: "
                f"inputs_shape={tuple(inputs_shape)}, num_heads={self.num_heads}, "
                f"num_mechanisms={self.num_mechanisms}."
            )
        self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: inputs_shape[-1]})

    def get_config(self):
        return {
            **super().get_config(),
            "intermediate_dim": self.intermediate_dim,
            "num_heads": self.num_heads,
            "num_mechanisms": self.num_mechanisms,
            "competition": self.competition,
            "communication": self.communication,
            "communication_num_heads": self.communication_num_heads,
            "communication_key_dim": self.communication_key_dim,
            "causal": self.causal,
            "look_ahead": self.look_ahead,
            "attention_window": self.attention_window,
            "distance_bias": self.distance_bias,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation": keras.activations.serialize(self.activation),
            "layer_norm_epsilon": self.layer_norm_epsilon,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "normalize_first": self.normalize_first,
            "return_decisions": self.return_decisions,
        }
