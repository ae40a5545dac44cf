from dataclasses import dataclass

from modzoo.errors import CallError
from modzoo.training import TrainingSettings, setting


@dataclass(frozen=True)
class ImageSettings(TrainingSettings):
    """What the image recipes have in common."""

    epochs: int = setting(30, "epochs to train")
    batch_size: int = setting(24, "pictures a step")
    learning_rate: float = setting(3e-3, "step size of Adam, after an epoch of warm-up")
    patience: int = setting(5, "epochs without a better validation figure before training stops")
    side: int = setting(14, "pixels to which each side of a picture is made smaller", of="model")
    colors: int = setting(16, "colours of the codebook", of="model")
    layers: int = setting(6, "layers", of="model")
    plain_layers: tuple[str, ...] = setting(
        ("0", "1", "-1"), "layers without mechanisms, counted from 0, or none", of="model"
    )
    width: int = setting(80, "width of the states", of="model")
    heads: int = setting(4, "heads of the attention", of="model")
    mechanisms: int = setting(2, "mechanisms; 1: an ordinary Transformer", of="model")
    no_competition: bool = setting(False, "mechanisms do not compete", of="model")
    dropout: float = setting(0.0, "dropout of maps and attention", of="model")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "layers", "width", "heads", "mechanisms", "side")
        self.require_at_least(2, "colors")
        self.require_shares("dropout")
        if self.colors > 512:
            raise CallError(f"--colors must be at most 512, received {self.colors}.")
        if self.width % self.heads or self.heads % self.mechanisms:
            raise CallError(
                "--width must divide by --heads, and --heads by --mechanisms; received "
                f"{self.width}, {self.heads} and {self.mechanisms}."
            )
        if any(not -self.layers <= i < self.layers for i in self.plain_indices):
            raise CallError(
                f"--plain-layers must name some of {self.layers} layers, received "
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
