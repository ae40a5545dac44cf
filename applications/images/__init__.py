"""Pictures drawn pixel by pixel, by mechanisms that divide them between themselves."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "CodedPictures": "data",
        "ImageTransformer": "model",
        "PixelEmbedding": "pixel_embedding",
        "between_sides": "inspection",
        "build_model": "build",
        "code": "data",
        "competition": "inspection",
        "decode": "codebook",
        "disable": "inference",
        "encode": "codebook",
        "evaluate": "inference",
        "explain": "inference",
        "generate": "generation",
        "learn_codebook": "codebook",
        "picture_batches": "data",
        "picture_evaluation_batches": "data",
        "predict": "inference",
    },
)
