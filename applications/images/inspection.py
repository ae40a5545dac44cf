"""Which mechanism made which pixels: the competition, and how it tells the sides apart."""

import keras
import numpy as np


def competition(model, codes, batch_size=32, decisions=None):
    """The competition at every pixel of pictures that are there.

    Args:
        model: `ImageTransformer`.
        codes: Integers `(pictures, height, width)`.
        batch_size: Integer.
        decisions: What `model.decisions_model()` returned, to be used again.

    Returns:
        Float32 `(layers, pictures, height, width, num_mechanisms)`, for each of
        `model.mechanism_layers`, of sum 1 over the mechanisms; 1 throughout, if they do not
        compete.
    """
    if not model.mechanism_layers:
        return np.zeros((0, *codes.shape, model.num_mechanisms), "float32")
    decisions = decisions or model.decisions_model()
    layers = [[] for _ in model.mechanism_layers]
    for start in range(0, len(codes), batch_size):
        batch = codes[start : start + batch_size]
        outputs = decisions.predict_on_batch(batch.reshape(len(batch), -1))
        for rows, c in zip(layers, outputs["competition"], strict=True):
            c = np.asarray(c, "float32")[: len(batch)]  # each device of TensorFlow predicts all
            rows.append(c.reshape(*batch.shape, -1))
    return np.stack([np.concatenate(rows) for rows in layers])


def between_sides(c, num_sides=2):
    """Share of the competition's variance that is between the sides of the pictures.

    Of the variance of each mechanism's `c` over all pixels of all pictures, the part that is
    left if each side is replaced by its mean; 0 where the sides look alike, 1 where a side has
    one value throughout (figure 2 of the paper shows its like).

    Args:
        c: `(layers, pictures, height, width, num_mechanisms)`.
        num_sides: Integer, how many stand side by side, of equal width.

    Returns:
        For each layer a float in `[0, 1]`.
    """
    sides = np.stack(np.split(np.asarray(c, "float64"), num_sides, axis=3), axis=1)
    means = sides.mean(axis=(2, 3, 4))  # (layers, sides, mechanisms)
    between = means.var(axis=1).sum(-1)
    whole = sides.var(axis=(1, 2, 3, 4)).sum(-1)
    return np.divide(between, whole, out=np.zeros_like(whole), where=whole > 0)


class SidesRecorder(keras.callbacks.Callback):
    """Adds `between_sides` of each layer, on pictures given, to what an epoch reports.

    Must stand before the callback that records the epoch. Where a model has one side alone, or
    no mechanisms that compete, it adds nothing.

    Attributes:
        before: What there was to report before the first epoch, `{name: share}`.
    """

    def __init__(self, model, codes):
        super().__init__()
        self.codes = codes
        competes = bool(model.mechanism_layers) and model.competition
        self.decisions = model.decisions_model() if competes and len(model.sides) > 1 else None
        self.before = self._shares(model)

    def on_epoch_end(self, epoch, logs=None):
        if keras.backend.backend() == "jax":
            self.model.jax_state_sync()
        logs.update(self._shares(self.model))

    def _shares(self, model):
        if self.decisions is None:
            return {}
        return named_shares(model, self.codes, self.decisions)


def named_shares(model, codes, decisions=None):
    """`{"between_sides_<layer>": share}` on pictures `(pictures, height, width)`."""
    shares = between_sides(competition(model, codes, decisions=decisions), len(model.sides))
    layers = model.mechanism_layers
    return {f"between_sides_{i}": float(share) for i, share in zip(layers, shares, strict=True)}
