import keras

from modzoo.applications.speech.losses import (
    CompressedSpectrumLoss,
    LogMagnitudeLoss,
    signal_to_distortion,
    spectral_closeness,
)
from modzoo.applications.speech.model import SpeechEnhancer


def build_model(settings, start=None):
    """The model that a recipe trains: one of the application's `ModelSettings`, or `start`, to be
    trained further."""
    if start is not None:
        return start
    return SpeechEnhancer(
        num_layers=settings.num_layers,
        width=settings.width,
        intermediate_dim=settings.intermediate_dim,
        num_heads=settings.num_heads,
        num_mechanisms=settings.num_mechanisms,
        plain_layers=settings.plain_indices,
        competition=settings.competition,
        channels=settings.channel_counts,
        attention_window=settings.attention_window,
        look_ahead=settings.look_ahead,
        target=settings.target,
        least_gain=settings.least_gain,
        noise_floor=settings.noise_floor,
        dropout=settings.dropout,
    )


def build_loss(settings):
    """The loss that `SpeechTrainingSettings` name."""
    if settings.loss == "log_magnitude":
        return LogMagnitudeLoss()
    return CompressedSpectrumLoss(settings.loss_power, settings.magnitude_weight)


def build_metrics():
    """By whose sum an epoch is chosen, both in decibels: where the loss hardly changes any more,
    SI-SDR goes with PESQ."""
    return [
        keras.metrics.MeanMetricWrapper(signal_to_distortion, name="si_sdr"),
        keras.metrics.MeanMetricWrapper(spectral_closeness, name="closeness"),
    ]


def adam(settings, steps):
    """AdamW: a warm-up, then a cosine to a fiftieth.

    Args:
        settings: `SpeechTrainingSettings`.
        steps: Integer, steps of an epoch.
    """
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(1, settings.epochs * steps - settings.warm_up),
        alpha=0.02,
        warmup_target=settings.learning_rate,
        warmup_steps=settings.warm_up,
    )
    return keras.optimizers.AdamW(rate, global_clipnorm=1.0)
