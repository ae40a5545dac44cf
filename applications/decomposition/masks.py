"""Masks of units as short texts, for a model's configuration."""

import numpy as np

from modzoo.decomposition.options import MODES, REMOVALS
from modzoo.errors import CallError, quoted, shortened, some_of
from modzoo.training.model_file import first_line


def to_texts(masks):
    """`{label: {layer: {"shape", "kept"}}}` of `{label: {layer: booleans (steps, units)}}`; what
    is kept are hexadecimal digits, a bit a unit."""
    return {
        label: {
            layer: {"shape": list(mask.shape), "kept": np.packbits(mask).tobytes().hex()}
            for layer, mask in layers.items()
        }
        for label, layers in masks.items()
    }


def require_masks(described, labels):
    """Raises unless a configuration says of modules what `Monolith.with_modules` does."""
    if not isinstance(described, dict):
        raise ValueError(f"`module_masks` must be a dictionary. Received: {_shown(described)}.")
    for name, known in (("mode", MODES), ("removal", REMOVALS)):
        value = described.get(name)
        if value not in known:
            raise ValueError(
                f"The {name} in `module_masks` must be one of {known}. "
                f"Received: {name}={_shown(value)}."
            )
    masks = described.get("masks")
    if not isinstance(masks, dict) or not all(isinstance(own, dict) for own in masks.values()):
        raise ValueError(
            "The masks in `module_masks` must be a dictionary of labels, and of layers in it. "
            f"Received: masks={_shown(masks)}."
        )
    require_labels("masks", masks, labels)


def require_labels(name, given, labels):
    unknown = [label for label in given if label not in labels]
    if unknown:
        raise ValueError(
            f"The {name} must be of some of the labels {some_of(labels)}. "
            f"Received: {some_of(unknown)}."
        )


def _shown(value):
    return shortened(repr(value))


def from_texts(texts):
    """The masks that `to_texts` wrote."""
    return {
        label: {layer: _mask(label, layer, text) for layer, text in layers.items()}
        for label, layers in texts.items()
    }


def _mask(label, layer, text):
    try:
        steps, units = text["shape"]
        bits = np.frombuffer(bytes.fromhex(text["kept"]), np.uint8)
        if len(bits) != -(-steps * units // 8):
            raise ValueError(f"{len(bits)} bytes are no {steps} x {units} bits")
        return np.unpackbits(bits, count=steps * units).astype(bool).reshape(steps, units)
    except (KeyError, TypeError, ValueError) as error:
        raise CallError(
            f"The mask of the units of {shortened(layer)} for {quoted(label)} cannot be read "
            f"({first_line(error)}); the model's description is damaged."
        ) from error
