"""modzoo: modular neural networks for Keras 3."""

from modzoo.lazy import lazy_attributes

__version__ = "0.1.0"
__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "applications": None,
        "check": "zoo",
        "compose": "zoo",
        "decompose": "zoo",
        "decomposition": None,
        "evaluate": "zoo",
        "explain": "zoo",
        "export": "zoo",
        "layers": None,
        "list_layers": "zoo",
        "list_presets": "zoo",
        "list_recipes": "zoo",
        "load": "loading",
        "predict": "zoo",
        "train": "zoo",
    },
)
