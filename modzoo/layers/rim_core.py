"""The mechanism of RIMs, shared by the cell (one step) and the layer (a sequence).

Inside, everything is module-major, `(modules, batch, width)`, so that the maps of all
modules are one batched matrix product. Modules of one kind stand side by side there, in
`self.order`; states and decisions enter and leave in the caller's order.
"""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from modzoo.layers.initializers import row_blocks, stacked
from modzoo.layers.module_kinds import MODULE_KINDS
from modzoo.layers.slicing import permute, split

SELECTIONS = ("null", "modules")
IDLE_COMMUNICATIONS = ("state", "candidate")


class StepWeights(NamedTuple):
    """The weights as one step uses them, put together once per sequence."""

    kernels: tuple  # per kind (n, value_dim, gates * units)
    biases: tuple  # per kind (n, 1, gates * units), or None
    recurrent_kernels: tuple  # per kind (n, units, gates * units [+ key_dim])
    recurrent_biases: tuple
    value_bias: object
    communication_kernel: object  # (modules, units, query + key + value)
    gate_kernel: object
    gate_bias: object


class Noise(NamedTuple):
    """Dropout masks, drawn once per sequence; None: no dropout."""

    value: object = None
    state: object = None
    communication: object = None


class RIMCore(keras.layers.Layer):
    """Options, weights and one step of recurrent independent mechanisms (see `RIM`)."""

    def __init__(
        self,
        num_modules,
        units,
        num_active=None,
        *,
        cell="lstm",
        input_dims=None,
        input_attention=True,
        communication=True,
        key_dim=None,
        value_dim=None,
        num_heads=1,
        communication_key_dim=None,
        selection="null",
        attention_bias=False,
        communication_gate=False,
        idle_communication="state",
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        unit_forget_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        disabled=(),
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
                "`units` must divide by `num_heads`. "
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

        # {kind: module indices}; modules of one kind stand side by side inside.
        self.members = {
            kind: [m for m in range(num_modules) if cells[m] == kind]
            for kind in MODULE_KINDS
            if kind in cells
        }
        self.order = [m for indices in self.members.values() for m in indices]
        self.num_memories = sum(
            len(indices) for kind, indices in self.members.items() if MODULE_KINDS[kind].has_memory
        )

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
        return [*widths, self.num_memories * self.units] if self.num_memories else widths

    # Weights

    def build_weights(self, input_dims, shared):
        """Creates the weights for an input of width `input_dims[0]` shared by all modules,
        or for inputs of widths `input_dims`, one per module."""
        self._shared = shared
        self._dims = list(input_dims)
        modules, units = self.num_modules, self.units
        project_init = (
            self.kernel_initializer if shared else row_blocks(self.kernel_initializer, self._dims)
        )
        per_module = stacked(self.kernel_initializer)

        def kernel(name, shape, initializer, regularizer=self.kernel_regularizer):
            return self.add_weight(
                name=name, shape=shape, initializer=initializer, regularizer=regularizer
            )

        def bias(name, shape, initializer=self.bias_initializer):
            return kernel(name, shape, initializer, self.bias_regularizer)

        if self.input_attention:
            rows = sum(self._dims)
            bias_rows = () if shared else (modules,)
            self.query_kernel = kernel("query_kernel", (modules, units, self.key_dim), per_module)
            self.key_kernel = kernel("key_kernel", (rows, self.key_dim), project_init)
            self.value_kernel = kernel("value_kernel", (rows, self.value_dim), project_init)
            if self.attention_bias:
                self.value_bias = bias("value_bias", (*bias_rows, self.value_dim))
            if self._has_key_bias:
                self.key_bias = bias("key_bias", (*bias_rows, self.key_dim))

        self.kernels, self.recurrent_kernels, self.biases = {}, {}, {}
        for kind, indices in self.members.items():
            spec, n = MODULE_KINDS[kind], len(indices)
            width = spec.num_gates * units
            if self.input_attention or shared:
                rows = self.value_dim if self.input_attention else self._dims[0]
                shape, initializer = (n, rows, width), per_module
            else:
                rows = [self._dims[m] for m in indices]
                shape, initializer = (
                    (sum(rows), width),
                    row_blocks(self.kernel_initializer, rows),
                )
            self.kernels[kind] = kernel(f"{kind}_kernel", shape, initializer)
            self.recurrent_kernels[kind] = kernel(
                f"{kind}_recurrent_kernel",
                (n, units, width),
                stacked(self.recurrent_initializer),
                self.recurrent_regularizer,
            )
            if self.use_bias:
                shape = (n, 2, width) if spec.has_recurrent_bias else (n, width)
                initializer = self.bias_initializer
                if kind == "lstm" and self.unit_forget_bias:
                    initializer = self._with_forget_bias
                self.biases[kind] = bias(f"{kind}_bias", shape, initializer)

        if self.communication:
            width = self.num_heads * self.communication_key_dim
            shape = (modules, units, width)
            self.communication_query_kernel = kernel(
                "communication_query_kernel", shape, per_module
            )
            self.communication_key_kernel = kernel("communication_key_kernel", shape, per_module)
            self.communication_value_kernel = kernel(
                "communication_value_kernel", (modules, units, units), per_module
            )
            if self.communication_gate:
                self.communication_gate_kernel = kernel(
                    "communication_gate_kernel", (modules, units, units), per_module
                )
                self.communication_gate_bias = bias("communication_gate_bias", (modules, units))

    @property
    def _has_key_bias(self):
        # Against the null input, which passes through the same biased key, it cancels.
        return self.attention_bias and self.selection == "modules"

    def _with_forget_bias(self, shape, dtype=None):
        n, units = shape[0], self.units
        others = self.bias_initializer((n, 3 * units), dtype=dtype)
        i, g_o = others[:, :units], others[:, units:]
        return ops.concatenate([i, ops.ones((n, units), dtype=dtype), g_o], axis=-1)

    def step_weights(self):
        kinds = list(self.members)
        recurrent = {kind: self.recurrent_kernels[kind] for kind in kinds}
        if self.input_attention:  # the query rides along with the recurrent map
            queries = self._by_kind(self._ordered(self.query_kernel))
            recurrent = {
                kind: ops.concatenate([recurrent[kind], query], axis=-1)
                for kind, query in zip(kinds, queries, strict=True)
            }
        biases, recurrent_biases = [], []
        for kind in kinds:
            bias = recurrent_bias = None
            if self.use_bias:
                bias = ops.convert_to_tensor(self.biases[kind])
                if MODULE_KINDS[kind].has_recurrent_bias:
                    bias, recurrent_bias = ops.unstack(bias, axis=1)
                    recurrent_bias = ops.expand_dims(recurrent_bias, 1)
                bias = ops.expand_dims(bias, 1)
            biases.append(bias)
            recurrent_biases.append(recurrent_bias)

        value_bias = communication_kernel = gate_kernel = gate_bias = None
        if self.input_attention and self.attention_bias:
            value_bias = ops.convert_to_tensor(self.value_bias)
            if not self._shared:
                value_bias = ops.expand_dims(self._ordered(value_bias), 1)
        if self.communication:
            communication_kernel = self._ordered(
                ops.concatenate(
                    [
                        self.communication_query_kernel,
                        self.communication_key_kernel,
                        self.communication_value_kernel,
                    ],
                    axis=-1,
                )
            )
            if self.communication_gate:
                gate_kernel = self._ordered(self.communication_gate_kernel)
                gate_bias = ops.expand_dims(self._ordered(self.communication_gate_bias), 1)
        return StepWeights(
            kernels=tuple(ops.convert_to_tensor(self.kernels[kind]) for kind in kinds),
            biases=tuple(biases),
            recurrent_kernels=tuple(ops.convert_to_tensor(recurrent[kind]) for kind in kinds),
            recurrent_biases=tuple(recurrent_biases),
            value_bias=value_bias,
            communication_kernel=communication_kernel,
            gate_kernel=gate_kernel,
            gate_bias=gate_bias,
        )

    # Before the loop

    def project(self, inputs, weights):
        """What of the input each step needs, independent of the state.

        `inputs` is a tensor `(..., batch, dim)` shared by all modules, or a list of one
        such tensor per module. Returns a tuple of tensors: keys and values,
        `(..., [modules,] batch, width)`, or, without input attention, the input's
        contributions to the gates of each kind, `(..., modules, batch, width)`.
        """
        if not self.input_attention:
            return self._project_gates(inputs, weights)
        kernel = ops.concatenate([self.key_kernel, self.value_kernel], axis=-1)
        projected = self._rowwise(inputs, kernel, range(self.num_modules))
        if not self._shared:
            projected = ops.stack([projected[m] for m in self.order], axis=-3)
        keys, values = split(projected, [self.key_dim, self.value_dim], axis=-1)
        if self._has_key_bias:
            bias = ops.convert_to_tensor(self.key_bias)
            keys = keys + (bias if self._shared else ops.expand_dims(self._ordered(bias), 1))
        return keys, values

    def _project_gates(self, inputs, weights):
        gates = []
        kinds = zip(self.members.values(), weights.kernels, weights.biases, strict=True)
        for indices, kernel, bias in kinds:
            if self._shared:
                x = ops.matmul(ops.expand_dims(inputs, -3), kernel)
            else:
                x = ops.stack(self._rowwise(inputs, kernel, indices), axis=-3)
            gates.append(x if bias is None else x + bias)
        return tuple(gates)

    def _rowwise(self, inputs, kernel, indices):
        """Maps the shared input, or the inputs of modules `indices`, by blocks of rows."""
        if self._shared:
            return ops.matmul(inputs, kernel)
        blocks = split(kernel, [self._dims[m] for m in indices], axis=0)
        return [ops.matmul(inputs[m], block) for m, block in zip(indices, blocks, strict=True)]

    # One step

    def step(self, projected, states, weights, update=None, noise=Noise()):
        """One step of all modules.

        Args:
            projected: What `project` returned, for this step.
            states: `(h,)` or `(h, c)`, module-major, in `self.order`.
            weights: `step_weights()`.
            update: Optional boolean `(batch,)`; rows that are `False` keep their state.
            noise: Dropout masks.

        Returns:
            The new states, activity and attention, both `(modules, batch)`.
        """
        h, c = states if len(states) == 2 else (states[0], None)
        h_in = h if noise.state is None else h * noise.state
        recurrent, queries = [], []
        for x, kernel in zip(self._by_kind(h_in), weights.recurrent_kernels, strict=True):
            r = ops.matmul(x, kernel)
            if self.input_attention:
                r, query = split(r, [kernel.shape[-1] - self.key_dim, self.key_dim], axis=-1)
                queries.append(query)
            recurrent.append(r)

        if self.input_attention:
            keys, values = projected
            logits = ops.sum(_join(queries) * keys, axis=-1) * self.key_dim**-0.5
            attention = self._attend(logits)
            attended = ops.expand_dims(attention, -1) * values
            if weights.value_bias is not None:
                attended = attended + weights.value_bias
            if noise.value is not None:
                attended = attended * noise.value
            gates = [
                _affine(x, kernel, bias)
                for x, kernel, bias in zip(
                    self._by_kind(attended), weights.kernels, weights.biases, strict=True
                )
            ]
        else:
            gates, logits = projected, None
            attention = ops.ones_like(h[..., 0]) * self._enabled(h.dtype)
        active = self._select(logits, update)
        if update is not None:
            attention = ops.where(update, attention, ops.zeros_like(attention))

        candidate, memory = self._run_modules(gates, recurrent, h, c, weights)
        state = _choose(active, candidate, h)
        if c is not None:
            lstm_active = None if active is None else active[: self.num_memories]
            memory = _choose(lstm_active, memory, c)
        if self.communication:
            source = state
            if active is not None and self.idle_communication == "candidate":
                source = _choose(active, candidate, ops.stop_gradient(candidate))
            message = self._communicate(state, source, weights)
            if noise.communication is not None:
                message = message * noise.communication
            state = _choose(active, state + message, state)
        activity = ops.ones_like(attention)
        if active is not None:
            activity = activity * ops.cast(active, activity.dtype)
        return ((state,) if c is None else (state, memory)), activity, attention

    def _attend(self, logits):
        if self.selection == "null":
            return ops.sigmoid(logits) * self._enabled(logits.dtype)
        if self.disabled:
            logits = logits + (1 - self._enabled(logits.dtype)) * _lowest(logits.dtype)
        # Over the last axis: over another one TensorFlow's gradient does not compile in a loop.
        return ops.transpose(ops.softmax(ops.transpose(logits, (1, 0)), axis=-1), (1, 0))

    def _enabled(self, dtype):
        """`(modules, 1)`: 0 for modules that are switched off, or plain 1 if none is."""
        if not self.disabled:
            return 1
        return ops.convert_to_tensor(
            np.array([[m not in self.disabled] for m in self.order], "float32"), dtype=dtype
        )

    def _select(self, logits, update):
        """`(modules, batch)`, True where a module is active; None: everywhere.

        The logit is the log-odds against the null input, so it ranks as the attention
        does, but does not saturate. Ties go to the lowest index.
        """
        num_enabled = self.num_modules - len(self.disabled)
        if self.num_active >= num_enabled:
            if not self.disabled and update is None:
                return None
            active = np.array([[m not in self.disabled] for m in self.order])
            return active if update is None else ops.logical_and(active, update)
        logits = ops.stop_gradient(logits)
        index = np.array(self.order)
        mine, other = ops.expand_dims(logits, 1), ops.expand_dims(logits, 0)
        first = (index[None] < index[:, None])[..., None]
        beaten = ops.logical_or(other > mine, ops.logical_and(other == mine, first))
        if self.disabled:
            enabled = np.array([m not in self.disabled for m in self.order])
            beaten = ops.logical_and(beaten, enabled[None, :, None])
        rank = ops.sum(ops.cast(beaten, "int32"), axis=1)
        active = rank < self.num_active
        if self.disabled:
            active = ops.logical_and(active, enabled[:, None])
        return active if update is None else ops.logical_and(active, update)

    def _run_modules(self, gates, recurrent, h, c, weights):
        hidden, memory = [], c
        for kind, x, r, r_bias, h_kind in zip(
            self.members,
            gates,
            recurrent,
            weights.recurrent_biases,
            self._by_kind(h),
            strict=True,
        ):
            spec = MODULE_KINDS[kind]
            r = r if r_bias is None else r + r_bias
            args = (x, r, h_kind, c, self.activation, self.recurrent_activation)
            new_h, new_c = spec.step(*args)
            hidden.append(new_h)
            memory = new_c if spec.has_memory else memory
        return _join(hidden), memory

    def _communicate(self, state, source, weights):
        width = self.num_heads * self.communication_key_dim
        kernel = weights.communication_kernel
        if source is state:
            projected = ops.matmul(state, kernel)
            query, key, value = split(projected, [width, width, self.units], axis=-1)
        else:
            for_query, for_others = split(kernel, [width, width + self.units], axis=-1)
            query = ops.matmul(state, for_query)
            key, value = split(ops.matmul(source, for_others), [width, self.units], axis=-1)
        message = self._read_each_other(query, key, value)
        if self.communication_gate:
            gate = ops.matmul(message, weights.gate_kernel) + weights.gate_bias
            message = ops.sigmoid(gate) * ops.tanh(message)
        return message

    def _read_each_other(self, query, key, value):
        if self.num_modules == 1:  # a softmax over one module is 1
            return value
        query, key, value_heads = (self._heads(x) for x in (query, key, value))
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2)))
        scores = scores * self.communication_key_dim**-0.5
        if self.disabled:
            enabled = ops.transpose(self._enabled(scores.dtype))
            scores = scores + (1 - enabled) * _lowest(scores.dtype)
        context = ops.matmul(ops.softmax(scores, axis=-1), value_heads)
        return ops.reshape(ops.transpose(context, (2, 0, 1, 3)), ops.shape(value))

    def _heads(self, x):
        """`(modules, batch, heads * width)` -> `(batch, heads, modules, width)`."""
        batch = ops.shape(x)[1]
        x = ops.reshape(x, (self.num_modules, batch, self.num_heads, x.shape[-1] // self.num_heads))
        return ops.transpose(x, (1, 2, 0, 3))

    # Order of modules

    def _by_kind(self, x):
        return split(x, [len(indices) for indices in self.members.values()], axis=0)

    def _ordered(self, x):
        return permute(x, self.order, axis=0)

    def module_major(self, flat_states):
        """Flat states `(batch, modules * units)` -> module-major, in `self.order`."""
        states = []
        for i, flat in enumerate(flat_states):
            x = ops.reshape(flat, (-1, flat.shape[-1] // self.units, self.units))
            x = ops.transpose(x, (1, 0, 2))
            states.append(self._ordered(x) if i == 0 else x)
        return tuple(states)

    def restore_order(self, x, axis):
        """Puts the modules along `axis` back in the caller's order."""
        return permute(x, [self.order.index(m) for m in range(self.num_modules)], axis)

    def flat(self, states):
        """Module-major states -> flat states `(batch, modules * units)`."""
        flat = []
        for i, x in enumerate(states):
            x = self.restore_order(x, axis=0) if i == 0 else x
            x = ops.transpose(x, (1, 0, 2))
            flat.append(ops.reshape(x, (-1, x.shape[1] * self.units)))
        return tuple(flat)

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


def _join(parts):
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=0)


def _affine(x, kernel, bias):
    x = ops.matmul(x, kernel)
    return x if bias is None else x + bias


def _choose(active, new, old):
    """`new` where a module is active, else `old`; `active=None`: active everywhere."""
    return new if active is None else ops.where(ops.expand_dims(active, -1), new, old)


def _lowest(dtype):
    return -3e4 if keras.backend.standardize_dtype(dtype) == "float16" else -1e9
