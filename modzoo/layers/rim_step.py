from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from modzoo.layers.initializers import row_blocks, stacked
from modzoo.layers.module_communication import communicate, gated
from modzoo.layers.module_kinds import MODULE_KINDS
from modzoo.layers.rim_core import RIMCore
from modzoo.layers.selection import attend, choose, select, switch_off
from modzoo.layers.several_inputs import is_several
from modzoo.layers.slicing import split


class StepWeights(NamedTuple):
    """The weights as one step uses them, put together once per sequence."""

    kernels: tuple  # per kind (n, value_dim, gates * units)
    biases: tuple  # per kind (n, 1, gates * units), or None
    recurrent_kernels: tuple  # per kind (n, units, gates * units [+ key_dim])
    recurrent_biases: tuple  # per kind (n, 1, gates * units), or None
    value_bias: object  # ([modules, 1,] value_dim), or None
    communication_kernel: object  # (modules, units, query + key + value), or None
    gate_kernel: object  # (modules, units, units), or None
    gate_bias: object  # (modules, 1, units), or None


class DropoutMasks(NamedTuple):
    """Dropout masks, drawn once per sequence; None: no dropout."""

    value: object = None  # of what is read: (modules, batch, value_dim), or as the input
    state: object = None  # (modules, batch, units)
    communication: object = None  # (modules, batch, units)


class RIMStep(RIMCore):
    """Weights and one step of recurrent independent mechanisms (see `RIM`).

    Before the loop over time: `step_weights`, `project`, `draw_dropout_masks`. In it: `step`.
    Everything is module-major and in the order inside (`ModuleOrder`).
    """

    def build_weights(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: Shape `(..., features)` of an input that all modules share, or that
                holds those of all (`input_dims`); or a list of shapes, one for each module.
        """
        self._shares_input = self.input_dims is None and not is_several(input_shape)
        self._input_widths = self._check_widths(input_shape)
        if self.input_attention:
            self._build_input_attention()
        self._build_cells()
        if self.communication:
            self._build_communication()

    def _check_widths(self, input_shape):
        """Width of the shared input, or of the input of each module, as a list."""
        if is_several(input_shape):
            widths = [shape[-1] for shape in input_shape]
            if len(widths) != self.num_modules or None in widths:
                raise ValueError(
                    f"Layer {self.name!r} needs one input of known width for each of its "
                    f"{self.num_modules} modules. Received: {len(widths)} inputs of shapes "
                    f"{[tuple(shape) for shape in input_shape]}."
                )
            return widths
        width = input_shape[-1]
        if width is None or (self.input_dims is not None and width != sum(self.input_dims)):
            raise ValueError(
                "The last axis of the input must be known, and equal the sum of `input_dims` "
                f"where those are given. Received: input_shape={tuple(input_shape)}, "
                f"input_dims={self.input_dims}."
            )
        return [width] if self._shares_input else list(self.input_dims)

    def _add_kernel(self, name, shape, initializer=None):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer or stacked(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
        )

    def _add_bias(self, name, shape, initializer=None):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer or self.bias_initializer,
            regularizer=self.bias_regularizer,
        )

    def _build_input_attention(self):
        rows, bias_rows, initializer = sum(self._input_widths), (), self.kernel_initializer
        if not self._shares_input:
            bias_rows = (self.num_modules,)
            initializer = row_blocks(initializer, self._input_widths)
        self.query_kernel = self._add_kernel(
            "query_kernel", (self.num_modules, self.units, self.key_dim)
        )
        self.key_kernel = self._add_kernel("key_kernel", (rows, self.key_dim), initializer)
        self.value_kernel = self._add_kernel("value_kernel", (rows, self.value_dim), initializer)
        if self.attention_bias:
            self.value_bias = self._add_bias("value_bias", (*bias_rows, self.value_dim))
        if self._has_key_bias:
            self.key_bias = self._add_bias("key_bias", (*bias_rows, self.key_dim))

    @property
    def _has_key_bias(self):
        # Against the null input, which passes through the same biased key, it cancels.
        return self.attention_bias and self.selection == "modules"

    def _build_cells(self):
        self.kernels, self.recurrent_kernels, self.biases = {}, {}, {}
        for kind, members in self.order.members.items():
            spec, n = MODULE_KINDS[kind], len(members)
            width = spec.num_gates * self.units
            if self.input_attention or self._shares_input:
                rows = self.value_dim if self.input_attention else self._input_widths[0]
                shape, initializer = (n, rows, width), None
            else:
                rows = [self._input_widths[m] for m in members]
                shape, initializer = (sum(rows), width), row_blocks(self.kernel_initializer, rows)
            self.kernels[kind] = self._add_kernel(f"{kind}_kernel", shape, initializer)
            self.recurrent_kernels[kind] = self.add_weight(
                name=f"{kind}_recurrent_kernel",
                shape=(n, self.units, width),
                initializer=stacked(self.recurrent_initializer),
                regularizer=self.recurrent_regularizer,
            )
            if self.use_bias:
                shape = (n, 2, width) if spec.has_recurrent_bias else (n, width)
                with_ones = kind == "lstm" and self.unit_forget_bias
                initializer = self._forget_bias if with_ones else None
                self.biases[kind] = self._add_bias(f"{kind}_bias", shape, initializer)

    def _forget_bias(self, shape, dtype=None):
        n, units = shape[0], self.units
        others = self.bias_initializer((n, 3 * units), dtype=dtype)
        i, g_o = others[:, :units], others[:, units:]
        return ops.concatenate([i, ops.ones((n, units), dtype=dtype), g_o], axis=-1)

    def _build_communication(self):
        modules, units = self.num_modules, self.units
        shape = (modules, units, self.num_heads * self.communication_key_dim)
        self.communication_query_kernel = self._add_kernel("communication_query_kernel", shape)
        self.communication_key_kernel = self._add_kernel("communication_key_kernel", shape)
        shape = (modules, units, units)
        self.communication_value_kernel = self._add_kernel("communication_value_kernel", shape)
        if self.communication_gate:
            self.communication_gate_kernel = self._add_kernel("communication_gate_kernel", shape)
            self.communication_gate_bias = self._add_bias(
                "communication_gate_bias", (modules, units)
            )

    # Before the loop

    def step_weights(self):
        """The weights for `project` and `step`, put together once per sequence."""
        kinds, ordered = list(self.order.members), self.order.ordered
        recurrent_kernels = [self.recurrent_kernels[kind] for kind in kinds]
        if self.input_attention:  # the query rides along with the recurrent map
            queries = self.order.by_kind(ordered(self.query_kernel))
            recurrent_kernels = [
                ops.concatenate(pair, axis=-1)
                for pair in zip(recurrent_kernels, queries, strict=True)
            ]
        biases = [self._cell_biases(kind) for kind in kinds]

        value_bias = communication_kernel = gate_kernel = gate_bias = None
        if self.input_attention and self.attention_bias:
            value_bias = ops.convert_to_tensor(self.value_bias)
            if not self._shares_input:
                value_bias = ops.expand_dims(ordered(value_bias), 1)
        if self.communication:
            communication_kernel = ops.concatenate(
                [
                    self.communication_query_kernel,
                    self.communication_key_kernel,
                    self.communication_value_kernel,
                ],
                axis=-1,
            )
            communication_kernel = ordered(communication_kernel)
            if self.communication_gate:
                gate_kernel = ordered(self.communication_gate_kernel)
                gate_bias = ops.expand_dims(ordered(self.communication_gate_bias), 1)
        return StepWeights(
            kernels=tuple(ops.convert_to_tensor(self.kernels[kind]) for kind in kinds),
            biases=tuple(bias for bias, _ in biases),
            recurrent_kernels=tuple(map(ops.convert_to_tensor, recurrent_kernels)),
            recurrent_biases=tuple(recurrent_bias for _, recurrent_bias in biases),
            value_bias=value_bias,
            communication_kernel=communication_kernel,
            gate_kernel=gate_kernel,
            gate_bias=gate_bias,
        )

    def _cell_biases(self, kind):
        """Biases of the input's and of the state's contribution, `(n, 1, width)` or None."""
        if not self.use_bias:
            return None, None
        bias, recurrent_bias = ops.convert_to_tensor(self.biases[kind]), None
        if MODULE_KINDS[kind].has_recurrent_bias:
            bias, recurrent_bias = ops.unstack(bias, axis=1)
            recurrent_bias = ops.expand_dims(recurrent_bias, 1)
        return ops.expand_dims(bias, 1), recurrent_bias

    def draw_dropout_masks(self, batch_size, value_rate, state_rate, communication_rate, seed):
        """The masks of a sequence; `seed` is a `keras.random.SeedGenerator`."""

        def draw(rate, *shape):
            if not rate:
                return None
            ones = ops.ones(shape, dtype=self.compute_dtype)
            return keras.random.dropout(ones, rate, seed=seed)

        if self.input_attention:
            value = draw(value_rate, self.num_modules, batch_size, self.value_dim)
        elif self._shares_input:
            value = draw(value_rate, batch_size, self._input_widths[0])
        else:
            value = [draw(value_rate, batch_size, width) for width in self._input_widths]
            value = value if value_rate else None
        state_shape = (self.num_modules, batch_size, self.units)
        return DropoutMasks(
            value=value,
            state=draw(state_rate, *state_shape),
            communication=draw(communication_rate, *state_shape),
        )

    def project(self, inputs, weights, dropout_masks=DropoutMasks()):
        """What of the input each step needs, independent of the state.

        Args:
            inputs: Tensor `(..., batch, features)`, or a list of one for each module.
            weights: `step_weights()`.
            dropout_masks: Dropout masks.

        Returns:
            A tuple of tensors: keys and values, `(..., [modules,] batch, width)`, or, without
            input attention, the input's contributions to the gates of each kind,
            `(..., modules, batch, gates * units)`.
        """
        inputs = self._own_inputs(inputs)
        if self.input_attention:
            return self._project_keys_and_values(inputs)
        return self._project_gates(self._dropped(inputs, dropout_masks), weights)

    def cell_inputs(self, inputs, weights, dropout_masks=DropoutMasks()):
        """What each module's cell reads where there is no input attention.

        Args: those of `project`. All modules are of one kind.

        Returns:
            For each module a pair of what it reads, `(..., batch, width)`, and its cell's
            kernel, `(width, gates * units)`.
        """
        inputs = self._dropped(self._own_inputs(inputs), dropout_masks)
        (kernel,) = weights.kernels
        if self._shares_input:
            return [(inputs, each) for each in ops.unstack(kernel, axis=0)]
        return list(zip(inputs, split(kernel, self._input_widths, axis=0), strict=True))

    def _own_inputs(self, inputs):
        """The inputs as a list of one for each module, unless they share one."""
        if self._shares_input or isinstance(inputs, list):
            return inputs
        return split(inputs, self._input_widths, axis=-1)

    def _dropped(self, inputs, dropout_masks):
        if dropout_masks.value is None:
            return inputs
        return keras.tree.map_structure(lambda x, keep: x * keep, inputs, dropout_masks.value)

    def _project_keys_and_values(self, inputs):
        kernel = ops.concatenate([self.key_kernel, self.value_kernel], axis=-1)
        if self._shares_input:
            projected = ops.matmul(inputs, kernel)  # (..., batch, key_dim + value_dim)
        else:
            blocks = split(kernel, self._input_widths, axis=0)
            projected = [ops.matmul(inputs[m], blocks[m]) for m in self.order.indices]
            projected = ops.stack(projected, axis=-3)  # (..., modules, batch, width)
        keys, values = split(projected, [self.key_dim, self.value_dim], axis=-1)
        if self._has_key_bias:
            bias = ops.convert_to_tensor(self.key_bias)
            if not self._shares_input:
                bias = ops.expand_dims(self.order.ordered(bias), 1)
            keys = keys + bias
        return keys, values

    def _project_gates(self, inputs, weights):
        gates = []
        kinds = zip(self.order.members.values(), weights.kernels, weights.biases, strict=True)
        for members, kernel, bias in kinds:
            if self._shares_input:  # (..., 1, batch, features) by (n, features, gates * units)
                x = ops.matmul(ops.expand_dims(inputs, -3), kernel)
            else:
                blocks = split(kernel, [self._input_widths[m] for m in members], axis=0)
                x = [ops.matmul(inputs[m], b) for m, b in zip(members, blocks, strict=True)]
                x = ops.stack(x, axis=-3)  # (..., n, batch, gates * units)
            gates.append(x if bias is None else x + bias)
        return tuple(gates)

    # One step

    def step(self, projected, states, weights, update=None, dropout_masks=DropoutMasks()):
        """One step of all modules.

        Args:
            projected: What `project` returned, for this step.
            states: `(h,)` or `(h, c)`, module-major.
            weights: `step_weights()`.
            update: Optional boolean `(batch,)`, or `(modules, batch)`; what is `False` keeps its
                state.
            dropout_masks: Dropout masks.

        Returns:
            The new states, activity and attention, both `(modules, batch)`.
        """
        h, c = states if len(states) == 2 else (*states, None)  # (modules, batch, units)
        enabled = self._enabled()
        recurrent, query = self._map_states(h, weights, dropout_masks.state)
        if self.input_attention:
            keys, values = projected  # ([modules,] batch, width)
            logits = ops.sum(query * keys, axis=-1) * self.key_dim**-0.5  # (modules, batch)
            attention = attend(logits, self.selection, enabled, update)
            gates = self._read_input(attention, values, weights, dropout_masks.value)
        else:
            gates, logits = projected, None
            attention = switch_off(ops.ones_like(h[..., 0]), enabled)
        active = select(logits, self.num_active, self.order.indices, enabled, update)
        if update is not None:
            attention = ops.where(update, attention, ops.zeros_like(attention))

        candidate, memory = self._run_cells(gates, recurrent, h, c, weights)
        state = choose(active, candidate, h)  # (modules, batch, units)
        if c is not None:  # LSTM modules come first
            memory_active = None if active is None else active[: self.order.num_memories]
            memory = choose(memory_active, memory, c)  # (memories, batch, units)
        if self.communication:
            source = state
            if active is not None and self.idle_communication == "candidate":
                source = choose(active, candidate, ops.stop_gradient(candidate))
                if update is not None and len(update.shape) == 2:
                    source = choose(update, source, state)  # without an input nothing is wanted
            message = self._communicate(state, source, weights, enabled)
            if dropout_masks.communication is not None:
                message = message * dropout_masks.communication
            state = choose(active, state + message, state)
        activity = ops.ones_like(attention)
        if active is not None:
            activity = activity * ops.cast(active, activity.dtype)
        return ((state,) if c is None else (state, memory)), activity, attention

    def _enabled(self):
        """Which modules are not switched off, as an array `(modules,)`; None: all."""
        if not self.disabled:
            return None
        return np.array([m not in self.disabled for m in self.order.indices])

    def _map_states(self, h, weights, dropout_mask):
        """The states' contributions to the gates, per kind `(n, batch, gates * units)`, and
        the queries, `(modules, batch, key_dim)`, or None without input attention."""
        h = h if dropout_mask is None else h * dropout_mask
        recurrent, queries = [], []
        for x, kernel in zip(self.order.by_kind(h), weights.recurrent_kernels, strict=True):
            r = ops.matmul(x, kernel)
            if self.input_attention:
                r, query = split(r, [kernel.shape[-1] - self.key_dim, self.key_dim], axis=-1)
                queries.append(query)
            recurrent.append(r)
        return recurrent, _join(queries) if queries else None

    def _read_input(self, attention, values, weights, dropout_mask):
        """The input's contributions to the gates, per kind `(n, batch, gates * units)`."""
        attended = ops.expand_dims(attention, -1) * values  # (modules, batch, value_dim)
        if weights.value_bias is not None:
            attended = attended + weights.value_bias
        if dropout_mask is not None:
            attended = attended * dropout_mask
        attended = self.order.by_kind(attended)
        gates = []
        for x, kernel, bias in zip(attended, weights.kernels, weights.biases, strict=True):
            x = ops.matmul(x, kernel)
            gates.append(x if bias is None else x + bias)
        return gates

    def _run_cells(self, gates, recurrent, h, c, weights):
        """One step of every module's cell: `h`, and `c` of the LSTM modules."""
        hidden, memory = [], c
        for kind, x, r, r_bias, h_kind in zip(
            self.order.members,
            gates,
            recurrent,
            weights.recurrent_biases,
            self.order.by_kind(h),
            strict=True,
        ):
            spec = MODULE_KINDS[kind]
            r = r if r_bias is None else r + r_bias
            args = (x, r, h_kind, c, self.activation, self.recurrent_activation)
            new_h, new_c = spec.step(*args)
            hidden.append(new_h)
            memory = new_c if spec.has_memory else memory
        return _join(hidden), memory

    def _communicate(self, state, source, weights, enabled):
        message = communicate(
            state,
            source,
            weights.communication_kernel,
            self.num_heads,
            self.communication_key_dim,
            enabled,
        )
        if self.communication_gate:
            message = gated(message, weights.gate_kernel, weights.gate_bias)
        return message


def _join(parts):
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=0)
