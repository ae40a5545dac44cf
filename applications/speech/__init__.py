"""Speech without its noise, as it comes in, by mechanisms that compete for every frame."""

from modzoo.applications.interface import Files
from modzoo.applications.mechanism_parts import parts as parts
from modzoo.applications.mechanism_parts import without as without
from modzoo.lazy import lazy_attributes

MODELS = ("SpeechEnhancer",)
CLASSES = (
    "CompressedSpectrumLoss",
    "EnhancementNetwork",
    "LogMagnitudeLoss",
    "SpeechEnhancer",
    "signal_to_distortion",
    "spectral_closeness",
)
INPUT = Files(
    (".wav", ".flac"),
    one_to_one=True,
    streamed="raw samples of one channel, 16,000 a second, each a signed integer of 16 bits",
)
OUTPUT = ".wav"
EXAMPLE = None  # a sound is a file
HELP = {
    "predict": "Takes the noise out of the speech in each FILE, of any rate and length.",
    "explain": "Spectra of the sound in FILE, and which mechanism took part in which frame.",
}
LAYOUT = {
    r"network/convolution_\d+/kernel": (None, None, "model"),
    r"network/encoder/layer_\d+/(self_attention|communication)/kernel": (None, None, "model"),
    r"network/encoder/layer_\d+/\w+/output_kernel": (None, "model", None),
    r"network/encoder/layer_\d+/feedforward_intermediate/kernel": (None, None, "model"),
    r"network/encoder/layer_\d+/feedforward_output/kernel": (None, "model", None),
    "network/head/kernel": ("model", None),
}

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "CompressedSpectrumLoss": "losses",
        "EnhancementNetwork": "network",
        "LogMagnitudeLoss": "losses",
        "Mixtures": "data",
        "ModelSettings": "settings",
        "Options": "settings",
        "SoundPairs": "data",
        "SpeechEnhancer": "model",
        "SpeechTrainingSettings": "settings",
        "Stream": "streaming",
        "adam": "build",
        "build_loss": "build",
        "build_metrics": "build",
        "build_model": "build",
        "competition": "inspection",
        "draw": "inference",
        "enhance": "streaming",
        "evaluate": "inference",
        "explain": "inference",
        "floor_gate": "baselines",
        "load_speech": "data",
        "log_mmse": "baselines",
        "means": "figures",
        "means_by_snr": "figures",
        "measure": "figures",
        "predict": "inference",
        "quality": "figures",
        "real_time_factor": "streaming",
        "save_plots": "inference",
        "servable": "serving",
        "signal_to_distortion": "losses",
        "spectral_closeness": "losses",
        "stream": "inference",
        "wiener": "baselines",
    },
)
