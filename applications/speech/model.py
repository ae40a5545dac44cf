import keras
import keras_hub

from modzoo.applications.speech.network import EnhancementNetwork
from modzoo.applications.speech.settings import TARGETS
from modzoo.training import FromPreset


@keras.saving.register_keras_serializable(package="modzoo")
class SpeechEnhancer(FromPreset, keras_hub.models.Backbone):
    """Takes the noise out of speech as it comes in, by mechanisms that compete at every frame.

    Spectra of 32 ms every 16 ms go through four causal convolutions and a causal `TIMEncoder`
    that reads `look_ahead` frames ahead and as far back as its window, and decides on the gain of
    each frequency; the phase stays that of the noisy speech. With `num_mechanisms=1` it is an
    ordinary Transformer, the baseline of the paper.

    Args:
        num_layers: Integer, layers of the encoder.
        width: Integer, width of the states, and of the last convolution.
        intermediate_dim: Integer, width of the feed-forward maps.
        num_heads: Integer, heads of the attention over the frames.
        num_mechanisms: Integer, number of mechanisms (the paper's `n_s`); 1: none.
        plain_layers: Layers that are ordinary, as `TIMEncoder`'s.
        competition: Whether the mechanisms compete.
        channels: Integers, widths of the convolutions before the last.
        attention_window: Integer, how many frames a frame reads, itself among them.
        look_ahead: Integer, frames of 16 ms that the network waits for.
        target: `"mask"`: gains between `least_gain` and 1; `"log_magnitude"`: the logarithms of
            the clean magnitudes themselves, as in the paper.
        least_gain: Float in `[0, 1)`, the least that a mask leaves.
        noise_floor: Whether the network also reads how far each frequency is above its mean and
            above the floor of the noise, and a mask begins with a gate on the latter.
        dropout: Float in `[0, 1)`, as `TIMBlock`'s.
        disabled: Mechanisms that are switched off, as `TIMEncoder`'s.
        dtype: Policy of computations and weights; spectra are of float32 always.

    Inputs: float32 waveform at 16 kHz in `[-1, 1]`, `(batch, samples)`, any number of samples.
        Memory grows with its square: for more than a minute or two use `enhance(model.stream(),
        pieces)`, as `predict` does.
    Outputs: the enhanced waveform, float32 of the same shape; so `fit(noisy, clean)`.

    Raises:
        ValueError: If `target` is none of the two, or an argument is wrong for a `TIMEncoder`.

    Example:

    >>> model = SpeechEnhancer(num_layers=2, width=16, intermediate_dim=32, channels=(16,))
    >>> model(np.zeros((1, 1000), "float32")).shape
    (1, 1000)

    Reference:
    - [Lamb et al., 2021, Transformers with Competitive Ensembles of Independent
      Mechanisms](https://arxiv.org/abs/2103.00336), section 4.2 and appendix A.2
    """

    def __init__(
        self,
        num_layers=6,
        width=128,
        intermediate_dim=256,
        num_heads=4,
        num_mechanisms=2,
        plain_layers=(0,),
        competition=True,
        channels=(128, 128, 128),
        attention_window=64,
        look_ahead=2,
        target="mask",
        least_gain=0.1,
        noise_floor=True,
        dropout=0.0,
        disabled=(),
        dtype=None,
        **kwargs,
    ):
        if target not in TARGETS or not 0 <= least_gain < 1 or look_ahead < 0:
            raise ValueError(
                f"`target` must be one of {', '.join(TARGETS)}, `least_gain` in [0, 1) and "
                f"`look_ahead` at least 0. Received: target={target!r}, least_gain={least_gain}, "
                f"look_ahead={look_ahead}."
            )
        options = {
            "num_layers": num_layers,
            "width": width,
            "intermediate_dim": intermediate_dim,
            "num_heads": num_heads,
            "num_mechanisms": num_mechanisms,
            "plain_layers": tuple(plain_layers),
            "competition": competition,
            "channels": tuple(channels),
            "attention_window": attention_window,
            "look_ahead": look_ahead,
            "target": target,
            "least_gain": least_gain,
            "noise_floor": noise_floor,
            "dropout": dropout,
        }

        # === Layers ===
        self.network = EnhancementNetwork(**options, disabled=disabled, dtype=dtype, name="network")

        # === Functional model ===
        waveform = keras.Input((None,), dtype="float32", name="waveform")
        outputs = self.network(waveform)
        super().__init__(inputs=waveform, outputs=outputs["waveform"], dtype=dtype, **kwargs)

        # === Config ===
        self.options = options
        self._competition = outputs.get("competition", [])

    @property
    def encoder(self):
        """The `TIMEncoder` in the network."""
        return self.network.encoder

    @property
    def num_mechanisms(self):
        return self.options["num_mechanisms"]

    @property
    def mechanism_layers(self):
        """Indices of the layers of competing mechanisms."""
        return self.encoder.mechanism_layers

    @property
    def competes(self):
        """Whether there are mechanisms that compete."""
        return bool(self.mechanism_layers) and self.options["competition"]

    def decisions_model(self):
        """A model of the same weights that returns the waveform and the competition.

        Its outputs are those of `EnhancementNetwork`; there must be layers of mechanisms.
        """
        competition = list(self._competition)  # without Keras' wrapper, which JAX cannot return
        return keras.Model(self.input, {"waveform": self.output, "competition": competition})

    def stream(self, batch_size=1):
        """Enhances sound as it comes in; see `modzoo.applications.speech.Stream`."""
        from modzoo.applications.speech.streaming import Stream

        return Stream(self, batch_size)

    def get_config(self):
        disabled = [list(m) if isinstance(m, tuple) else m for m in self.encoder.disabled]
        return {**super().get_config(), **self.options, "disabled": disabled}
