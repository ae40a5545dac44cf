"""Settings of models over `modzoo.layers.MultiTaskRNN`, and of how their routes are trained."""

from dataclasses import dataclass

from modzoo.errors import CallError
from modzoo.layers.multi_task_names import ROUTED, ROUTINGS, SHARINGS
from modzoo.training import BaseModelSettings, TrainingSettings, setting


@dataclass(frozen=True)
class RoutedModelSettings(BaseModelSettings):
    """What such a model has fixed. Applications set `base` and check it by their base models."""

    base: str = setting("ns_mtl", "base model")
    sharing: str = setting("mt_rmn", f"how tasks share: {', '.join(SHARINGS)}")
    routing: str = setting("learned", "routes: learned; or, as controls, all or random ones open")
    num_cells: int = setting(3, "cells of the shared encoder")
    num_layers: int = setting(3, "layers of the shared encoder, with that of the cells")
    num_modules: int = setting(3, "sub-encoders in each of the other layers")
    sparsity_weight: float = setting(0.01, "weight of the penalty on open routes")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "num_cells", "num_modules")
        self.require_at_least(2, "num_layers")
        self.require_at_least(0, "sparsity_weight")
        self.require_one_of(SHARINGS, "sharing")
        self.require_one_of(ROUTINGS, "routing")
        if self.routing != "learned" and self.sharing not in ROUTED:
            raise CallError(
                f"--routing is for --sharing {' and '.join(ROUTED)}, which have routes; received "
                f"{self.routing} with {self.sharing}."
            )

    def multi_task_options(self):
        """The arguments of `MultiTaskRNN` that have the names of these settings."""
        names = ("base", "sharing", "routing", "num_cells", "num_layers", "num_modules")
        return {name: getattr(self, name) for name in (*names, "sparsity_weight")}


@dataclass(frozen=True)
class CoolingSettings(TrainingSettings):
    """How routers cool: what `modzoo.training.TemperatureSchedule` reads."""

    temperature: float = setting(5.0, "the routers' temperature in the first epoch")
    cooling: float = setting(0.9, "what each epoch multiplies it by, down to 0.5")

    def __post_init__(self):
        super().__post_init__()
        if not (self.temperature > 0 and 0 < self.cooling <= 1):
            raise CallError(
                "--temperature must be above 0, and --cooling in (0, 1]; received "
                f"{self.temperature} and {self.cooling}."
            )
