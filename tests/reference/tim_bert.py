"""TIM-BERT in float64: one text, one place, one logit at a time.

    h     = norm(E[token] + P[place]), read by layers as in `tests.reference.tim`
    logit = norm(act(h W + b)) . E[token] + o[token], at a masked place       (Devlin et al., 2019)
    label = mean of h over the text's places, or h of the first one, times W, + b
    score = the middle of the range + half of its width times that
    loss  = the mean of -log softmax(logits)[token] over what is masked
    rate  = peak min((s + 1) / (w + 1), (S - s) / (d (S - w)), 1) at step s of S, w of warm-up and a
            share d of the others of decay; 0 from S on

A place of padding is read by none, and is in no mean.
"""

import math

import numpy as np

from tests.reference.tim import relu, softmax


def norm(x, gamma, beta, epsilon=1e-6):
    mean = sum(x) / len(x)
    variance = sum((value - mean) ** 2 for value in x) / len(x)
    return (np.asarray(x) - mean) / math.sqrt(variance + epsilon) * gamma + beta


def states(ids, mask, embeddings, places, gamma, beta, layers, last_norm=None):
    """States `[batch][time][width]`, and the competition of the layers of several mechanisms,
    `[layer][batch][time][mechanism]`; `last_norm` is its gamma and beta, if there is one."""
    h = np.array(
        [
            [norm(embeddings[token] + places[t], gamma, beta) for t, token in enumerate(row)]
            for row in ids
        ]
    )
    may_read = np.array([[there for _ in there] for there in mask])
    competition = []
    for layer in layers:
        h, c = layer(h, may_read)
        if len(layer.mechanisms) > 1:
            competition.append(c)
    if last_norm is not None:
        h = np.array([[norm(x, *last_norm) for x in text] for text in h])
    return h, competition


def masked_logits(h, places, head, embeddings, activation=relu):
    """Logits `[batch][mask][token]` of states at the masked places."""
    logits = []
    for of_text, masked in zip(h, places, strict=True):
        logits.append([])
        for place in masked:
            x = activation(
                of_text[place] @ head["intermediate_dense/kernel"] + head["intermediate_dense/bias"]
            )
            x = norm(x, head["intermediate_layer_norm/gamma"], head["intermediate_layer_norm/beta"])
            logits[-1].append([x @ embeddings[i] + o for i, o in enumerate(head["output_bias"])])
    return np.array(logits)


def judged(h, mask, kernel, bias, pooling="mean", scores=None):
    """Logits `[batch][class]`, or scores `[batch][1]`."""
    outputs = []
    for of_text, there in zip(h, mask, strict=True):
        kept = [state for state, is_there in zip(of_text, there, strict=True) if is_there]
        pooled = kept[0] if pooling == "first" else sum(kept) / len(kept)
        outputs.append(pooled @ kernel + bias)
    if scores is None:
        return np.array(outputs)
    least, most = scores
    return np.array([(least + most) / 2 + (most - least) / 2 * output for output in outputs])


def loss(logits, tokens, weights):
    total = count = 0.0
    for row, wanted, kept in zip(logits, tokens, weights, strict=True):
        for values, token, weight in zip(row, wanted, kept, strict=True):
            total -= weight * math.log(softmax(list(values))[token])
            count += weight
    return total / count


def rate(step, peak, steps, warm_up, decay=1.0):
    if step >= steps:
        return 0.0
    if step < warm_up:
        return peak * (step + 1) / (warm_up + 1)
    start = steps - decay * (steps - warm_up)
    return peak if step <= start else peak * (steps - step) / (steps - start)
