"""Modules run as one batch: those of one network, and those of several beside each other."""

import keras
import numpy as np
from keras import ops

from modzoo.decomposition.rebuilding import copy_cells, masked_layer, plain_copy, rebuilt
from modzoo.decomposition.renumber_ids import RenumberIds
from modzoo.decomposition.repeat_rows import RepeatRows
from modzoo.decomposition.unit_masks import UnitMasks
from modzoo.decomposition.vocabularies import id_table


def joined_graph(modules, vocabulary):
    """Inputs and output of the graph of all modules, of whatever networks they are.

    Args:
        modules: List of `Module`.
        vocabulary: Tuple of the words of the ids that are read, or None: those of the network.
    """
    networks = list(dict.fromkeys(module.network for module in modules))
    own = [[m for m in modules if m.network == network] for network in networks]
    graphs = [network_graph(n, members) for n, members in zip(networks, own, strict=True)]
    if len(networks) == 1 and vocabulary == networks[0].vocabulary:
        return graphs[0]
    inputs = [
        keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=tensor.name)
        for tensor in keras.tree.flatten(graphs[0][0])
    ]
    outputs = []
    for i, (network, (begin, end)) in enumerate(zip(networks, graphs, strict=True)):
        part = keras.Model(begin, end, name=f"network_{i}")
        read = _renumbered(network, vocabulary, inputs)
        outputs.append(part(keras.tree.pack_sequence_as(begin, read)))
    axis = 1 if networks[0].is_translator else -1
    output = outputs[0]
    if len(outputs) > 1:
        output = keras.layers.Concatenate(axis=axis)(outputs)
    order = [module.label for members in own for module in members]
    places = [order.index(module.label) for module in modules]
    if places != sorted(places):
        output = ops.take(output, places, axis=axis)
    return keras.tree.pack_sequence_as(graphs[0][0], inputs), output


def network_graph(network, modules):
    """Inputs and output of the graph of modules of one network."""
    masks = {
        name: np.stack([module.masks[name] for module in modules]) for name in modules[0].masks
    }
    head = network.margins_head([module.column for module in modules])
    return masked_graph(network, masks, head)


def masked_graph(network, masks, head):
    """Inputs and output of a network's graph with masks.

    What comes before the first layer with masks, as the embedding, is computed once for all
    modules.

    Args:
        network: The `Network`.
        masks: `{site's name: array (modules, steps or 1, units)}`, of those sites alone whose
            units may be removed.
        head: Function `tensor (batch * modules, ...) -> output`, of what the last layer reads.
    """
    anatomy = network.anatomy

    def recurrent(layer, args, kwargs):
        if not _has_masks(anatomy, layer, masks):
            return plain_copy(layer, args, kwargs)
        own = masks_of_layer(anatomy, layer, masks)
        reader = UnitMasks(*own.shape, name=reader_name(anatomy, layer))
        copy = masked_layer(layer, args[0].shape[-1], network.removal)
        output = copy(reader(args[0]), *args[1:], **kwargs)
        reader.masks.assign(own)
        copy_cells(layer, copy)
        return output

    return rebuilt(anatomy, recurrent, head, _Spread(anatomy, masks))


def masks_of_layer(anatomy, layer, masks):
    """What the `UnitMasks` before a recurrent layer holds: `(modules, steps or 1, units)`."""
    own = [masks[site.name] for site in anatomy.sites_of(layer)]
    return np.concatenate(own, axis=-1).astype("float32")


def reader_name(anatomy, layer):
    """The name of the `UnitMasks` before a recurrent layer."""
    return anatomy.free_name(f"{layer.name}_masks")


def _has_masks(anatomy, layer, masks):
    return any(site.name in masks for site in anatomy.sites_of(layer))


def _renumbered(network, vocabulary, inputs):
    """What a network reads of inputs whose ids are of a vocabulary."""
    inputs = list(inputs)
    if vocabulary != network.vocabulary:
        for place in network.anatomy.id_places:
            layer = RenumberIds(len(vocabulary))
            inputs[place] = layer(inputs[place])
            layer.table.assign(id_table(vocabulary, network.vocabulary))
    return inputs


class _Spread:
    """Repeats rows for the modules from where on these differ."""

    def __init__(self, anatomy, masks):
        self.anatomy = anatomy
        self.masks = masks
        self.num_modules = len(next(iter(masks.values())))
        self.spread = {}  # by id; held, since a tensor that is gone may leave its id to another
        self.repeated = {}

    def __call__(self, call, layer, *args, **kwargs):
        tensors = keras.tree.flatten((args, kwargs))
        begins = _has_masks(self.anatomy, layer, self.masks)
        if not begins and not any(id(tensor) in self.spread for tensor in tensors):
            return call(layer, *args, **kwargs)
        args, kwargs = keras.tree.map_structure(self._repeat, (args, kwargs))
        output = call(layer, *args, **kwargs)
        self.spread |= {id(tensor): tensor for tensor in keras.tree.flatten(output)}
        return output

    def _repeat(self, tensor):
        if not isinstance(tensor, keras.KerasTensor) or id(tensor) in self.spread:
            return tensor
        if id(tensor) not in self.repeated:
            copy = RepeatRows(self.num_modules)(tensor) if self.num_modules > 1 else tensor
            self.repeated[id(tensor)] = copy, tensor
        return self.repeated[id(tensor)][0]
