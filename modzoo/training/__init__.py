"""What every recipe shares: settings, run folder, order of batches, checkpoints."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "Run": "run",
        "TrainingSettings": "settings",
        "epoch_batches": "batches",
        "evaluation_batches": "batches",
        "prepare": "environment",
        "setting": "settings",
        "steps_per_epoch": "batches",
    },
)
