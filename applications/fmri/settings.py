from dataclasses import dataclass

from modzoo.errors import CallError
from modzoo.layers.multi_task_names import BASES, ROUTED, SHARINGS
from modzoo.training import BaseModelSettings, Checked, TrainingSettings, setting

READOUTS = ("conditions", "mean", "last")
ROUTINGS = ("learned", "all", "random")


@dataclass(frozen=True)
class ModelSettings(BaseModelSettings):
    """What a trained model of series has fixed."""

    base: str = setting("ns_mtl", f"base model: {', '.join(BASES)}")
    sharing: str = setting("mt_rmn", f"how tasks share: {', '.join(SHARINGS)}")
    routing: str = setting("learned", "routes: learned; or, as controls, all or random ones open")
    units: int = setting(16, "width of each LSTM of the base model")
    sharing_units: int | None = setting(None, "width of cells and sub-encoders (--units)")
    num_cells: int = setting(3, "cells of the shared encoder")
    num_layers: int = setting(3, "layers of the shared encoder, with that of the cells")
    num_modules: int = setting(3, "sub-encoders in each of the other layers")
    readout: str = setting(
        "conditions", "what is classified: the mean at the conditions' ends, the mean or the last"
    )
    num_conditions: int = setting(7, "conditions of equal length that a series goes through")
    components: int | None = setting(None, "whitened components of the features (scaled alone)")
    dropout: float = setting(0.0, "dropout of what is classified")
    noise: float = setting(0.0, "deviation of the noise on scaled features in training")
    sparsity_weight: float = setting(0.01, "weight of the penalty on open routes")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "units", "sharing_units", "num_cells", "num_modules")
        self.require_at_least(1, "num_conditions", "components")
        self.require_at_least(2, "num_layers")
        self.require_at_least(0, "noise", "sparsity_weight")
        self.require_shares("dropout")
        self.require_one_of(BASES, "base")
        self.require_one_of(SHARINGS, "sharing")
        self.require_one_of(READOUTS, "readout")
        self.require_one_of(ROUTINGS, "routing")
        if self.base == "sluice" and self.units % 2:
            raise CallError(f"--units must be even for --base sluice, received {self.units}.")
        if self.routing != "learned" and self.base == "rrn":
            raise CallError("--routing is for the routes of --sharing; --base rrn has its own.")
        if self.routing != "learned" and self.sharing not in ROUTED:
            raise CallError(
                "--routing is for --sharing mt_rmn and rrn_rmn, which have routes; received "
                f"{self.routing} with {self.sharing}."
            )


@dataclass(frozen=True)
class FmriTrainingSettings(TrainingSettings):
    """How models of series are trained, and how often."""

    epochs: int = setting(30, "epochs to train")
    learning_rate: float = setting(3e-3, "step size of Adam, which falls to a tenth")
    weight_decay: float = setting(0.0, "decay of the weights")
    temperature: float = setting(5.0, "the routers' temperature in the first epoch")
    cooling: float = setting(0.9, "what each epoch multiplies it by, down to 0.5")
    patience: int = setting(10, "epochs without a lower validation loss before training stops")
    folds: int = setting(5, "folds of the cross-validation")
    repeats: int = setting(1, "cross-validations, each divided anew")
    fold: int | None = setting(None, "train this fold alone, from 0")
    repeat: int = setting(0, "the first division; with --fold the only one")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(2, "folds")
        self.require_at_least(1, "repeats")
        self.require_at_least(0, "fold", "repeat", "weight_decay")
        if self.fold is not None and self.fold >= self.folds:
            raise CallError(
                f"--fold must be below --folds, received {self.fold} with {self.folds} folds."
            )
        if not (self.temperature > 0 and 0 < self.cooling <= 1):
            raise CallError(
                "--temperature must be above 0, and --cooling in (0, 1]; received "
                f"{self.temperature} and {self.cooling}."
            )


@dataclass(frozen=True)
class Options(Checked):
    """What is said of series whose file does not say their task."""

    task: str | None = setting(None, "task of the series in a file that does not say (all tasks)")
