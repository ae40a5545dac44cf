"""A trained recurrent network taken apart into modules, one a label, without retraining."""

from modzoo.lazy import lazy_attributes

# What Keras must know to load a composed model, and where it is.
CLASSES = {
    "LabelMargins": "label_margins",
    "MaskedCell": "masked_cell",
    "ModuleRows": "module_rows",
    "RenumberIds": "renumber_ids",
    "RepeatRows": "repeat_rows",
    "UnitMasks": "unit_masks",
    "old_hard_sigmoid": "old_files",
}
__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        **CLASSES,
        "ModuleSet": "module_set",
        "decompose": "decomposing",
        "load_model": "reading",
        "removal_curve": "curve",
    },
)
