"""A module as a model of Keras' own layers: with weights of 0, or without the removed units."""

import keras
import numpy as np

from modzoo.decomposition.anatomy import made_by
from modzoo.decomposition.composing import masked_graph
from modzoo.decomposition.rebuilding import plain_copy, rebuilt
from modzoo.errors import CallError

# What computes each feature from itself alone, so that features can be left out.
FEATUREWISE = (
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.GlobalAveragePooling1D,
    keras.layers.GlobalMaxPooling1D,
    keras.layers.ReLU,
    keras.layers.RepeatVector,
    keras.layers.SpatialDropout1D,
)
ELEMENTWISE = ("elu", "gelu", "linear", "relu", "selu", "sigmoid", "silu", "softplus", "tanh")


def plain_module(module):
    """A module as a Keras model; see `ModuleSet.module`."""
    network = module.network
    head = network.own_head if network.is_translator else network.two_way_head(module.column)
    if network.is_rolled and (network.removal == "zero_weights" or _is_zeroed_alike(network)):
        graph = rebuilt(network.anatomy, _zeroed(network.anatomy, module.masks), head)
    else:
        masks = {name: mask[None] for name, mask in module.masks.items()}
        graph = masked_graph(network, masks, head)
    return keras.Model(*graph, name="module")


def _is_zeroed_alike(network):
    """Whether units whose weights are 0 do what masked units do."""
    return not any(
        site.is_given_states or float(site.cell.activation(keras.ops.zeros((1,)))[0])
        for site in network.anatomy.sites
    )


def _zeroed(anatomy, masks):
    """A function that calls copies of recurrent layers in which weights into units are 0."""

    def recurrent(layer, args, kwargs):
        weights = []
        for site in anatomy.sites_of(layer):
            kept = masks[site.name][0] if site.name in masks else np.ones(site.units, bool)
            for weight in site.cell.get_weights():
                weights.append(weight * np.tile(kept, weight.shape[-1] // site.units))
        return plain_copy(layer, args, kwargs, weights)

    return recurrent


def cut_module(module):
    """A module as a smaller Keras model; see `ModuleSet.cut`."""
    network = module.network
    anatomy = network.anatomy
    if not network.is_rolled:
        raise CallError(
            "A module with a mask for each step has all units at some step; decompose with "
            "mode='rolled' to cut modules out."
        )
    if network.removal == "zero_weights" and not _is_zeroed_alike(network):
        raise CallError(
            "Units whose weights are 0 are not still where their activation is not 0 at 0; "
            "decompose with removal='mask' to cut modules out."
        )
    layers = _chain(anatomy)
    x = inputs = keras.Input(anatomy.model.inputs[0].shape[1:], dtype=anatomy.model.inputs[0].dtype)
    kept = None  # which features of `x` are left, where some are not
    for layer in layers:
        if layer is anatomy.head:
            break
        (site,) = anatomy.sites_of(layer) or (None,)
        if site is not None:
            own = module.masks.get(site.name, np.ones((1, site.units), bool))
            x, kept = _cut_recurrent(site, own[0], x, kept)
        elif kept is not None and isinstance(layer, keras.layers.Dense):
            x, kept = _cut_dense(layer, x, kept), None
        elif kept is None or _is_featurewise(layer):
            x = plain_copy(layer, (x,), {})
        else:
            raise CallError(
                f"The layer {layer.name}, a {type(layer).__name__}, reads all units of the layer "
                "before at once, so that none can be cut out; ModuleSet.module keeps all."
            )
    head = network.own_head if network.is_translator else network.two_way_head(module.column)
    return keras.Model(inputs, head(x, kept), name="module")


def _chain(anatomy):
    """The layers of a model in which each reads the one before."""
    before, *layers = anatomy.model.layers
    for layer in layers:
        is_next = [list(map(made_by, call)) for call in anatomy.reads[layer]] == [[before]]
        is_both_ways = isinstance(layer, keras.layers.Bidirectional)
        if is_both_ways or getattr(layer, "return_state", False) or not is_next:
            raise CallError(
                f"A module can be cut out of a chain of layers that run in one direction; the "
                f"layer {layer.name}, a {type(layer).__name__}, is none of these."
            )
        before = layer
    return layers


def _is_featurewise(layer):
    if isinstance(layer, keras.layers.Activation):
        return getattr(layer.activation, "__name__", "") in ELEMENTWISE
    return isinstance(layer, FEATUREWISE)


def _cut_recurrent(site, own, x, kept):
    units = np.flatnonzero(own)
    if not len(units):
        raise CallError(f"The module has no unit of {site.name}; nothing of it can be cut out.")
    columns = np.concatenate(
        [units + start for start in range(0, site.cell.kernel.shape[-1], site.units)]
    )
    copy = type(site.rnn).from_config({**site.rnn.get_config(), "units": len(units)})
    output = copy(x)
    kernel, recurrent, *bias = site.cell.get_weights()
    kernel = kernel if kept is None else kernel[kept]
    weights = [kernel[:, columns], recurrent[units][:, columns]]
    copy.set_weights([*weights, *(b[..., columns] for b in bias)])
    return output, units


def _cut_dense(layer, x, kept):
    copy = keras.layers.Dense.from_config(layer.get_config())
    output = copy(x)
    kernel, *bias = layer.get_weights()
    copy.set_weights([kernel[kept], *bias])
    return output
