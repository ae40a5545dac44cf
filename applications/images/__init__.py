"""Pictures generated pixel by pixel, by mechanisms that divide them between themselves."""

from modzoo.applications.interface import Files
from modzoo.applications.mechanism_parts import parts as parts
from modzoo.applications.mechanism_parts import without as without
from modzoo.lazy import lazy_attributes

MODELS = ("ImageTransformer",)
CLASSES = ("ImageTransformer", "PixelEmbedding")
INPUT = Files((".png", ".jpg", ".bmp", ".gif", ".ppm", ".tif", ".webp"), optional=True)
OUTPUT = ".png"
EXAMPLE = None  # it generates without one
HELP = {
    "predict": "Generates pictures; of a picture in a FILE the lower half anew, several times.",
    "explain": "Which mechanism made which pixel of the picture in FILE, or of generated ones.",
}
LAYOUT = {
    "embedding/(color|place)/embeddings": (None, "model"),
    r"encoder/layer_\d+/(self_attention|communication)/kernel": (None, None, "model"),
    r"encoder/layer_\d+/(self_attention|communication)/output_kernel": (None, "model", None),
    r"encoder/layer_\d+/feedforward_intermediate/kernel": (None, None, "model"),
    r"encoder/layer_\d+/feedforward_output/kernel": (None, "model", None),
    "logits/kernel": ("model", None),
}

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "EncodedPictures": "data",
        "ImageTrainingSettings": "settings",
        "ImageTransformer": "model",
        "ModelSettings": "settings",
        "Options": "settings",
        "PixelEmbedding": "pixel_embedding",
        "SidesRecorder": "inspection",
        "adam": "build",
        "between_sides": "inspection",
        "build_model": "build",
        "competition": "inspection",
        "decode": "codebook",
        "draw": "inference",
        "encode": "codebook",
        "encode_pictures": "data",
        "evaluate": "inference",
        "explain": "inference",
        "generate": "generation",
        "learn_codebook": "codebook",
        "predict": "inference",
        "save_plots": "inference",
        "servable": "serving",
    },
)
