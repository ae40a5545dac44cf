from dataclasses import dataclass

from modzoo.applications.mechanism_settings import MechanismSettings
from modzoo.errors import CallError
from modzoo.training import Checked, TrainingSettings, setting

TARGETS, LOSSES = ("mask", "log_magnitude"), ("compressed", "log_magnitude")


@dataclass(frozen=True)
class ModelSettings(MechanismSettings):
    """What a trained model of speech has fixed."""

    plain_layers: tuple[str, ...] = setting(
        ("0",), "layers without mechanisms, counted from 0, or none"
    )
    width: int = setting(128, "width of the states")
    intermediate_dim: int = setting(256, "width of the feed-forward maps")
    channels: tuple[str, ...] = setting(
        ("128", "128", "128"), "widths of the convolutions before the last, which has --width"
    )
    attention_window: int = setting(64, "frames of 16 ms that a frame reads, itself among them")
    look_ahead: int = setting(2, "frames that the model waits for")
    target: str = setting("mask", f"what the model decides on: {' or '.join(TARGETS)}")
    least_gain: float = setting(0.1, "the least that a mask leaves")
    noise_floor: bool = setting(True, "the model reads nothing of the floor of the noise")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "intermediate_dim", "attention_window")
        self.require_at_least(0, "look_ahead")
        self.require_shares("least_gain")
        self.require_one_of(TARGETS, "target")
        if self.intermediate_dim % self.num_mechanisms:
            raise CallError(
                "--intermediate-dim must be divisible by --num-mechanisms; received "
                f"{self.intermediate_dim} and {self.num_mechanisms}."
            )
        if not all(c.isascii() and c.isdecimal() and int(c) for c in self.channels):
            raise CallError(
                "--channels must be positive integers, such as 128,128,128; received "
                f"{','.join(self.channels)!r}."
            )

    @property
    def channel_counts(self):
        """Widths of the convolutions before the last."""
        return tuple(map(int, self.channels))


@dataclass(frozen=True)
class SpeechTrainingSettings(TrainingSettings):
    """How a model of speech is trained, and what it is trained on."""

    epochs: int = setting(20, "most epochs to train")
    batch_size: int = setting(8, "mixtures a step")
    learning_rate: float = setting(1e-3, "step size of AdamW, after the warm-up")
    warm_up: int = setting(100, "steps until the step size is reached")
    patience: int = setting(5, "epochs without a better validation loss before training stops")
    loss: str = setting("compressed", f"distance of the spectra: {' or '.join(LOSSES)}")
    loss_power: float = setting(0.3, "power to which the compressed loss takes magnitudes")
    magnitude_weight: float = setting(0.7, "weight of magnitudes in it; the rest: complex values")
    seconds: float = setting(3.0, "length of a mixture")
    snr: tuple[str, ...] = setting(("-5", "20"), "least and greatest ratio of speech to noise, dB")
    level: float = setting(15.0, "dB by which a mixture is louder or softer, at most")
    speech_speed: tuple[str, ...] = setting(("0.9", "1.1"), "slowest and fastest speech, 1 as is")
    noise_speed: tuple[str, ...] = setting(("0.8", "1.25"), "slowest and fastest noise")
    equaliser: float = setting(12.0, "dB by which an octave of the noise is changed, at most")
    coloured: float = setting(0.3, "share of noises that are coloured, half of them modulated")
    babble: float = setting(0.15, "share of noises that are several voices of the clean sounds")
    second_noise: float = setting(0.3, "share of mixtures with a second noise")
    reverberation: float = setting(0.0, "share of mixtures in which speech is heard in a room")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "warm_up")
        self.require_at_least(0.1, "seconds")
        self.require_one_of(LOSSES, "loss")
        if not (0 < self.loss_power <= 1 and 0 <= self.magnitude_weight <= 1):
            raise CallError(
                "--loss-power must be above 0 and at most 1, --magnitude-weight from 0 to 1; "
                f"received {self.loss_power} and {self.magnitude_weight}."
            )
        self.mixture_options()

    def mixture_options(self):
        """`MixtureOptions`: how speech and noise are mixed for training."""
        from modzoo.data.mixture_drawing import MixtureOptions

        ranges = {name: self._range(name) for name in ("snr", "speech_speed", "noise_speed")}
        names = ("level", "equaliser", "coloured", "babble", "second_noise", "reverberation")
        return MixtureOptions(**ranges, **{name: getattr(self, name) for name in names})

    def _range(self, name):
        values = getattr(self, name)
        try:
            least, most = map(float, values)
        except ValueError:
            raise CallError(
                f"--{name.replace('_', '-')} must be two numbers, such as -5,20; received "
                f"{','.join(values)!r}."
            ) from None
        return least, most


@dataclass(frozen=True)
class Options(Checked):
    """What is shown of a sound."""

    clean: str | None = setting(None, "the clean sound in it, to be compared", is_path=True)
    start: float = setting(0.0, "seconds into the sound at which what is explained begins")
    seconds: float = setting(6.0, "how much is explained")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(0, "start")
        self.require_at_least(0.1, "seconds")
        if self.seconds > 60:
            raise CallError(f"--seconds must be at most 60, received {self.seconds:g}.")
