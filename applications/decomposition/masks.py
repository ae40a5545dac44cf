"""Masks of units as short texts, for a model's configuration."""

import numpy as np

from modzoo.errors import CallError


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
            f"The mask of the units of {layer} for {label!r} cannot be read ({error}); the model's "
            "description is damaged."
        ) from error
