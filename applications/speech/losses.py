import keras
from keras import ops

from modzoo.applications.speech.spectrum import level, magnitude, spectrum_of

LEAST_POWER = 1e-8  # of a whole sound


@keras.saving.register_keras_serializable(package="modzoo")
class CompressedSpectrumLoss(keras.losses.Loss):
    """Distance of compressed spectra of two waveforms: of magnitudes, and of complex values.

        w mean (|Y|^p - |X|^p)^2 + (1 - w) mean | |Y|^p Y/|Y| - |X|^p X/|X| |^2

    over frames and frequencies of `modzoo.applications.speech.spectrum_of`.

    Args:
        power: Float in `(0, 1]`, the `p`: the less, the more weak frequencies count.
        magnitude_weight: Float in `[0, 1]`, the `w`.

    Both waveforms are `(batch, samples)`.

    Reference:
    - [Braun and Tashev, 2021, A consolidated view of loss functions for supervised deep
      learning-based speech enhancement](https://arxiv.org/abs/2009.12286), equation 11
    """

    def __init__(self, power=0.3, magnitude_weight=0.7, name="compressed_spectrum", **kwargs):
        super().__init__(name=name, **kwargs)
        if not 0 < power <= 1 or not 0 <= magnitude_weight <= 1:
            raise ValueError(
                "`power` must be in (0, 1] and `magnitude_weight` in [0, 1]. Received: "
                f"power={power}, magnitude_weight={magnitude_weight}."
            )
        self.power = power
        self.magnitude_weight = magnitude_weight

    def call(self, y_true, y_pred):
        (true, *true_parts), (predicted, *parts) = map(self._compressed, (y_true, y_pred))
        of_magnitudes = ops.square(true - predicted)
        of_values = sum(ops.square(a - b) for a, b in zip(true_parts, parts, strict=True))
        w = self.magnitude_weight
        return ops.mean(w * of_magnitudes + (1 - w) * of_values, axis=(1, 2))

    def _compressed(self, waveform):
        real, imaginary = spectrum_of(ops.cast(waveform, "float32"))
        size = magnitude(real, imaginary, least=1e-4)
        scale = size ** (self.power - 1)
        return scale * size, scale * real, scale * imaginary

    def get_config(self):
        return {
            **super().get_config(),
            "power": self.power,
            "magnitude_weight": self.magnitude_weight,
        }


@keras.saving.register_keras_serializable(package="modzoo")
class LogMagnitudeLoss(keras.losses.Loss):
    """Mean square of the difference of log-magnitudes of two waveforms, `(batch, samples)`: the
    paper's loss."""

    def __init__(self, name="log_magnitude", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        true, predicted = (
            level(magnitude(*spectrum_of(ops.cast(y, "float32")))) for y in (y_true, y_pred)
        )
        return ops.mean(ops.square(true - predicted), axis=(1, 2))


@keras.saving.register_keras_serializable(package="modzoo")
def signal_to_distortion(y_true, y_pred):
    """The scale-invariant ratio of signal to distortion, decibels `(batch,)`, of waveforms `(batch,
    samples)`; as `modzoo.applications.speech.figures.si_sdr`, for a training's progress."""
    clean, sound = (ops.cast(y, "float32") for y in (y_true, y_pred))
    scale = _dot(clean, sound) / ops.maximum(_dot(clean, clean), LEAST_POWER)
    signal = ops.square(scale) * _dot(clean, clean)
    error = sound - scale[:, None] * clean
    ratio = ops.maximum(signal, LEAST_POWER) / ops.maximum(_dot(error, error), LEAST_POWER)
    return 10 * ops.log10(ratio)


@keras.saving.register_keras_serializable(package="modzoo")
def spectral_closeness(y_true, y_pred):
    """How small the default `CompressedSpectrumLoss` is: decibels below 1, `(batch,)`."""
    return -10 * ops.log10(ops.maximum(CompressedSpectrumLoss().call(y_true, y_pred), 1e-9))


def _dot(a, b):
    return ops.sum(a * b, axis=-1)
