import dataclasses
from dataclasses import dataclass

from modzoo.errors import CallError
from modzoo.training import BaseModelSettings, Checked, TrainingSettings, setting


@dataclass(frozen=True)
class ModelSettings(BaseModelSettings):
    """What a trained model of pictures has fixed."""

    resolution: int = setting(14, "pixels to which each side of a picture is made smaller")
    num_colors: int = setting(16, "colours of the codebook")
    num_layers: int = setting(6, "layers")
    plain_layers: tuple[str, ...] = setting(
        ("0", "1", "-1"), "layers without mechanisms, counted from 0, or none"
    )
    width: int = setting(80, "width of the states")
    num_heads: int = setting(4, "heads of the attention")
    num_mechanisms: int = setting(2, "mechanisms; 1: an ordinary Transformer")
    competition: bool = setting(True, "mechanisms do not compete")
    dropout: float = setting(0.0, "dropout of maps and attention")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "num_layers", "width", "num_heads", "num_mechanisms", "resolution")
        self.require_at_least(2, "num_colors")
        self.require_shares("dropout")
        if self.num_colors > 512:
            raise CallError(f"--num-colors must be at most 512, received {self.num_colors}.")
        if self.width % self.num_heads or self.num_heads % self.num_mechanisms:
            raise CallError(
                "--width must be divisible by --num-heads, and --num-heads by --num-mechanisms; "
                f"received {self.width}, {self.num_heads} and {self.num_mechanisms}."
            )
        if any(not -self.num_layers <= i < self.num_layers for i in self.plain_indices):
            raise CallError(
                f"--plain-layers must name some of {self.num_layers} layers, received "
                f"{','.join(self.plain_layers)}."
            )

    @property
    def plain_indices(self):
        """Indices of the layers without mechanisms."""
        if self.plain_layers == ("none",):
            return ()
        try:
            return tuple(int(index) for index in self.plain_layers)
        except ValueError:
            raise CallError(
                "--plain-layers must be numbers of layers, such as 0,1,-1, or none; received "
                f"{','.join(self.plain_layers)!r}."
            ) from None


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
