"""Settings of models over `modzoo.layers.TIMEncoder`."""

from dataclasses import dataclass

from modzoo.errors import CallError
from modzoo.training import BaseModelSettings, setting


@dataclass(frozen=True)
class MechanismSettings(BaseModelSettings):
    """What the encoder of such a model has fixed. Applications set defaults of their own."""

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
        self.require_at_least(1, "num_layers", "width", "num_heads", "num_mechanisms")
        self.require_shares("dropout")
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
