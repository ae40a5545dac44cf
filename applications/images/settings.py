import dataclasses
from dataclasses import dataclass

from modzoo.applications.mechanism_settings import MechanismSettings
from modzoo.errors import CallError
from modzoo.training import Checked, TrainingSettings, setting


@dataclass(frozen=True)
class ModelSettings(MechanismSettings):
    """What a trained model of pictures has fixed."""

    resolution: int = setting(14, "pixels to which each side of a picture is made smaller")
    num_colors: int = setting(16, "colours of the codebook")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "resolution")
        self.require_at_least(2, "num_colors")
        if self.num_colors > 512:
            raise CallError(f"--num-colors must be at most 512, received {self.num_colors}.")


@dataclass(frozen=True)
class ImageTrainingSettings(TrainingSettings):
    """How minGPT, and so the paper, trains."""

    epochs: int = setting(30, "epochs to train")
    batch_size: int = setting(24, "pictures a step")
    learning_rate: float = setting(3e-3, "step size of Adam, after an epoch of warm-up")
    patience: int = setting(5, "epochs without a better validation figure before training stops")


@dataclass(frozen=True)
class Options(Checked):
    """How pictures are generated."""

    num_samples: int | None = setting(
        None, "pictures to generate, or completions of each FILE (16; 6 to explain)"
    )
    temperature: float = setting(1.0, "by what the logits are divided; 0: the likeliest colour")
    seed: int = setting(0, "seed of what is generated")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "num_samples")
        self.require_at_least(0, "temperature", "seed")

    def samples(self, otherwise):
        """These options, with `otherwise` samples where their number is left open."""
        number = self.num_samples or otherwise
        return dataclasses.replace(self, num_samples=number)
