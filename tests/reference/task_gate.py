"""Task gates in float64: one sentence, one word, one task, one unit at a time.

    g_a = sigmoid(W_a h_{i-1} + U_a x_i + b_a)      "Gated"; h before the first word is zero
    g_a = [1..1 0..0 1..1], g_b = 1 - g_a           "Fixed"
    o_a = h_i * g_a

A masked word is no word: it yields zeros, its gates are 0, and the word behind it has a zero
context. Of n units in each direction, unit u belongs to task floor(u * tasks / n) forward,
mirrored backward.
"""

import math

import numpy as np


def gated(states, words, weights, num_tasks, mask=None, context="previous", disabled=()):
    """Outputs and gates, each `[task, batch, time, unit]`."""
    batch, time, units = states.shape
    gates = np.zeros((num_tasks, batch, time, units))
    for task, b, t, unit in np.ndindex(*gates.shape):
        if mask is not None and not mask[b, t]:
            continue
        if unit in disabled or (task, unit) in disabled:
            continue
        seen = t if context == "current" else t - 1
        column = task * units + unit
        total = weights["bias"][column]
        for k in range(words.shape[-1]):
            total += words[b, t, k] * weights["word_kernel"][k, column]
        if seen >= 0 and (mask is None or mask[b, seen]):
            for k in range(units):
                total += states[b, seen, k] * weights["state_kernel"][k, column]
        gates[task, b, t, unit] = 1.0 / (1.0 + math.exp(-total))
    return gates * states, gates


def fixed(num_tasks, units_per_direction):
    """The fixed gates `[task, unit]`, forward units first."""
    n = units_per_direction
    gates = np.zeros((num_tasks, 2 * n))
    for u in range(n):
        task = math.floor(u * num_tasks / n)
        gates[task, u] = 1.0
        gates[task, 2 * n - 1 - u] = 1.0
    return gates
