"""Series of the brain's regions, of related tasks, told apart by networks whose routes are seen."""

from modzoo.applications.interface import Files
from modzoo.lazy import lazy_attributes

MODELS = ("SeriesClassifier",)
CLASSES = ("SeriesClassifier",)
INPUT = Files((".npz", ".csv", ".nii.gz", ".nii"))
OUTPUT = None
EXAMPLE = None  # no series is of the shape that every model reads
HELP = {
    "predict": "The class of each series in FILE, of regions, or of the blocks of a scanned run.",
    "explain": "Which tasks read which sub-encoders, and when, of the series in FILE.",
}
LAYOUT = {"scaling/kernel": (None, "model"), r"\w+_logits/kernel": ("model", None)}

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "FmriTrainingSettings": "settings",
        "ModelSettings": "settings",
        "Options": "settings",
        "SeriesClassifier": "model",
        "TaskBatches": "data",
        "adam": "build",
        "build_model": "build",
        "callbacks": "build",
        "draw": "inference",
        "evaluate": "inference",
        "explain": "inference",
        "load_series": "data",
        "losses": "build",
        "metrics": "build",
        "parts": "inference",
        "place_accuracy": "controls",
        "predict": "inference",
        "ridge_accuracy": "controls",
        "save_plots": "inference",
        "servable": "serving",
        "shared_layers": "transfer",
        "sum_up": "folds",
        "fix_shared": "transfer",
        "fold_runs": "folds",
        "without": "inference",
    },
)
