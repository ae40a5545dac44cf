"""Keras layers and cells of modular networks. Imported, one by one, when first used."""

from modzoo.lazy import lazy_attributes

LAYERS = {
    "AttentionPooling": "attention_pooling",
    "GroupDense": "group_dense",
    "GroupLayerNormalization": "group_layer_normalization",
    "RIM": "rim",
    "RIMCell": "rim_cell",
    "TaskGate": "task_gate",
}
__all__ = list(LAYERS)
__getattr__, __dir__ = lazy_attributes(__name__, LAYERS)
