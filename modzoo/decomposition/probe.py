"""What the units of a network do on examples: their states, and how outputs hang on them."""

import dataclasses

import keras
import numpy as np
from keras import ops

from modzoo.decomposition.anatomy import without_masks
from modzoo.decomposition.gradients import gradients_by
from modzoo.decomposition.portions import rows_at_once
from modzoo.decomposition.rebuilding import copy_cells, masked_layer, rebuilt
from modzoo.errors import CallError

BATCH = 256  # rows of one pass at most; JAX and TensorFlow compile for them once


class Probe:
    """A network whose units' masks are inputs and whose units' states are outputs.

    Args:
        anatomy: The `Anatomy` of the network.
        x: List of its input arrays, whose shapes hold for all that it will be given.
        is_translator: Whether it is an encoder and a decoder. Then the layers of decoders alone
            are looked at, those behind a `RepeatVector` or with an initial state that is given,
            and what hangs on units is not the logits but their log-probabilities.

    Attributes:
        batch: Integer, rows of one pass.
        sites: The sites that are looked at.
        num_steps: `{name of a site or its layer: number of its steps}`.
    """

    def __init__(self, anatomy, x, is_translator=False):
        self.anatomy = anatomy
        self.batch = rows_at_once(anatomy, x, BATCH)
        self.num_steps, self._states, self._present = {}, {}, {}
        self._decoders, self._behind = set(), {}
        layers = dict.fromkeys(site.layer for site in anatomy.sites)
        self._masks = {
            layer.name: keras.Input(
                (None, sum(site.units for site in anatomy.sites_of(layer))),
                name=f"{layer.name}_unit_masks",  # none that a model from a file may have
            )
            for layer in layers
        }
        inputs = [
            keras.Input(array.shape[1:], dtype=tensor.dtype)
            for array, tensor in zip(x, anatomy.model.inputs, strict=True)
        ]
        inputs += self._masks.values()
        with_masks = [*anatomy.model.inputs, *self._masks.values()]
        model = keras.Model(with_masks, anatomy.model.outputs)
        _, (logits,) = rebuilt(
            dataclasses.replace(anatomy, model=model),
            self._recurrent,
            self._logits,
            self._follow,
            inputs,
        )
        sites = [s for s in anatomy.sites if not is_translator or s.name in self._decoders]
        if not sites:
            raise CallError(
                "Groups need an encoder and a decoder: a recurrent layer behind a RepeatVector, or "
                f"with an initial state that is given; the model {anatomy.model.name} has none."
            )
        self.sites = sites
        if is_translator:
            logits = _Apply(ops.log_softmax)([logits])
        states = [self._states[site.name] for site in sites]
        present = [self._present[site.layer.name] for site in sites]
        self._observer = keras.Model(inputs, [*states, *present])
        self._padding = keras.Model(inputs, present)
        self._gradients = gradients_by(keras.Model(inputs, logits), len(x))

    def _follow(self, call, layer, *args, **kwargs):
        """Notes what stands behind a `RepeatVector`, or begins with a state that is given."""
        tensors = without_masks((args, kwargs))
        sites = self.anatomy.sites_of(layer)
        begins = isinstance(layer, keras.layers.RepeatVector) or any(
            site.is_given_states for site in sites
        )
        output = call(layer, *args, **kwargs)
        if begins or any(id(tensor) in self._behind for tensor in tensors):
            self._decoders.update(site.name for site in sites)
            self._behind |= {id(tensor): tensor for tensor in keras.tree.flatten(output)}
        return output

    def _recurrent(self, layer, args, kwargs):
        sequence, *others = args
        sites = self.anatomy.sites_of(layer)
        if layer.name in self._present:
            raise CallError(
                f"The layer {layer.name} is called more than once; its units would have one mask "
                "for different uses: give each call a layer of its own."
            )
        self.num_steps |= dict.fromkeys((layer.name, *(s.name for s in sites)), sequence.shape[1])
        self._present[layer.name] = _Present()(sequence)
        is_bidirectional = isinstance(layer, keras.layers.Bidirectional)
        copy = masked_layer(layer, sequence.shape[-1], return_sequences=True)
        if is_bidirectional:
            copy.merge_mode = None
            for half in (copy.forward_layer, copy.backward_layer):
                half.zero_output_for_mask = layer.return_sequences
        output = keras.tree.flatten(
            copy(_Apply(_side_by_side)([sequence, self._masks[layer.name]]), *others, **kwargs)
        )
        copy_cells(layer, copy)
        sequences, states = output[: len(sites)], output[len(sites) :]
        for site, hidden in zip(sites, sequences, strict=True):
            is_reversed = site.rnn.go_backwards and not is_bidirectional
            self._states[site.name] = _Apply(_flipped)([hidden]) if is_reversed else hidden
        if not layer.return_sequences:
            lasts = (_last, _first)  # the last step that the backward half reads is the first
            sequences = [_Apply(of, False)([h]) for h, of in zip(sequences, lasts, strict=False)]
        outputs = _merged(layer, sequences) if is_bidirectional else sequences
        return [*outputs, *states] if len(outputs) + len(states) > 1 else outputs[0]

    def _logits(self, x):
        dense = self.anatomy.dense
        name = self.anatomy.free_name("logits")
        layer = keras.layers.Dense(self.anatomy.num_outputs, use_bias=dense.use_bias, name=name)
        if isinstance(self.anatomy.head, keras.layers.TimeDistributed):
            layer = keras.layers.TimeDistributed(layer, name=name)
        logits = layer(x)
        layer.set_weights(dense.get_weights())
        return logits

    def states(self, x, wanted):
        """States of units, and which steps of what their layers read are no padding.

        Args:
            x: List of arrays.
            wanted: List of pairs of a site and a slice of its units.

        Returns:
            List of pairs of a float32 array `(rows, steps, units)` and a boolean one
            `(rows, steps)`.
        """
        found = []
        for batch, count in self._batches(x):
            outputs = self._observer.predict_on_batch(batch)
            for site, units in wanted:
                place = self.sites.index(site)
                present = outputs[len(self.sites) + place][:count] > 0
                found.append((outputs[place][:count, :, units], present))
        parts = [found[i :: len(wanted)] for i in range(len(wanted))]
        return [tuple(map(np.concatenate, zip(*part, strict=True))) for part in parts]

    def present(self, x):
        """Which steps of what each site reads are no padding, `{name: boolean (rows, steps)}`."""
        found = [
            [each[:count] > 0 for each in keras.tree.flatten(self._padding.predict_on_batch(batch))]
            for batch, count in self._batches(x)
        ]
        parts = zip(*found, strict=True)
        return {s.name: np.concatenate(p) for s, p in zip(self.sites, parts, strict=True)}

    def gradients(self, x, selectors, masks=None):
        """How the sum of the outputs, each times its selector, hangs on the masks.

        Args:
            x: List of arrays.
            selectors: Array of the outputs' shape.
            masks: `{site's name: array (rows, steps or 1, units)}`, at which it is derived.
                Default: 1.

        Returns:
            `{site's name: float32 array (rows, steps, units)}`, the derivatives.
        """
        found = []
        for start in range(0, len(selectors), self.batch):
            rows = slice(start, start + self.batch)
            ((batch, count),) = self._batches([array[rows] for array in x])
            if masks is not None:
                self._fill_in(batch[len(x) :], {name: each[rows] for name, each in masks.items()})
            gradients = self._gradients(
                batch, _filled(selectors[rows].astype("float32"), self.batch)
            )
            found.append([gradient[:count] for gradient in gradients])
        layers = dict(zip(self._masks, map(np.concatenate, zip(*found, strict=True)), strict=True))
        return {site.name: layers[site.layer.name][..., self._columns(site)] for site in self.sites}

    def _fill_in(self, arrays, masks):
        """Writes the masks of sites into those of layers."""
        layers = dict(zip(self._masks, arrays, strict=True))
        for site in self.sites:
            own = masks[site.name]
            layers[site.layer.name][: len(own), :, self._columns(site)] = own

    def _columns(self, site):
        first = self.anatomy.sites_of(site.layer)[0]
        start = 0 if site is first else first.units
        return slice(start, start + site.units)

    def _batches(self, x):
        """Pairs of the model's inputs, with masks of 1, and how many rows are no filling."""
        ones = [
            np.ones((self.batch, self.num_steps[name], masks.shape[-1]), "float32")
            for name, masks in self._masks.items()
        ]
        for start in range(0, len(x[0]), self.batch):
            batch = [array[start : start + self.batch] for array in x]
            filled = [_filled(array, self.batch) for array in batch]
            yield [*filled, *ones], len(batch[0])


class _Apply(keras.layers.Layer):
    """A function of a list of tensors. Where it keeps their steps, the padding of the first stays
    known; and unlike an operation's, its name is none that a layer of Keras may have."""

    def __init__(self, function, keeps_steps=True):
        super().__init__()
        self.function = function
        self.keeps_steps = keeps_steps
        self.supports_masking = True

    def call(self, inputs):
        return self.function(*inputs)

    def compute_mask(self, inputs, mask=None):
        return mask[0] if mask and self.keeps_steps else None

    def compute_output_spec(self, inputs):
        output = self.function(*inputs)
        return keras.KerasTensor(output.shape, output.dtype)


class _Present(keras.layers.Layer):
    """1 for each step that is no padding, else 0."""

    def __init__(self):
        super().__init__()
        self.supports_masking = True

    def call(self, inputs, mask=None):
        return ops.ones_like(inputs[..., 0]) if mask is None else ops.cast(mask, inputs.dtype)

    def compute_mask(self, inputs, mask=None):
        return None


def _filled(array, count):
    """`array` with copies of its first row up to so many rows."""
    return np.concatenate([array, np.repeat(array[:1], count - len(array), axis=0)])


def _merged(layer, halves):
    if layer.merge_mode is None:
        return halves
    return [_Apply(MERGES[layer.merge_mode], layer.return_sequences)(halves)]


def _side_by_side(*tensors):
    return ops.concatenate(tensors, axis=-1)


def _flipped(sequence):
    return ops.flip(sequence, 1)


def _first(sequence):
    return sequence[:, 0]


def _last(sequence):
    return sequence[:, -1]


MERGES = {
    "concat": _side_by_side,
    "sum": ops.add,
    "ave": lambda forward, backward: (forward + backward) / 2,
    "mul": ops.multiply,
}
