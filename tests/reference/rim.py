"""RIM and multi-input RIM in float64: one batch row, one step, one module at a time.

    s^m = (h^m_{t-1} Wq_m) . (x^m Wk_m + bk_m) / sqrt(key_dim)    s0^m: the same at x^m = 0
    p^m = softmax([s^m, s0^m])[0]            selection="modules": softmax over the enabled modules
    A^m = p^m (x^m Wv_m + bv_m) + (1 - p^m) bv_m
    S   = the K enabled modules with the largest p, ties to the lowest index
    h~, c~ = cell_m(h_{t-1}, c_{t-1}, A)   m in S          h_{t-1}, c_{t-1} otherwise
    a^mj = softmax over j of (h~^m Vq_m) . (g^j Vk_j) / sqrt(communication_key_dim), per head
    u^m = concat over heads of sum_j a^mj (g^j Vv_j)
    h^m = u^m + h~^m                       m in S          h_{t-1} otherwise
    h^m = sigmoid(u^m Wg_m + bg_m) tanh(u^m) + h~^m        with communication_gate

Where a mask is given for each module, `mask[b][t][m]`, those that are masked at a step are idle:
they do not compete, keep their state, and are read as they are.

j runs over the enabled modules. g^j is h~^j or, for an idle module with idle_communication=
"candidate", the state its cell would have moved to. bk, bv are zero without `attention_bias`.
"""

from dataclasses import dataclass

import numpy as np


def sigmoid(x):
    return 0.5 * (1.0 + np.tanh(0.5 * x))


ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0.0),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
}


@dataclass
class Result:
    sequence: np.ndarray  # [B, T, M * H]
    h: np.ndarray  # [B, M * H]
    c: np.ndarray | None  # [B, L * H], the LSTM modules' memories
    activity: np.ndarray  # [B, T, M]
    attention: np.ndarray  # [B, T, M]
    candidates: np.ndarray  # [T, B, M, H], h before selection; h itself where masked or disabled


def softmax(logits):
    exponentials = np.exp(logits - np.max(logits))
    return exponentials / np.sum(exponentials)


def lstm_step(x, h, c, kernel, recurrent_kernel, bias, activation, recurrent_activation):
    i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4)
    c = recurrent_activation(f) * c + recurrent_activation(i) * activation(g)
    return recurrent_activation(o) * activation(c), c


def gru_step(x, h, c, kernel, recurrent_kernel, bias, activation, recurrent_activation):
    x_z, x_r, x_h = np.split(x @ kernel + bias[0], 3)
    h_z, h_r, h_h = np.split(h @ recurrent_kernel + bias[1], 3)
    z = recurrent_activation(x_z + h_z)
    r = recurrent_activation(x_r + h_r)
    return z * h + (1.0 - z) * activation(x_h + r * h_h), c


def simple_rnn_step(x, h, c, kernel, recurrent_kernel, bias, activation, recurrent_activation):
    return activation(x @ kernel + bias + h @ recurrent_kernel), c


STEPS = {"lstm": lstm_step, "gru": gru_step, "simple_rnn": simple_rnn_step}


def rows_per_module(stacked, widths):
    return np.split(stacked, np.cumsum(widths)[:-1])


def cell_weights(weights, kinds, m, units, use_bias, widths=None):
    """Kernel, recurrent kernel, bias of module m; with `widths`, kernels are stacked by rows."""
    kind = kinds[m]
    same_kind = [j for j, other in enumerate(kinds) if other == kind]
    n = same_kind.index(m)
    kernels = weights[f"{kind}_kernel"]
    if widths is not None:
        kernels = rows_per_module(kernels, [widths[j] for j in same_kind])
    zeros = np.zeros({"lstm": 4 * units, "gru": (2, 3 * units), "simple_rnn": units}[kind])
    bias = weights[f"{kind}_bias"][n] if use_bias else zeros
    return kernels[n], weights[f"{kind}_recurrent_kernel"][n], bias


def rim(
    inputs,
    weights,
    *,
    num_modules,
    units,
    num_active,
    cell="lstm",
    key_dim=None,
    value_dim=None,
    num_heads=1,
    communication_key_dim=None,
    input_attention=True,
    communication=True,
    selection="null",
    attention_bias=False,
    communication_gate=False,
    idle_communication="state",
    activation="tanh",
    recurrent_activation="sigmoid",
    use_bias=True,
    disabled=(),
    mask=None,
    initial_state=None,
    go_backwards=False,
    zero_output_for_mask=False,
    frozen_candidates=None,
):
    """Runs the layer over `inputs`, `[B, T, D]` for all modules or a list of M `[B, T, D_m]`.

    With `go_backwards` everything that has a time axis, `frozen_candidates` `[T, B, M, H]` too, is
    in the order of processing. `frozen_candidates` stand in for the candidates of idle modules, so
    that a difference quotient sees them as constants.
    """
    multi_input = isinstance(inputs, (list, tuple))
    xs = [np.asarray(x, "float64") for x in (inputs if multi_input else [inputs] * num_modules)]
    weights = {name: np.asarray(value, "float64") for name, value in weights.items()}
    kinds = [cell] * num_modules if isinstance(cell, str) else list(cell)
    widths = [x.shape[-1] for x in xs]
    lstms = [m for m in range(num_modules) if kinds[m] == "lstm"]
    enabled = [m for m in range(num_modules) if m not in disabled]
    num_active = min(num_active, len(enabled))
    functions = ACTIVATIONS[activation], ACTIVATIONS[recurrent_activation]

    if len(xs) != num_modules or len(kinds) != num_modules:
        raise ValueError(f"Received: {len(xs)} inputs, {len(kinds)} cells, {num_modules=}.")
    if selection not in ("null", "modules") or idle_communication not in ("state", "candidate"):
        raise ValueError(f"Received: {selection=}, {idle_communication=}.")
    if not input_attention and num_active != len(enabled):
        raise ValueError(f"Nothing selects. Received: {num_active=}, {len(enabled)} enabled.")
    if communication and units % num_heads:
        raise ValueError(f"`num_heads` must divide `units`. Received: {num_heads=}, {units=}.")

    def projection(name, width):
        kernels, biases = weights[f"{name}_kernel"], np.zeros((num_modules, width))
        kernels = rows_per_module(kernels, widths) if multi_input else [kernels] * num_modules
        if attention_bias and f"{name}_bias" in weights:
            biases = biases + weights[f"{name}_bias"]
        return kernels, biases

    if input_attention:
        key_kernels, key_biases = projection("key", key_dim)
        value_kernels, value_biases = projection("value", value_dim)
    stacked_widths = widths if multi_input and not input_attention else None
    cells = [
        cell_weights(weights, kinds, m, units, use_bias, stacked_widths) for m in range(num_modules)
    ]

    def select_input(x, h, present):
        """The attention p `[M]` on the inputs and the attended values of the modules present."""
        p, logits, values, nulls = np.zeros(num_modules), {}, {}, {}
        for m in present:
            query = h[m] @ weights["query_kernel"][m]
            key = x[m] @ key_kernels[m] + key_biases[m]
            null_key = np.zeros(widths[m]) @ key_kernels[m] + key_biases[m]
            logits[m] = np.array([query @ key, query @ null_key]) / np.sqrt(key_dim)
            values[m] = x[m] @ value_kernels[m] + value_biases[m]
            nulls[m] = np.zeros(widths[m]) @ value_kernels[m] + value_biases[m]
        if selection == "null":
            for m in present:
                p[m] = softmax(logits[m])[0]
        else:
            p[present] = softmax(np.array([logits[m][0] for m in present]))
        return p, {m: p[m] * values[m] + (1.0 - p[m]) * nulls[m] for m in present}

    def communicate(h, sources, active):
        """The states h~ `[M, H]` after the active modules have read the sources `[M, H]`."""
        kernels = [weights[f"communication_{name}_kernel"] for name in ("query", "key", "value")]
        keys = np.stack([sources[j] @ kernels[1][j] for j in enabled])
        values = np.stack([sources[j] @ kernels[2][j] for j in enabled])
        updated = h.copy()
        for m in active:
            query = h[m] @ kernels[0][m]
            heads = []
            for head in range(num_heads):
                block = slice(head * communication_key_dim, (head + 1) * communication_key_dim)
                width = units // num_heads
                value_block = slice(head * width, (head + 1) * width)
                logits = keys[:, block] @ query[block] / np.sqrt(communication_key_dim)
                heads.append(softmax(logits) @ values[:, value_block])
            u = np.concatenate(heads)
            if communication_gate:
                gate_kernel = weights["communication_gate_kernel"][m]
                gate_bias = weights["communication_gate_bias"][m]
                u = sigmoid(u @ gate_kernel + gate_bias) * np.tanh(u)
            updated[m] = u + h[m]
        return updated

    batch, time = xs[0].shape[:2]
    masks = np.ones((batch, time, num_modules), "bool")
    if mask is not None:
        masks &= np.asarray(mask).reshape(batch, time, -1)  # of all modules, or of each
    states = np.zeros((batch, num_modules, units))
    memories = np.zeros((batch, num_modules, units))
    if initial_state is not None:
        states[:] = np.reshape(initial_state[0], states.shape)
        if lstms:
            memories[:, lstms] = np.reshape(initial_state[1], (batch, len(lstms), units))
    sequence = np.zeros((batch, time, num_modules * units))
    activity = np.zeros((batch, time, num_modules))
    attention = np.zeros((batch, time, num_modules))
    candidates = np.zeros((time, batch, num_modules, units))

    for b in range(batch):
        h, c = states[b].copy(), memories[b].copy()
        for step in range(time):
            t = time - 1 - step if go_backwards else step
            candidates[step, b] = h
            present = [m for m in enabled if masks[b, t, m]]
            if not present:
                padding = not masks[b, t].any()
                sequence[b, step] = 0.0 if zero_output_for_mask and padding else h.reshape(-1)
                continue

            if input_attention:
                p, attended = select_input([x[b, t] for x in xs], h, present)
            else:
                p, attended = np.isin(np.arange(num_modules), present), [x[b, t] for x in xs]
            active = sorted(present, key=lambda m: -float(p[m]))[:num_active]  # stable

            h_next, c_next = h.copy(), c.copy()
            sources = h.copy()
            for m in present:
                candidate, memory = STEPS[kinds[m]](attended[m], h[m], c[m], *cells[m], *functions)
                candidates[step, b, m] = candidate
                if m in active:
                    h_next[m], c_next[m], sources[m] = candidate, memory, candidate
                elif idle_communication == "candidate":
                    frozen = frozen_candidates is not None
                    sources[m] = frozen_candidates[step, b, m] if frozen else candidate
            h = communicate(h_next, sources, active) if communication else h_next
            c = c_next

            sequence[b, step] = h.reshape(-1)
            activity[b, step, active] = 1.0
            attention[b, step] = p
        states[b], memories[b] = h, c

    return Result(
        sequence=sequence,
        h=states.reshape(batch, -1),
        c=memories[:, lstms].reshape(batch, -1) if lstms else None,
        activity=activity,
        attention=attention,
        candidates=candidates,
    )


def directional_difference(function, weights, name, direction, epsilon=1e-6):
    """Central difference of the scalar `function(weights)` along `direction` in `weights[name]`."""
    ahead = {**weights, name: weights[name] + epsilon * direction}
    behind = {**weights, name: weights[name] - epsilon * direction}
    return (function(ahead) - function(behind)) / (2.0 * epsilon)
