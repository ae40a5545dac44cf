"""Which steps are padding in networks of Keras 2, where Keras 3 has other rules."""

import functools

import keras
from keras import ops

MERGING_LAYERS = (
    keras.layers.Add,
    keras.layers.Average,
    keras.layers.Concatenate,
    keras.layers.Maximum,
    keras.layers.Minimum,
    keras.layers.Multiply,
    keras.layers.Subtract,
)


def _padding_in_any(cls):
    """A merging layer whose step is padding where it is in any input; in Keras 3 where it is in
    all."""

    def compute_mask(self, inputs, mask=None):
        if getattr(self, "axis", -1) not in (-1, len(inputs[0].shape) - 1):
            return super(own, self).compute_mask(inputs, mask)
        masks = [each for each in mask or () if each is not None]
        return functools.reduce(ops.logical_and, masks) if masks else None

    own = type(cls.__name__, (cls,), {"compute_mask": compute_mask})
    return own


MERGING = {cls.__name__: _padding_in_any(cls) for cls in MERGING_LAYERS}


def masked_as_in_keras_2(model):
    """A model of Keras' own layers that leaves out what Keras 2 left out.

    Args:
        model: A model whose merging layers are those of `MERGING`.

    Returns:
        `keras.Model`, whose graph holds the masks of these. Layers that begin with given states
        get the mask of their sequence too, which Keras 3 does not hand them.
    """

    if isinstance(model, keras.Sequential):
        return model
    copy = functools.partial(keras.models.clone_model, clone_function=lambda layer: layer)
    with_masks = copy(model, call_function=_called_with_mask)
    return copy(with_masks, clone_function=_of_keras)


def _called_with_mask(layer, *args, **kwargs):
    if kwargs.get("initial_state") is not None and kwargs.get("mask") is None:
        kwargs = {**kwargs, "mask": getattr(args[0], "_keras_mask", None)}
    return layer(*args, **kwargs)


def _of_keras(layer):
    name = type(layer).__name__
    if type(layer) is not MERGING.get(name):
        return layer
    return getattr(keras.layers, name).from_config(layer.get_config())
