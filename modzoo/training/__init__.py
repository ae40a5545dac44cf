"""What every recipe shares: settings, run folder, order of batches, checkpoints."""

from modzoo.lazy import lazy_attributes

METRICS = ("BitsPerDim", "MacroRecall", "MicroF1", "ScoreCosine")
CLASSES = (*METRICS, "SlowedAdam")  # what Keras must know to load a model
__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        **dict.fromkeys(METRICS, "metrics"),
        "BaseModelSettings": "settings",
        "Checked": "settings",
        "Evaluation": "evaluation",
        "FromPreset": "preset",
        "Preset": "preset",
        "RouteEntropy": "routing",
        "Run": "run",
        "SlowedAdam": "slowed_adam",
        "TemperatureSchedule": "temperature_schedule",
        "TrainingSettings": "settings",
        "class_weights": "weighting",
        "evaluation_batches": "batches",
        "evaluation_order": "batches",
        "padded_share": "batches",
        "prepared": "environment",
        "preset_folder": "preset",
        "preset_names": "preset",
        "read_splits": "splits",
        "route_entropy": "routing",
        "save_preset": "preset",
        "seed_runs": "seeds",
        "setting": "settings",
        "steps_per_epoch": "batches",
        "sum_up_seeds": "seeds",
        "train_batches": "batches",
    },
)
