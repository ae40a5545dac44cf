"""Decomposition of recurrent networks in NumPy, float64, one example and one step at a time.

Written from the paper's text and from the equations of the cells, not from the package.
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(x, 0)


def simple_step(x, states, kernel, recurrent, bias, activation=np.tanh):
    return [activation(x @ kernel + states[0] @ recurrent + bias)]


def lstm_step(x, states, kernel, recurrent, bias):
    h, c = states
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(c), c]


def gru_step(x, states, kernel, recurrent, bias):
    """The reset gate after the product: two rows of biases. Before it: one."""
    (h,) = states
    xz, xr, xg = np.split(x @ kernel + (bias if bias.ndim == 1 else bias[0]), 3)
    uz, ur, ug = np.split(recurrent, 3, axis=1)
    if bias.ndim == 2:
        bz, br, bg = np.split(bias[1], 3)
        z, r = sigmoid(xz + h @ uz + bz), sigmoid(xr + h @ ur + br)
        g = np.tanh(xg + r * (h @ ug + bg))
    else:
        z, r = sigmoid(xz + h @ uz), sigmoid(xr + h @ ur)
        g = np.tanh(xg + (r * h) @ ug)
    return [z * h + (1 - z) * g]


STEPS = {"simple": simple_step, "lstm": lstm_step, "gru": gru_step}


def without_units(weights, kept):
    """Weight surgery: everything that leads into a removed unit is 0."""
    units = len(kept)
    return [w * np.tile(kept, w.shape[-1] // units) for w in weights]


def run(*args, **options):
    """What a layer gives at each step; arguments as of `walk`."""
    return np.array([states[0] for states in walk(*args, **options)])


def walk(kind, weights, x, present, kept, removal, initial=None, **options):
    """Lists of a layer's states at each step.

    Args:
        kind: Key of `STEPS`.
        weights: Kernel, recurrent kernel and bias.
        x: `(steps, features)`.
        present: `(steps,)`; at a step that is padding states stay as they were.
        kept: `(steps or 1, units)`, 1 for a unit that is there.
        removal: `"mask"`: new states times `kept`. `"zero_weights"`: each step with weights from
            which removed units were cut by hand.
        initial: States to begin with. Default: 0.
    """
    weights = [np.asarray(w, "float64") for w in weights]
    states = initial or [np.zeros(kept.shape[1]) for _ in range(2 if kind == "lstm" else 1)]
    for t in range(len(x)):
        now = kept[t] if len(kept) > 1 else kept[0]
        if present[t] and removal == "mask":
            states = [now * s for s in STEPS[kind](x[t], states, *weights, **options)]
        elif present[t]:
            states = STEPS[kind](x[t], states, *without_units(weights, now), **options)
        yield states


def run_both_ways(kind, weights, x, present, kept, removal):
    """States of the two halves of a layer, of pairs of weights and of masks, at each step."""
    forward = run(kind, weights[0], x, present, kept[0], removal)
    backward = run(kind, weights[1], x[::-1], present[::-1], kept[1][::-1], removal)
    return forward, backward[::-1]


def log_softmax(logits):
    logits = logits - logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def margin(logits, column):
    """The logit of a label less the mean of all others."""
    return logits[column] - np.delete(logits, column).mean()


def removal_order(effects):
    """The turn of each unit of arrays `(examples, units)`: that goes next with which the mean
    square of all that is gone is least; widths in proportion to each other."""
    widths = [each.shape[1] for each in effects]
    turns = [{} for _ in effects]
    gone = np.zeros(len(effects[0]))
    for _ in range(sum(widths)):
        shares = [(len(done) + 1) / width for done, width in zip(turns, widths, strict=True)]
        place = int(np.argmin(shares))
        cost = {
            unit: np.mean((gone + effects[place][:, unit]) ** 2)
            for unit in range(widths[place])
            if unit not in turns[place]
        }
        unit = min(cost, key=cost.get)
        turns[place][unit] = len(turns[place])
        gone = gone + effects[place][:, unit]
    return [[done[unit] for unit in range(len(done))] for done in turns]


def tendency(values):
    """Mean of |h| of one unit without outliers."""
    values = [abs(v) for v in values]
    median = np.median(values)
    deviation = np.median([abs(v - median) for v in values])
    if deviation > 0:
        values = [v for v in values if abs(v - median) / deviation < 2]
    return sum(values) / len(values)
