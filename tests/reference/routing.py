"""MT-RMN in float64: one sample, one step, one sub-encoder, one route at a time.

    h_i     = LSTM_i(h_{i,t-1}, x_t)                       u_i of the first layer    (eq. 1)
    alpha   = N_j(u_i) = act(u_i W + b) V + c, in R^2                                (eq. 2)
    zeta_ij = argmax_i(alpha_i + g_i), a tie is 0                                    (eq. 8)
    v_j     = sum_i zeta_ij u_i / sum_i zeta_ij, 0 where no zeta_ij is 1             (eq. 4)
    u_j     = MLP_j(v_j) = act(v_j W + b) V + c                                      (eq. 5)
    beta    = N^k(u_j + W_k h^k), "+" a concatenation, or N^k(u_j)                   (eq. 6, 7)
    R       = relu(sum zeta - gamma C), the mean over steps                          (eq. 10, 11)

The noise is given as g_1 - g_0, with g_0 = 0. Where there is a mask, a masked step is no step:
it yields zeros, routes nothing and is not counted.

`Straight` holds decisions fixed at those of some weights, and moves with the softmax from there:
zeta + mu - mu_0. Its difference quotients are the straight-through gradients.
"""

import numpy as np

from tests.reference.rim import ACTIVATIONS, lstm_step


def softmax_1(alpha, noise, temperature):
    """`mu_1` (eq. 9)."""
    logits = (np.asarray(alpha) + np.array([0.0, noise])) / temperature
    exponentials = np.exp(logits - np.max(logits))
    return exponentials[1] / np.sum(exponentials)


class Straight:
    """A router that recalls its first decisions, call by call; `again()` starts anew."""

    def __init__(self, temperature):
        self.temperature = temperature
        self.first, self.calls = [], None

    def again(self):
        self.calls = iter(self.first)

    def __call__(self, alpha, noise):
        """A decision and what it was at first."""
        mu = softmax_1(alpha, noise, self.temperature)
        if self.calls is None:
            zeta = int(np.argmax(np.asarray(alpha) + np.array([0.0, noise])))
            self.first.append((zeta, mu))
            return zeta, zeta
        zeta, mu_0 = next(self.calls)
        return zeta + mu - mu_0, zeta


def mlp(x, layers, activation):
    (kernel, bias), (outer_kernel, outer_bias) = layers
    return ACTIVATIONS[activation](x @ kernel + bias) @ outer_kernel + outer_bias


def mean_of_connected(sources, decisions):
    """`v` of the sources, and the sum of their decisions `(zeta, zeta at first)`."""
    total = sum(zeta for zeta, _ in decisions)
    v = sum(zeta * u for (zeta, _), u in zip(decisions, sources, strict=True))
    return (v / total if any(first for _, first in decisions) else v), total


def encode(x, weights, sizes, router, activation="relu", noise=None, mask=None, disabled=()):
    """Outputs `[B, T, layers * modules * width]`, routes `[B, T, layers, sources, modules]`, and
    the number of routes connected at each step, `[B, T]`.

    `weights`: `cells`, (kernel, recurrent kernel, bias) for each cell; `policies` and `modules`,
    for each layer the two (kernel, bias) of each sub-encoder. `sizes`: `num_cells`, `units`,
    `num_layers`, `num_modules`, `module_units`. `noise`: `[B, T, routes]`.
    """
    cells, units, layers, modules, width = sizes
    batch, time = x.shape[:2]
    outputs = np.zeros((batch, time, layers - 1, modules, width))
    routes = np.zeros((batch, time, layers - 1, max(cells, modules if layers > 2 else 0), modules))
    connected = np.zeros((batch, time))
    for b in range(batch):
        h, c = np.zeros((cells, units)), np.zeros((cells, units))
        for t in range(time):
            if mask is not None and not mask[b, t]:
                continue
            for i in range(cells):
                tanh, sigmoid = ACTIVATIONS["tanh"], ACTIVATIONS["sigmoid"]
                h[i], c[i] = lstm_step(x[b, t], h[i], c[i], *weights["cells"][i], tanh, sigmoid)
            u, place = list(h.copy()), 0
            for layer in range(layers - 1):
                found = []
                for j in range(modules):
                    decisions = []
                    for i, source in enumerate(u):
                        g = 0.0 if noise is None else noise[b, t, place + i * modules + j]
                        alpha = mlp(source, weights["policies"][layer][j], activation)
                        decision = router(alpha, g)
                        off = {(layer, j), (layer, i, j)} | ({(layer - 1, i)} if layer else set())
                        decision = (0.0, 0.0) if off & set(disabled) else decision
                        routes[b, t, layer, i, j] = decision[0]
                        decisions.append(decision)
                    v, total = mean_of_connected(u, decisions)
                    connected[b, t] += total
                    found.append(mlp(v, weights["modules"][layer][j], activation))
                    if (layer, j) not in disabled:
                        outputs[b, t, layer, j] = found[j]
                place += len(u) * modules
                u = found
    return outputs.reshape(batch, time, -1), routes, connected


def decode(u, own, weights, router, activation="relu", noise=None, mask=None, disabled=()):
    """Outputs `[K, B, T, layers * units]`, routes `[K, B, T, layers, modules]`, and the number of
    routes of all tasks connected at each step, `[B, T]`.

    `u`: `[B, T, layers, modules, width]`. `own`: h^k, `[B, T, width_k]` for each task, or empty.
    `weights`: `policies`, for each task the two (kernel, bias), the first kernel of u's and h's
    rows; `states`, W_k of each task; `sub_decoders`, for each task and layer the two (kernel,
    bias). `noise`: `[B, T, layers * modules * K]`.
    """
    batch, time, layers, modules, _ = u.shape
    tasks = len(weights["policies"])
    units = weights["sub_decoders"][0][0][1][1].shape[0]
    outputs = np.zeros((tasks, batch, time, layers, units))
    routes = np.zeros((tasks, batch, time, layers, modules))
    connected = np.zeros((batch, time))
    for task, b, t, layer in np.ndindex(tasks, batch, time, layers):
        if mask is not None and not mask[b, t]:
            continue
        decisions = []
        for j in range(modules):
            seen = u[b, t, layer, j]
            if own:
                seen = np.concatenate([seen, own[task][b, t] @ weights["states"][task]])
            place = (layer * modules + j) * tasks + task
            g = 0.0 if noise is None else noise[b, t, place]
            decision = router(mlp(seen, weights["policies"][task], activation), g)
            off = {(layer, j), (task, layer, j)} & set(disabled)
            decisions.append((0.0, 0.0) if off else decision)
            routes[task, b, t, layer, j] = decisions[j][0]
        v, total = mean_of_connected(u[b, t, layer], decisions)
        connected[b, t] += total
        outputs[task, b, t, layer] = mlp(v, weights["sub_decoders"][task][layer], activation)
    return outputs.reshape(tasks, batch, time, -1), routes, connected


def penalty(connected, num_routes, weight, threshold, mask=None):
    """`lambda R` of the routes connected at each step, `[B, T]`."""
    steps = [
        max(connected[place] - threshold * num_routes, 0.0)
        for place in np.ndindex(*connected.shape)
        if mask is None or mask[place]
    ]
    return weight * sum(steps) / len(steps) if steps else 0.0
