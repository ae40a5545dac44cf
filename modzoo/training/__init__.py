"""What every recipe shares: settings, run folder, order of batches, checkpoints."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "BitsPerDim": "metrics",
        "FromPreset": "preset",
        "MacroRecall": "metrics",
        "Preset": "preset",
        "Run": "run",
        "ScoreCosine": "metrics",
        "TrainingSettings": "settings",
        "epoch_batches": "batches",
        "evaluation_batches": "batches",
        "padded_share": "tagged_batches",
        "prepare": "environment",
        "preset_folder": "preset",
        "preset_names": "preset",
        "save_preset": "preset",
        "setting": "settings",
        "steps_per_epoch": "batches",
        "tagged_epoch_batches": "tagged_batches",
        "tagged_evaluation_batches": "tagged_batches",
    },
)
