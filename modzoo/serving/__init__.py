"""Models as servables: functions of raw inputs, exported for TensorFlow Serving and checked."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "Servable": "servable",
        "Signature": "servable",
        "check_servable": "check",
        "export_servable": "export",
        "for_all": "servable",
        "network_signature": "servable",
    },
)
