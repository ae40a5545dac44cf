"""What the modules of a model did, as pictures."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {"draw_activity": "activity", "draw_history": "history"},
)
