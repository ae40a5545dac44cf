"""A network with modules in it: what all of its modules share."""

from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np

from modzoo.decomposition.anatomy import Anatomy, anatomy_of
from modzoo.decomposition.label_margins import LabelMargins
from modzoo.decomposition.module_rows import ModuleRows
from modzoo.decomposition.observed import shown
from modzoo.decomposition.vocabularies import require_vocabulary
from modzoo.errors import CallError, quoted, some_of


@dataclass(frozen=True)
class Network:
    """A trained network, and how modules are made of it.

    Attributes:
        model: The Keras model.
        is_translator: Whether modules are of groups of examples, and its head stays as it is.
        is_rolled: Whether a module has one mask for all steps.
        removal: `"mask"` or `"zero_weights"`.
        vocabulary: Tuple of the words of its ids, or None.
    """

    model: keras.Model
    is_translator: bool = False
    is_rolled: bool = True
    removal: str = "mask"
    vocabulary: tuple | None = None

    def __post_init__(self):
        if self.is_translator and (not self.anatomy.is_per_step or self.anatomy.is_multi_label):
            raise CallError("Groups are for models that write a sequence; this one has labels.")
        if self.vocabulary is not None:
            require_vocabulary(self.anatomy, self.vocabulary)

    @cached_property
    def anatomy(self) -> Anatomy:
        return anatomy_of(self.model)

    @property
    def kind(self):
        """In words, what it reads and says: modules of networks of one kind compose."""
        anatomy = self.anatomy
        says = "several labels" if anatomy.is_multi_label else "a label"
        if self.is_translator:
            says = f"one of {anatomy.num_outputs} translated ids"
        *steps, _ = anatomy.model.outputs[0].shape[1:]
        per = f"at each of {steps[0] or 'any'} steps" if steps else "an example"
        reads = some_of(shown(tensor.shape[1:]) for tensor in anatomy.model.inputs)
        return f"{says} {per} of inputs of shape {reads}"

    def module(self, label, column, masks):
        """The `Module` that a file describes; raises ValueError unless it fits the network."""
        if not (self.is_translator or 0 <= column < self.anatomy.num_outputs):
            raise ValueError(f"the network of {quoted(label)} has no output {column}")
        wanted = {site.name: self._mask_shape(site) for site in self.anatomy.sites}
        unknown = masks.keys() - wanted.keys()
        if unknown or not masks or not (self.is_translator or masks.keys() == wanted.keys()):
            raise ValueError(
                f"{quoted(label)} has masks for {some_of(masks) or 'no layer'}, expected "
                f"{some_of(wanted)}"
            )
        for name, mask in masks.items():
            steps, units = wanted[name]
            if mask.shape != (steps or max(1, len(mask)), units):
                raise ValueError(
                    f"the mask of {quoted(label)} for {quoted(name)} is of the shape "
                    f"{shown(mask.shape)}, expected {shown(wanted[name])}"
                )
        return Module(label, self, column, masks)

    def _mask_shape(self, site):
        """Steps, None of any number, and units."""
        (sequence, *_), *_ = self.anatomy.reads[site.layer]
        return 1 if self.is_rolled else sequence.shape[1], site.units

    def margins_head(self, columns):
        """A function that gives modules' margins, from what the last layer reads; for a
        translator the probabilities of what each module would write."""
        if self.is_translator:
            return lambda x: ModuleRows(len(columns))(self.own_head(x))
        kernel, bias = self._dense_weights()
        weights = self.anatomy.margin_weights(columns)
        name = self.anatomy.free_name("margins")

        def head(x):
            layer = LabelMargins(len(columns), dtype="float32", name=name)
            margins = layer(x)
            layer.set_weights([weights @ kernel.T, weights @ bias])
            return margins

        return head

    def own_head(self, x, kept=None):
        """The probabilities of a translator, from what the last layer reads, or from those of its
        features that are kept."""
        return self._dense(x, self.anatomy.num_outputs, "softmax", *self._dense_weights(kept))

    def two_way_head(self, column):
        """A function that gives a module's probabilities, of another label and of its own, from
        what the last layer reads; where labels are sigmoids, of its own alone."""
        own = self.anatomy.margin_weights([column]) > 0
        activation, ways = "sigmoid", own
        if not self.anatomy.is_multi_label:
            activation = "softmax"
            ways = np.concatenate([~own / (self.anatomy.num_outputs - 1), own])

        def head(x, kept=None):
            kernel, bias = self._dense_weights(kept)
            return self._dense(x, len(ways), activation, kernel @ ways.T, ways @ bias)

        return head

    def _dense(self, x, units, activation, *weights):
        name = self.anatomy.free_name("module")
        layer = keras.layers.Dense(units, activation, dtype="float32", name=name)
        if isinstance(self.anatomy.head, keras.layers.TimeDistributed):
            layer = keras.layers.TimeDistributed(layer, name=name)
        output = layer(x)
        layer.set_weights(weights)
        return output

    def _dense_weights(self, kept=None):
        kernel, *bias = (np.asarray(w, "float64") for w in self.anatomy.dense.get_weights())
        bias = bias[0] if bias else np.zeros(kernel.shape[1])
        return kernel if kept is None else kernel[kept], bias


@dataclass(frozen=True)
class Module:
    """One label's part of a network.

    Attributes:
        label: String, its name.
        network: The `Network`.
        column: Integer, the network's output, or group, that is its label.
        masks: `{site's name: boolean array (steps or 1, units)}`, whether a unit is in it.
    """

    label: str
    network: Network
    column: int
    masks: dict
