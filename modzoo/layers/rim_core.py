import keras

from modzoo.layers.module_kinds import MODULE_KINDS
from modzoo.layers.module_order import ModuleOrder
from modzoo.layers.shapes import check_shape

SELECTIONS = ("null", "modules")
IDLE_COMMUNICATIONS = ("state", "candidate")


class RIMCore(keras.layers.Layer):
    """Options of recurrent independent mechanisms (see `RIM`)."""

    def __init__(
        self,
        num_modules,
        units,
        num_active,
        *,
        cell,
        input_dims,
        input_attention,
        communication,
        key_dim,
        value_dim,
        num_heads,
        communication_key_dim,
        selection,
        attention_bias,
        communication_gate,
        idle_communication,
        activation,
        recurrent_activation,
        use_bias,
        unit_forget_bias,
        kernel_initializer,
        recurrent_initializer,
        bias_initializer,
        kernel_regularizer,
        recurrent_regularizer,
        bias_regularizer,
        disabled,
        **kwargs,
    ):
        super().__init__(**kwargs)
        num_active = num_modules if num_active is None else num_active
        for name, value in (
            ("num_modules", num_modules),
            ("units", units),
            ("num_active", num_active),
            ("num_heads", num_heads),
            ("key_dim", key_dim),
            ("value_dim", value_dim),
            ("communication_key_dim", communication_key_dim),
        ):
            optional = name.endswith("_dim")
            if not (optional and value is None) and (not isinstance(value, int) or value < 1):
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")
        if num_active > num_modules:
            raise ValueError(
                "`num_active` must be at most `num_modules`. "
                f"Received: num_active={num_active}, num_modules={num_modules}."
            )
        if not input_attention and num_active != num_modules:
            raise ValueError(
                "Without input attention nothing ranks the modules, so all must be active. "
                f"Received: input_attention=False, num_active={num_active}, "
                f"num_modules={num_modules}."
            )
        if units % num_heads:
            raise ValueError(
                "`units` must be divisible by `num_heads`. "
                f"Received: units={units}, num_heads={num_heads}."
            )
        cells = [cell] * num_modules if isinstance(cell, str) else list(cell)
        if len(cells) != num_modules or any(c not in MODULE_KINDS for c in cells):
            raise ValueError(
                f"`cell` must be one of {list(MODULE_KINDS)}, or a list of one for each module. "
                f"Received: cell={cell}, num_modules={num_modules}."
            )
        if input_dims is not None and len(input_dims) != num_modules:
            raise ValueError(
                "`input_dims` must hold one width for each module. "
                f"Received: input_dims={list(input_dims)}, num_modules={num_modules}."
            )
        for name, value, allowed in (
            ("selection", selection, SELECTIONS),
            ("idle_communication", idle_communication, IDLE_COMMUNICATIONS),
        ):
            if value not in allowed:
                raise ValueError(f"`{name}` must be one of {allowed}. Received: {name}={value!r}.")

        self.num_modules = num_modules
        self.units = units
        self.num_active = num_active
        self.cell = cell if isinstance(cell, str) else list(cell)
        self.input_dims = None if input_dims is None else list(input_dims)
        self.input_attention = input_attention
        self.communication = communication
        self.key_dim = units if key_dim is None else key_dim
        self.value_dim = units if value_dim is None else value_dim
        self.num_heads = num_heads
        if communication_key_dim is None:
            communication_key_dim = units // num_heads
        self.communication_key_dim = communication_key_dim
        self.selection = selection
        self.attention_bias = attention_bias
        self.communication_gate = communication_gate
        self.idle_communication = idle_communication
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.unit_forget_bias = unit_forget_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = keras.regularizers.get(recurrent_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.disabled = disabled
        self.order = ModuleOrder(cells, units)

    @property
    def disabled(self):
        """Indices of the modules that are switched off; may be set at any time before a
        function that uses the layer is traced."""
        return self._disabled

    @disabled.setter
    def disabled(self, indices):
        indices = sorted(set(indices))
        if any(not isinstance(m, int) or not 0 <= m < self.num_modules for m in indices):
            raise ValueError(
                "`disabled` must hold indices of modules. "
                f"Received: disabled={indices}, num_modules={self.num_modules}."
            )
        if len(indices) == self.num_modules:
            raise ValueError(f"At least one module must stay enabled. Received: {indices}.")
        self._disabled = tuple(indices)

    @property
    def state_widths(self):
        """Widths of the flat states: `[h]`, or `[h, c]` where there are LSTM modules."""
        widths = [self.num_modules * self.units]
        if self.order.num_memories:
            widths.append(self.order.num_memories * self.units)
        return widths

    def check_states(self, name, states, batch_size):
        """Raises where flat states are too few or of wrong shapes; `name` is the argument's."""
        if len(states) != len(self.state_widths):
            raise ValueError(
                f"`{name}` must hold {len(self.state_widths)} tensors of widths "
                f"{self.state_widths}. Received: {len(states)} tensors."
            )
        for state, width in zip(states, self.state_widths, strict=True):
            check_shape(name, state.shape, (batch_size, width), ("batch", "width"))

    def get_config(self):
        return {
            **super().get_config(),
            "num_modules": self.num_modules,
            "units": self.units,
            "num_active": self.num_active,
            "cell": self.cell,
            "input_dims": self.input_dims,
            "input_attention": self.input_attention,
            "communication": self.communication,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "num_heads": self.num_heads,
            "communication_key_dim": self.communication_key_dim,
            "selection": self.selection,
            "attention_bias": self.attention_bias,
            "communication_gate": self.communication_gate,
            "idle_communication": self.idle_communication,
            "activation": keras.activations.serialize(self.activation),
            "recurrent_activation": keras.activations.serialize(self.recurrent_activation),
            "use_bias": self.use_bias,
            "unit_forget_bias": self.unit_forget_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": keras.initializers.serialize(self.recurrent_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "recurrent_regularizer": keras.regularizers.serialize(self.recurrent_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
            "disabled": list(self.disabled),
        }
