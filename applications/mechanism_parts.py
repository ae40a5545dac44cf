"""The mechanisms of a model over `modzoo.layers.TIMEncoder`, by name."""

from modzoo.applications.interface import copy_of
from modzoo.errors import CallError


def parts(model):
    """Names of the mechanisms: `"1"` is the second in every layer that has some, `"3:1"` the
    one in layer 3."""
    numbers = range(model.num_mechanisms if model.mechanism_layers else 0)
    in_layers = (f"{layer}:{i}" for layer in model.mechanism_layers for i in numbers)
    return [*map(str, numbers), *in_layers]


def without(model, names):
    """The model with some of its `parts` switched off too; `model` stays as it is."""
    known = parts(model)
    if not known:
        raise CallError("The model is an ordinary Transformer: it has no mechanisms to disable.")
    switched = list(model.encoder.disabled)
    for name in names:
        if name not in known:
            have = ", ".join(map(str, model.mechanism_layers))
            raise CallError(
                f"The model has no mechanism {name!r} to disable; name one from 0 to "
                f"{model.num_mechanisms - 1}, or LAYER:MECHANISM with a layer of: {have}."
            )
        layer, colon, mechanism = name.rpartition(":")
        switched.append((int(layer), int(mechanism)) if colon else int(mechanism))
    copy = copy_of(model)
    try:
        copy.encoder.disabled = switched
    except ValueError as error:
        raise CallError("Not all mechanisms of a layer can be disabled.") from error
    return copy
