"""Models that read the world's data formats: one folder per application."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(__name__, {"sentiment": None, "tagging": None})
