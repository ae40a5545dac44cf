"""Models of several tasks in float64: one sample, one step, one task at a time.

    stitched      x^k = sum_j a_kj h^j behind each layer; sluice networks mix the halves of the
                  states so, and read y^k = sum_l beta_kl x^{k, l}
    interleaved   s_t = sum_k g_k LSTM_k(x_t, s_{t-1}) + (1 - sum_k g_k) s_{t-1}, for h and c
    communicating r = sum_i a_i m_i, a = softmax_i(w . tanh(W m_i + U h^k_{t-1} + V x_t)), h^k =
                  LSTM_k([x_t, r]), with the other tasks' h^j_{t-1} as m, or a shared LSTM's states
    recursive     v_d = relu(F_f v_{d-1}), f = argmax of the router's scores, and an LSTM of v

An LSTM is a triple (kernel, recurrent kernel, bias). Where there is a mask, a masked step is no
step, and yields zeros.
"""

import numpy as np

from tests.reference.rim import ACTIVATIONS, lstm_step

TANH, SIGMOID, RELU = (ACTIVATIONS[name] for name in ("tanh", "sigmoid", "relu"))


def softmax(logits):
    exponentials = np.exp(logits - np.max(logits))
    return exponentials / np.sum(exponentials)


def step(x, state, lstm):
    return lstm_step(x, *state, *lstm, TANH, SIGMOID)


def run(x, lstm, mask):
    """States `h` of an LSTM over `x`, `[B, T, width]`, zeros where masked."""
    states = np.zeros((*x.shape[:2], lstm[1].shape[0]))
    for b in range(x.shape[0]):
        state = np.zeros(states.shape[-1]), np.zeros(states.shape[-1])
        for t in range(x.shape[1]):
            if mask[b, t]:
                state = step(x[b, t], state, lstm)
                states[b, t] = state[0]
    return states


def stitched(x, layers, stitches, subspaces, mask):
    """For each layer the tasks' states before and behind the stitch, `[K, B, T, units]` each.

    `layers`: an LSTM for each task, layer by layer. `stitches`: `a`, `[parts, parts]` each.
    """
    inputs, found = [x] * len(layers[0]), []
    for lstms, stitch in zip(layers, stitches, strict=True):
        states = np.stack([run(x, lstm, mask) for x, lstm in zip(inputs, lstms, strict=True)])
        parts = [part for h in states for part in np.split(h, subspaces, axis=-1)]
        mixed = [sum(stitch[a, b] * parts[b] for b in range(len(parts))) for a in range(len(parts))]
        inputs = np.stack(
            [
                np.concatenate(mixed[i : i + subspaces], axis=-1)
                for i in range(0, len(mixed), subspaces)
            ]
        )
        found.append((states, inputs))
    return found


def orthogonality(a, b, mask):
    """The mean over samples of `||A^T B||_F^2 / T^2`."""
    penalties = []
    for sample in range(len(a)):
        product = a[sample].T @ b[sample]
        penalties.append(np.sum(product**2) / max(np.sum(mask[sample]), 1) ** 2)
    return np.mean(penalties)


def interleaved(x, lstms, gates, mask):
    """The primary state, `[B, T, units]`; `gates`: `[B, T, K - 1]`."""
    units = lstms[0][1].shape[0]
    states = np.zeros((*x.shape[:2], units))
    for b in range(x.shape[0]):
        h, c = np.zeros(units), np.zeros(units)
        for t in range(x.shape[1]):
            if mask[b, t]:
                candidates = [step(x[b, t], (h, c), lstm) for lstm in lstms]
                kept = 1 - np.sum(gates[b, t])
                h = kept * h + sum(g * s[0] for g, s in zip(gates[b, t], candidates, strict=True))
                c = kept * c + sum(g * s[1] for g, s in zip(gates[b, t], candidates, strict=True))
                states[b, t] = h
    return states


def communicating(xs, lstms, attention, shared, mask):
    """States `[K, B, T, units]` and attention `[B, T, K, sources]`.

    `xs`: `[B, T, width]` for each task. `lstms`: their kernels have rows of `x` and of `r`.
    `attention`: `W`, `U`, `V` and `w`. `shared`: the LSTM that all attend to, or None.
    """
    batch, time = xs[0].shape[:2]
    units, tasks = lstms[0][1].shape[0], len(lstms)
    states = np.zeros((tasks, batch, time, units))
    weights = np.zeros((batch, time, tasks, tasks if shared is None else time))
    message_kernel, state_kernel, input_kernel, vector = attention
    known = None if shared is None else [run(x, shared, mask) for x in xs]
    for b in range(batch):
        last = [(np.zeros(units), np.zeros(units)) for _ in lstms]
        for t in range(time):
            if not mask[b, t]:
                continue
            following = []
            for k in range(tasks):
                if shared is None:
                    messages = {j: last[j][0] for j in range(tasks) if j != k}
                else:
                    messages = {i: known[k][b, i] for i in range(time) if mask[b, i]}
                query = last[k][0] @ state_kernel + xs[k][b, t] @ input_kernel
                scores = [TANH(m @ message_kernel + query) @ vector for m in messages.values()]
                read = np.zeros(message_kernel.shape[0])
                if messages:
                    weights[b, t, k, list(messages)] = softmax(np.array(scores))
                    read = sum(weights[b, t, k, i] * m for i, m in messages.items())
                following.append(step(np.concatenate([xs[k][b, t], read]), last[k], lstms[k]))
                states[k, b, t] = following[k][0]
            last = following
    return states, weights


def recursive(x, first, functions, router, task_vectors, depth, lstm, mask, noise):
    """States `[K, B, T, units]` and functions `[K, B, T, depth, n]`.

    `first` and each of the `functions`: (kernel, bias). `router`: `R` and (kernel, bias) of the
    scores. `noise`: `[K, B, T, depth, n]`.
    """
    tasks, (batch, time) = len(task_vectors), x.shape[:2]
    reads = np.zeros((tasks, batch, time, first[0].shape[1]))
    chosen = np.zeros((tasks, batch, time, depth, len(functions)))
    for k, b, t in np.ndindex(tasks, batch, time):
        if not mask[b, t]:
            continue
        v = x[b, t] @ first[0] + first[1]
        for d in range(depth):
            hidden, (kernel, bias) = RELU(v @ router[0] + task_vectors[k]), router[1]
            best = np.argmax(hidden @ kernel + bias + noise[k, b, t, d])
            chosen[k, b, t, d, best] = 1
            v = RELU(v @ functions[best][0] + functions[best][1])
        reads[k, b, t] = v
    return np.stack([run(read, lstm, mask) for read in reads]), chosen
