from dataclasses import dataclass

from modzoo.applications.routed_settings import CoolingSettings, RoutedModelSettings
from modzoo.errors import CallError
from modzoo.layers.multi_task_names import BASES
from modzoo.training import Checked, setting

READOUTS = ("conditions", "mean", "last")


@dataclass(frozen=True)
class ModelSettings(RoutedModelSettings):
    """What a trained model of series has fixed."""

    base: str = setting("ns_mtl", f"base model: {', '.join(BASES)}")
    units: int = setting(16, "width of each LSTM of the base model")
    sharing_units: int | None = setting(None, "width of cells and sub-encoders (--units)")
    readout: str = setting(
        "conditions", "what is classified: the mean at the conditions' ends, the mean or the last"
    )
    num_conditions: int = setting(7, "conditions of equal length that a series goes through")
    components: int | None = setting(None, "whitened components of the features (scaled alone)")
    dropout: float = setting(0.0, "dropout of what is classified")
    noise: float = setting(0.0, "deviation of the noise on scaled features in training")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(1, "units", "sharing_units", "num_conditions", "components")
        self.require_at_least(0, "noise")
        self.require_shares("dropout")
        self.require_one_of(BASES, "base")
        self.require_one_of(READOUTS, "readout")
        if self.routing != "learned" and self.base == "rrn":
            raise CallError("--routing is for the routes of --sharing; --base rrn has its own.")
        if self.base == "sluice" and self.units % 2:
            raise CallError(f"--units must be even for --base sluice, received {self.units}.")


@dataclass(frozen=True)
class FmriTrainingSettings(CoolingSettings):
    """How models of series are trained, and how often."""

    epochs: int = setting(30, "epochs to train")
    learning_rate: float = setting(3e-3, "step size of Adam, which falls to a tenth")
    weight_decay: float = setting(0.0, "decay of the weights")
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


@dataclass(frozen=True)
class Options(Checked):
    """What is said of series whose file does not say their task."""

    task: str | None = setting(None, "task of the series in a file that does not say (all tasks)")
