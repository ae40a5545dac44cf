"""Which mechanism took part in which frame, how surely, and whether layers agree."""

import numpy as np

PERCENTILES = (10, 25, 50, 75, 90)


def competition(model, waveform):
    """The competition at every frame of a sound, and the sound enhanced.

    Args:
        model: `SpeechEnhancer`.
        waveform: Float32 `(samples,)`.

    Returns:
        Float32 `(layers, frames, num_mechanisms)`, for each of `model.mechanism_layers`, of sum 1
        over the mechanisms, a frame beginning every 256 samples; and `(samples,)`.
    """
    if not model.mechanism_layers:
        y = np.asarray(model.predict_on_batch(waveform[None]))[0]
        return np.zeros((0, 0, model.num_mechanisms), "float32"), y
    outputs = model.decisions_model().predict_on_batch(waveform[None])
    layers = np.stack([np.asarray(c, "float32")[0] for c in outputs["competition"]])
    return layers[:, model.options["look_ahead"] :], np.asarray(outputs["waveform"])[0]


def entropies(c):
    """Entropy of the competition in bits at each frame, `(layers, frames)`."""
    c = np.clip(np.asarray(c, "float64"), 1e-12, 1)
    return -(c * np.log2(c)).sum(-1)


def correlations(c):
    """Pearson correlation of the share of mechanism 0 over the frames, between every two layers,
    `(layers, layers)`; 0 where a share does not change."""
    shares = np.asarray(c, "float64")[..., 0]
    shares = shares - shares.mean(axis=1, keepdims=True)
    lengths = np.sqrt((shares**2).sum(axis=1))
    scale = np.outer(lengths, lengths)
    return np.divide(shares @ shares.T, scale, out=np.zeros_like(scale), where=scale > 1e-12)
