"""Speech without its noise, as it comes in, by mechanisms that part speech from the rest."""

from modzoo.lazy import lazy_attributes

MODEL = "SpeechEnhancer"
CLASSES = (
    "CompressedSpectrumLoss",
    "EnhancementNetwork",
    "LogMagnitudeLoss",
    "SpeechEnhancer",
)

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "CompressedSpectrumLoss": "losses",
        "EnhancementNetwork": "network",
        "LogMagnitudeLoss": "losses",
        "SpeechEnhancer": "model",
        "Stream": "streaming",
        "enhance": "streaming",
        "real_time_factor": "streaming",
    },
)
