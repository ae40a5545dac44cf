"""What a recurrent network is made of, as far as it can be taken apart."""

from dataclasses import dataclass, field

import keras
import numpy as np

from modzoo.errors import CallError, some_of

RECURRENT = (keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.GRU)
HEADS = ("softmax", "sigmoid", "linear")


@dataclass(frozen=True)
class Site:
    """A recurrent cell in a model, whose units can be removed.

    `name` is that of its layer, `layer/forward` or `layer/backward` in a `Bidirectional`;
    `is_given_states`, whether it begins with states that another layer computed.
    """

    name: str
    layer: keras.layers.Layer
    rnn: keras.layers.RNN
    is_given_states: bool = False

    @property
    def cell(self):
        return self.rnn.cell

    @property
    def units(self):
        return self.rnn.units


@dataclass(frozen=True)
class Anatomy:
    """The parts of a model.

    Attributes:
        model: The functional model, of the same layers as the one given.
        reads: `{layer: list of the tensors that it reads, a list a call}`.
        sites: List of `Site`, in the order of the layers.
        head: The last `Dense` or `TimeDistributed(Dense)`.
        after_head: Layers behind it, which do nothing but a softmax or a sigmoid.
        activation: `"softmax"`, `"sigmoid"` or `"linear"` (read as logits of a softmax).
    """

    model: keras.Model
    reads: dict
    sites: list
    head: keras.layers.Layer
    after_head: list = field(default_factory=list)
    activation: str = "softmax"

    @property
    def dense(self):
        is_dense = isinstance(self.head, keras.layers.Dense)
        return self.head if is_dense else self.head.layer

    @property
    def num_outputs(self):
        return self.dense.units

    @property
    def is_multi_label(self):
        return self.activation == "sigmoid"

    @property
    def is_per_step(self):
        return len(self.model.outputs[0].shape) == 3

    @property
    def embeddings(self):
        """Pairs of an `Embedding` and the place of the input that it reads, None of no input."""
        places = {id(tensor): i for i, tensor in enumerate(self.model.inputs)}
        return [
            (layer, places.get(id(tensors[0])))
            for layer, calls in self.reads.items()
            if isinstance(layer, keras.layers.Embedding)
            for tensors in calls
        ]

    @property
    def id_places(self):
        """The places of the inputs that an `Embedding` reads."""
        return sorted({place for _, place in self.embeddings if place is not None})

    def free_name(self, name):
        """A name for a new layer that no layer of the model has."""
        while name in [layer.name for layer in self.model.operations]:
            name = f"{name}_"
        return name

    def sites_of(self, layer):
        return [site for site in self.sites if site.layer is layer]

    def margin_weights(self, columns):
        """The margin of each label as a sum of logits: its own less the mean of the others', or
        its own alone where each label is a sigmoid. Float64 array `(columns, outputs)`."""
        own = np.equal.outer(columns, np.arange(self.num_outputs)).astype("float64")
        return own if self.is_multi_label else own - (1 - own) / (self.num_outputs - 1)


def anatomy_of(model):
    """The `Anatomy` of a Keras model.

    Raises:
        CallError: If it cannot be taken apart; a layer that is in the way is named.
    """
    model = _as_functional(model)
    for layer in model.layers:
        _require_known(layer)
    reads = _reads(model)
    sites = [site for layer in model.layers for site in _sites(layer, reads)]
    if not sites:
        names = some_of(f"{layer.name} ({type(layer).__name__})" for layer in model.layers)
        raise CallError(
            "A model to decompose has a SimpleRNN, an LSTM or a GRU; "
            f"the model {model.name} has none: {names}."
        )
    for site in sites:
        if site.rnn.stateful:
            raise CallError(
                f"The layer {site.name} is stateful, so that its rows belong together from batch "
                "to batch; build the model with stateful=False and load its weights."
            )
    head, after_head, activation = _head(model)
    return Anatomy(model, reads, sites, head, after_head, activation)


def is_recurrent(layer):
    return type(layer) in RECURRENT or isinstance(layer, keras.layers.Bidirectional)


def without_masks(tensors):
    """The tensors of a structure but for the boolean ones: Keras hands masks on beside the rest."""
    tensors = [t for t in keras.tree.flatten(tensors) if isinstance(t, keras.KerasTensor)]
    return [tensor for tensor in tensors if tensor.dtype != "bool"]


def made_by(tensor):
    """The layer, or the operation, that gave a tensor of a graph."""
    return tensor._keras_history.operation


def _as_functional(model):
    """A functional model of the same layers."""
    if not isinstance(model, keras.Model):
        raise CallError(f"A model to decompose is a keras.Model, received {model!r}.")
    try:
        if isinstance(model, keras.Sequential):
            (inputs,), (outputs,) = model.inputs, model.outputs
        else:
            inputs, outputs = model.input, model.output
        functional = keras.Model(inputs, outputs, name=model.name)
    except Exception as error:  # each kind of model says in its own way that it has no graph
        raise CallError(
            f"The model {model.name}, a {type(model).__name__}, shows no graph of layers; a model "
            "to decompose is functional, or a Sequential that has seen its input's shape."
        ) from error
    if len(functional.outputs) != 1:
        raise CallError(
            f"A model to decompose has one output, {model.name} has {len(functional.outputs)}."
        )
    return functional


def _reads(model):
    """What each layer reads in this model; it may have other calls, in others."""
    reads, pending, seen = {}, list(model.outputs), set()
    while pending:
        tensor = pending.pop()
        layer, call = made_by(tensor), tensor._keras_history.node_index
        if (layer, call) not in seen:
            seen.add((layer, call))
            tensors = without_masks(layer._inbound_nodes[call].input_tensors)
            reads.setdefault(layer, []).append(tensors)
            pending += tensors
    return reads


def _require_known(layer):
    own = type(layer).__module__.split(".")[0] == "keras"
    inner = getattr(layer, "layer", None) or getattr(layer, "forward_layer", None)
    if isinstance(layer, keras.layers.Bidirectional):
        fits = {type(layer.forward_layer), type(layer.backward_layer)} <= set(RECURRENT)
    elif isinstance(layer, keras.layers.Wrapper):
        fits = not isinstance(inner, (keras.layers.RNN, keras.layers.Wrapper, keras.Model))
    elif isinstance(layer, keras.layers.RNN):
        fits = type(layer) in RECURRENT
    else:
        fits = not isinstance(layer, (keras.layers.Lambda, keras.Model))
    if not (own and fits):
        within = "" if inner is None else f" of {type(inner).__name__}"
        raise CallError(
            f"The layer {layer.name}, a {type(layer).__name__}{within}, cannot be decomposed; "
            "recurrent layers may be SimpleRNN, LSTM, GRU and Bidirectional of these, all others "
            "Keras' own but Lambda and models within the model."
        )


def _sites(layer, reads):
    if not is_recurrent(layer):
        return []
    is_given_states = any(len(tensors) > 1 for tensors in reads[layer])
    if isinstance(layer, keras.layers.Bidirectional):
        return [
            Site(f"{layer.name}/forward", layer, layer.forward_layer, is_given_states),
            Site(f"{layer.name}/backward", layer, layer.backward_layer, is_given_states),
        ]
    return [Site(layer.name, layer, layer, is_given_states)]


def _head(model):
    *layers, last = model.layers
    ending = made_by(model.outputs[0])
    if ending is not last:  # `model.layers` holds no operations
        raise CallError(
            f"A model to decompose ends in a layer; in {model.name} the operation {ending.name} "
            f"comes behind {last.name}: end in the layers Softmax or Activation, or in Dense."
        )
    after_head, activation = [], None
    if isinstance(last, (keras.layers.Softmax, keras.layers.Activation)):
        after_head = [last]
        is_softmax = isinstance(last, keras.layers.Softmax)
        if is_softmax and last.axis not in (-1, len(last.output.shape) - 1):
            raise CallError(
                f"The layer {last.name} of a model to decompose is a softmax over its labels, "
                f"axis -1; its axis is {last.axis}."
            )
        activation = "softmax" if is_softmax else _name_of(last)
        *layers, last = layers
    dense = last.layer if isinstance(last, keras.layers.TimeDistributed) else last
    if not isinstance(dense, keras.layers.Dense):
        raise CallError(
            "A model to decompose ends in a Dense layer with a column for each label, "
            f"{model.name} in {last.name} ({type(last).__name__})."
        )
    inner = _name_of(dense)
    activation = activation if activation and inner == "linear" else inner
    if activation not in HEADS or (after_head and inner != "linear"):
        raise CallError(
            f"The last layer of a model to decompose has one of the activations {HEADS}, "
            f"{last.name} has {activation!r}."
        )
    if dense.units == 1 and activation != "sigmoid":
        raise CallError(
            f"The last layer {last.name} has one output and no sigmoid: it has no labels."
        )
    return last, after_head, activation


def _name_of(layer):
    return getattr(layer.activation, "__name__", str(layer.activation))
