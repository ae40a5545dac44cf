"""modzoo: modular neural networks for Keras 3."""

import os

from modzoo.lazy import lazy_attributes

# On processors with AVX-512 oneDNN's kernels in TensorFlow 2.21 write past the end of products of
# tensors of four axes (github.com/tensorflow/tensorflow/issues/117700).
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

__version__ = "0.1.0"
__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "ablate": "zoo",
        "applications": None,
        "check": "zoo",
        "compose": "zoo",
        "decompose": "zoo",
        "decomposition": None,
        "evaluate": "zoo",
        "explain": "zoo",
        "export": "zoo",
        "inspect": "zoo",
        "layers": None,
        "list_layers": "zoo",
        "list_presets": "zoo",
        "list_recipes": "zoo",
        "load": "loading",
        "predict": "zoo",
        "train": "zoo",
    },
)
