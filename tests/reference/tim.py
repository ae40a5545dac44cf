"""A layer of Transformers with independent mechanisms in float64: algorithm 1 of the paper.

One example, one mechanism, one position at a time. `weights` maps `"part/name"` to an array
whose first axis is the mechanism; the maps to queries, keys and values stand side by side, in
this order. Where the algorithm is silent: biases everywhere, norms over the features of one
mechanism, a position that may read nothing reads zeros.
"""

import math

import numpy as np


def softmax(values):
    exponentials = [math.exp(v - max(values)) for v in values]
    return [e / sum(exponentials) for e in exponentials]


def relu(x):
    return np.maximum(x, 0.0)


class Layer:
    def __init__(
        self,
        weights,
        num_mechanisms,
        num_heads,
        communication_num_heads=2,
        competition=True,
        communication=True,
        normalize_first=False,
        activation=relu,
        epsilon=1e-6,
        disabled=(),
        distance_bias=False,
    ):
        self.weights = weights
        self.mechanisms = range(num_mechanisms)
        self.heads = num_heads // num_mechanisms
        self.communication_heads = communication_num_heads
        self.has_competition = competition
        self.has_communication = communication
        self.normalize_first = normalize_first
        self.activation = activation
        self.epsilon = epsilon
        self.disabled = disabled
        self.distance_bias = distance_bias

    def __call__(self, inputs, mask=None, encoder=None, encoder_mask=None):
        """Outputs `[batch, time, width]` and competition `[batch, time, mechanism]`.

        `mask[b, i, j]`: whether position i may read j; `encoder_mask` likewise.
        """
        results = []
        for b, example in enumerate(inputs):
            results.append(
                self.example(
                    example,
                    None if mask is None else mask[b],
                    None if encoder is None else encoder[b],
                    None if encoder_mask is None else encoder_mask[b],
                )
            )
        outputs, competitions = zip(*results, strict=True)
        return np.stack(outputs), np.stack(competitions)

    def example(self, example, mask, encoder, encoder_mask):
        n = len(self.mechanisms)
        start = h = np.split(example, n, axis=-1)  # h[s][t]: mechanism s at position t
        c = self.competition(h)
        h = self.residual(
            h, lambda x: self.attention("self_attention", x, x, mask), "self_attention_norm", c
        )
        if encoder is not None:
            source = np.split(encoder, n, axis=-1)
            h = self.residual(
                h,
                lambda x: self.attention("cross_attention", x, source, encoder_mask),
                "cross_attention_norm",
            )
        if self.has_communication:
            h = self.residual(h, self.communication, "communication_norm")
        h = self.residual(h, self.feed_forward, "feedforward_norm")
        h = [start[s] if s in self.disabled else h[s] for s in self.mechanisms]
        return np.concatenate(h, axis=-1), c

    def residual(self, h, sublayer, norm, c=None):
        """norm(h + c * M(h)), or with the norm first, h + c * M(norm(h))."""
        read = sublayer(
            [self.norm(norm, s, h[s]) for s in self.mechanisms] if self.normalize_first else h
        )
        added = [h[s] + (1.0 if c is None else c[:, s : s + 1]) * read[s] for s in self.mechanisms]
        if self.normalize_first:
            return added
        return [self.norm(norm, s, added[s]) for s in self.mechanisms]

    def norm(self, name, s, x):
        """Of each position by itself; scale and offset of all mechanisms stand in a row."""
        width = x.shape[-1]
        gamma, beta = (
            self.weights[f"{name}/{w}"][s * width : (s + 1) * width] for w in ("gamma", "beta")
        )
        rows = []
        for row in x:
            mean = sum(row) / width
            variance = sum((v - mean) ** 2 for v in row) / width
            rows.append((row - mean) / math.sqrt(variance + self.epsilon) * gamma + beta)
        return np.stack(rows)

    def competition(self, h):
        """Step 1."""
        time = len(h[0])
        c = np.zeros((time, len(self.mechanisms)))
        able = [s for s in self.mechanisms if s not in self.disabled]
        if not self.has_competition:
            c[:, able] = 1.0
            return c
        kernel, bias = self.weights["score/kernel"], self.weights["score/bias"]
        for t in range(time):
            c[t, able] = softmax([h[s][t] @ kernel[s, :, 0] + bias[s] for s in able])
        return c

    def attention(self, name, h, source, mask):
        """Step 2: over positions, in each mechanism by itself."""
        read = []
        for s in self.mechanisms:
            if name == "self_attention":
                kernel, bias = self.weights[f"{name}/kernel"][s], self.weights[f"{name}/bias"][s]
                query, key, value = np.split(h[s] @ kernel + bias, 3, axis=-1)
            else:
                kernel, bias = (self.weights[f"{name}/query_{w}"][s] for w in ("kernel", "bias"))
                query = h[s] @ kernel + bias
                kernel, bias = (self.weights[f"{name}/source_{w}"][s] for w in ("kernel", "bias"))
                key, value = np.split(source[s] @ kernel + bias, 2, axis=-1)
            heads = [np.split(part, self.heads, axis=-1) for part in (query, key, value)]
            slopes = [2 ** (-8 * (k + 1) / self.heads) for k in range(self.heads)]
            if name != "self_attention" or not self.distance_bias:
                slopes = [0.0] * self.heads
            joined = np.concatenate(
                [self.head(*parts, mask) for parts in zip(*heads, slopes, strict=True)], axis=-1
            )
            read.append(
                joined @ self.weights[f"{name}/output_kernel"][s]
                + self.weights[f"{name}/output_bias"][s]
            )
        return read

    def head(self, query, key, value, slope, mask):
        """A slope is what a step of distance takes from a score (ALiBi)."""
        read = np.zeros((len(query), value.shape[-1]))
        for i in range(len(query)):
            seen = [j for j in range(len(key)) if mask is None or mask[i, j]]
            if seen:
                scores = [
                    query[i] @ key[j] / math.sqrt(query.shape[-1]) - slope * abs(i - j)
                    for j in seen
                ]
                read[i] = sum(a * value[j] for a, j in zip(softmax(scores), seen, strict=True))
        return read

    def communication(self, h):
        """Step 3: over mechanisms, at each position by itself."""
        parts = "kernel", "bias", "output_kernel", "output_bias"
        kernel, bias, out, out_bias = (self.weights[f"communication/{w}"] for w in parts)
        read = [np.zeros_like(x) for x in h]
        seen = [s for s in self.mechanisms if s not in self.disabled]
        for t in range(len(h[0])):
            qkv = [np.split(h[s][t] @ kernel[s] + bias[s, 0], 3) for s in self.mechanisms]
            for i in self.mechanisms:
                joined = []
                for head in range(self.communication_heads):
                    query, key, value = (
                        [np.split(x[part], self.communication_heads)[head] for x in qkv]
                        for part in range(3)
                    )
                    scores = [query[i] @ key[j] / math.sqrt(len(query[i])) for j in seen]
                    weights = softmax(scores)
                    joined.append(sum(a * value[j] for a, j in zip(weights, seen, strict=True)))
                read[i][t] = np.concatenate(joined) @ out[i] + out_bias[i, 0]
        return read

    def feed_forward(self, h):
        """Step 4."""
        for part in ("feedforward_intermediate", "feedforward_output"):
            kernel, bias = self.weights[f"{part}/kernel"], self.weights[f"{part}/bias"]
            biases = np.split(bias, len(self.mechanisms))
            h = [h[s] @ kernel[s] + biases[s] for s in self.mechanisms]
            if part == "feedforward_intermediate":
                h = [self.activation(x) for x in h]
        return h
