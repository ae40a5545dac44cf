"""A model's graph built anew, with other recurrent layers in the places of its own."""

import functools

import keras

from modzoo.decomposition.anatomy import is_recurrent
from modzoo.decomposition.masked_cell import MaskedCell


def rebuilt(anatomy, recurrent, head, around=None, inputs=None):
    """The outputs of a model's graph, built anew on copies of its layers.

    Args:
        anatomy: The `Anatomy` of the model.
        recurrent: Function `(layer, args, kwargs) -> output` for layers that hold sites.
        head: Function `tensor -> output`, of what the last Dense layer reads.
        around: Function `(call, layer, args, kwargs) -> call(layer, *args, **kwargs)` that may
            change what each layer is given.
        inputs: Tensors to begin with, as the model's. Default: new ones.

    Returns:
        Pair of the inputs, in the model's structure, and the output.
    """
    copies = {}

    def call(layer, *args, **kwargs):
        if layer in anatomy.after_head:
            return args[0]
        if layer is anatomy.head:
            return head(args[0])
        if is_recurrent(layer):
            return recurrent(layer, args, kwargs)
        if layer.name in copies:
            return copies[layer.name](*args, **kwargs)
        config, is_layer = layer.get_config(), isinstance(layer, keras.layers.Layer)
        if not is_layer:  # an operation; those that masks come from may get its name
            config["name"] = f"{layer.name}_copy"
        copies[layer.name] = type(layer).from_config(config)
        output = copies[layer.name](*args, **kwargs)
        if is_layer:
            give_weights(copies[layer.name], layer.get_weights())
        return output

    copy = keras.models.clone_model(
        anatomy.model,
        input_tensors=inputs,
        clone_function=lambda layer: layer,
        call_function=call if around is None else functools.partial(around, call),
    )
    return copy.input, copy.output


def plain_copy(layer, args, kwargs, weights=None):
    """What a copy of a layer gives, with the same weights or others."""
    copy = type(layer).from_config(layer.get_config())
    output = copy(*args, **kwargs)
    give_weights(copy, layer.get_weights() if weights is None else weights)
    return output


def give_weights(layer, weights):
    """Sets the weights of a built layer, and what it works out from them, as `Normalization`."""
    layer.set_weights(weights)
    for part in (layer, getattr(layer, "layer", None)):
        if hasattr(part, "finalize_state"):
            part.finalize_state()


def masked_rnn(rnn, features, first_mask=0, removal="mask", **changes):
    """A `keras.layers.RNN` that runs the cell of `rnn` as a `MaskedCell`, not built yet.

    Args:
        rnn: A SimpleRNN, LSTM or GRU layer.
        features, first_mask, removal: As of `MaskedCell`.
        changes: Arguments of `keras.layers.RNN` that differ from those of `rnn`.
    """
    cell = type(rnn.cell).from_config(
        {**rnn.cell.get_config(), "dropout": 0.0, "recurrent_dropout": 0.0}
    )
    masked = MaskedCell(cell, features, first_mask, removal, dtype=rnn.dtype_policy)
    options = {
        "return_sequences": rnn.return_sequences,
        "return_state": rnn.return_state,
        "go_backwards": rnn.go_backwards,
        "unroll": rnn.unroll,
        "zero_output_for_mask": rnn.zero_output_for_mask,
        "name": rnn.name,
        "dtype": rnn.dtype_policy,
    }
    return keras.layers.RNN(masked, **{**options, **changes})


def masked_layer(layer, features, removal="mask", **changes):
    """What stands for a recurrent layer and reads masks behind its features.

    Returns:
        A `keras.layers.RNN`, or a `Bidirectional` of two; `copy_cells` gives it its weights.
    """
    if not isinstance(layer, keras.layers.Bidirectional):
        return masked_rnn(layer, features, 0, removal, **changes)
    forward, backward = layer.forward_layer, layer.backward_layer
    return keras.layers.Bidirectional(
        masked_rnn(forward, features, 0, removal, **changes),
        merge_mode=layer.merge_mode,
        backward_layer=masked_rnn(backward, features, forward.units, removal, **changes),
        name=layer.name,
        dtype=layer.dtype_policy,
    )


def copy_cells(layer, masked):
    """Gives a built `masked_layer` the weights of the layer that it stands for."""
    pairs = [(layer, masked)]
    if isinstance(layer, keras.layers.Bidirectional):
        pairs = [
            (layer.forward_layer, masked.forward_layer),
            (layer.backward_layer, masked.backward_layer),
        ]
    for rnn, copy in pairs:
        copy.cell.cell.set_weights(rnn.cell.get_weights())
