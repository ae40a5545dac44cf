import dataclasses
from functools import cached_property

import keras
import numpy as np

from modzoo.decomposition.composing import joined_graph
from modzoo.decomposition.label_names import require_different
from modzoo.decomposition.measuring import evaluate, overlap, share_kept
from modzoo.decomposition.observed import checked_inputs, require_ids
from modzoo.decomposition.portions import rows_at_once
from modzoo.decomposition.reporting import report
from modzoo.decomposition.saving import load_modules, save_modules
from modzoo.decomposition.surgery import cut_module, plain_module
from modzoo.decomposition.vocabularies import joined, require_words
from modzoo.errors import CallError, quoted, some_of

ROWS = 2048  # of all modules, in one pass


class ModuleSet:
    """Modules of one trained network, or of several, that together tell their labels apart.

    Each module says how sure it is of its own label: the logit of the label less the mean of the
    other labels' logits, its margin; the sigmoid of it is what a softmax over the label's logit
    and that mean gives. The composition's answer is the label of the greatest margin. A set stays
    as it is: every method gives a new one.

    Args:
        modules: List of `Module`, of different labels.
        vocabulary: List of words, in the order of the ids that the set reads, or None.

    Attributes:
        labels: List of strings.
        masks: `{label: {site's name: boolean array (steps or 1, units)}}`, whether a unit is in
            the label's module.
        vocabulary: As given.
    """

    def __init__(self, modules, vocabulary=None):
        self.modules = tuple(modules)
        self.vocabulary = None if vocabulary is None else tuple(vocabulary)
        if not self.modules:
            raise CallError("A set of modules has one at least, received none.")
        require_different([module.label for module in self.modules])
        for network in self.networks:
            _require_alike(network, [m for m in self.modules if m.network == network])
        if self.vocabulary is not None:
            require_words(self.vocabulary)
        if any((n.vocabulary is None) != (self.vocabulary is None) for n in self.networks):
            raise CallError("A set of modules has a vocabulary if all its networks have one.")
        kinds = {network.kind for network in self.networks}
        if len(kinds) > 1:
            raise CallError(
                f"Modules compose that read and say alike, received: {'; '.join(sorted(kinds))}."
            )
        if self._is_translator and len({network.vocabulary for network in self.networks}) > 1:
            raise CallError(
                "Modules of translators compose that write the words of one vocabulary; received "
                "those of networks with different ones."
            )

    @property
    def labels(self):
        return [module.label for module in self.modules]

    @property
    def masks(self):
        return {module.label: dict(module.masks) for module in self.modules}

    @property
    def networks(self):
        """The networks that the modules are of, each once."""
        return list(dict.fromkeys(module.network for module in self.modules))

    def subset(self, labels):
        """The modules of some labels, in that order."""
        return ModuleSet([self._module(label) for label in labels], self.vocabulary)

    def merge(self, other):
        """The modules of both sets, of different labels.

        Where both have a vocabulary and these differ, the merged set reads the ids of a joint one:
        the words of this set, then those that the other adds.
        """
        return ModuleSet([*self.modules, *other.modules], self._vocabulary_with(other))

    def replace(self, label, module):
        """The set with another module in the place of a label's.

        Args:
            label: String.
            module: `ModuleSet` of one module, as `other.subset(["label"])`; it gets the name
                `label`.
        """
        replaced = self._module(label)
        if len(module.modules) != 1:
            raise CallError(
                f"A label is replaced by one module, received {len(module.modules)}: "
                f"{some_of(module.labels)}."
            )
        new = dataclasses.replace(module.modules[0], label=label)
        modules = [new if own is replaced else own for own in self.modules]
        return ModuleSet(modules, self._vocabulary_with(module))

    def compose(self, margins=False):
        """All modules as one Keras model, which can be saved and exported.

        What all modules share, as the embedding, is computed once; all masks run as one batch.

        Args:
            margins: Whether it gives margins, which are to be compared, or probabilities.

        Returns:
            `keras.Model` that reads what the network reads and gives `(batch, labels)`, or
            `(batch, steps, labels)` where the network has an output a step. Of translators
            `(batch, labels, steps, outputs)`, each module's probabilities.
        """
        inputs, output = joined_graph(self.modules, self.vocabulary)
        if not margins and not self._is_translator:
            name = self.networks[0].anatomy.free_name("probability")
            output = keras.layers.Activation("sigmoid", dtype="float32", name=name)(output)
        return keras.Model(inputs, output, name="composition")

    def module(self, label):
        """One module as a Keras model.

        Of a rolled module all layers are Keras' own, and the weights into removed units are 0;
        but where units would not be 0 by that, since an activation is not 0 at 0 or states are
        given, and in an unrolled module, the recurrent layers are `keras.layers.RNN` of a
        `MaskedCell`.

        Returns:
            `keras.Model` that gives `(batch, 2)` or `(batch, steps, 2)`: the probabilities of
            another label and of its own. Where labels are sigmoids: of its own alone. Of a
            translator: what the network gives.
        """
        return plain_module(self._module(label))

    def cut(self, label):
        """One module as a smaller Keras model, without the removed units.

        Returns:
            `keras.Model` that gives what `module` gives.

        Raises:
            CallError: If the module has a mask for each step, or its network is no chain of
                layers in which SimpleRNN, LSTM and GRU run in one direction.
        """
        return cut_module(self._module(label))

    def margins(self, x, batch_size=None):
        """What `compose(margins=True)` gives of arrays, float32.

        Args:
            x: Array, or list of arrays, as the network reads them.
            batch_size: Integer, examples of one pass. Default: so many that all modules have some
                2,000 rows, fewer where these are large.
        """
        arrays = checked_inputs(self.networks[0].model, x)
        require_ids(self.networks[0].anatomy, arrays, self.vocabulary)
        rows = min(rows_at_once(network.anatomy, arrays, ROWS) for network in self.networks)
        batch_size = batch_size or max(1, rows // len(self.modules))
        x = keras.tree.pack_sequence_as(self.composition.input, arrays)
        return self.composition.predict(x, batch_size=batch_size, verbose=0)

    def predict(self, x, batch_size=None):
        """The probability that each module gives its label, float32: `(examples, labels)` or
        `(examples, steps, labels)`; see `compose` and `margins`."""
        margins = self.margins(x, batch_size)
        return margins if self._is_translator else _sigmoid(margins)

    def classify(self, x, batch_size=None):
        """The place in `labels` of the greatest margin, `(examples,)` or `(examples, steps)`."""
        if self._is_translator:
            raise CallError("Modules that translate give texts; there are no labels to choose.")
        return self.margins(x, batch_size).argmax(-1)

    def share_kept(self):
        """`{label: {site's name: share}}` of the units, over all steps, that each module has."""
        return share_kept(self)

    def overlap(self):
        """Which part of their weights modules share: Jaccard indices, those in both by those in
        either, `(labels, labels)`.

        A module has the weights and biases that lead into its units, at each step. Modules of
        different networks share none.
        """
        return overlap(self)

    def evaluate(self, x, y, groups=None):
        """Figures of the modules together, beside the network's.

        Args:
            x: Array, or list of arrays, as the network reads them.
            y: As `decompose` takes it, where all modules are different labels' of one network;
                else the place of each example's label in `labels`, or 0 or 1 for each of them.
                Examples whose label has no module are left out, and the network too then chooses
                among the modules' labels.
            groups: As `decompose` takes them, for translators.

        Returns:
            Dictionary of `"modules"` and `"examples"`, their numbers; `"metric"`, `"accuracy"` of
            examples or of steps, `"f1"` over all labels where they are sigmoids, or of translators
            `"bleu"`, 0 to 100, of the ids up to the first 0, which ends a text; `"composition"`
            and `"monolith"`, what it is of the modules together and of the network, None where
            there are several; `"difference"` of the two; `"share_kept"`, the mean share of units
            that a module has; `"units_kept"`, their sum over modules; and `"classes"`, all this
            for each label: of accuracy, that of the examples that have it.
        """
        return evaluate(self, x, y, groups)

    def report(self, x, y, folder=None, curve=True, groups=None):
        """What `evaluate` returns, and a folder for people to read.

        Args:
            x, y, groups: As of `evaluate`.
            folder: Folder, to which `report.md` and pictures are written: `units.png`, which
                module has which unit, `overlap.png` and, of one network, `curve.png`. A
                `report.md` of another kind is left, and is an error.
            curve: Whether it has `"curve"`, see `removal_curve`: there units are rated by one half
                of the examples, and the compositions marked by the other.
        """
        return report(self, x, y, folder, curve, groups)

    def save(self, folder):
        """Writes the set to a folder: each network's weights once, and the masks beside."""
        save_modules(self.modules, self.vocabulary, folder)

    @classmethod
    def load(cls, folder):
        """The set in a folder that `save` wrote. Nothing in it is run.

        Raises:
            CallError: If there is none, or it cannot be read.
        """
        return cls(*load_modules(folder))

    @cached_property
    def composition(self):
        """The model of `compose(margins=True)` that the set itself asks."""
        return self.compose(margins=True)

    @property
    def _is_translator(self):
        return self.modules[0].network.is_translator

    def _vocabulary_with(self, other):
        if self.vocabulary is None and other.vocabulary is None:
            return None
        if self.vocabulary is None or other.vocabulary is None:
            raise CallError(
                "Of two sets of modules one has a vocabulary and one has none, so that their ids "
                "cannot be compared; give `vocabulary` to decompose for both."
            )
        return joined(self.vocabulary, other.vocabulary)

    def _module(self, label):
        for module in self.modules:
            if module.label == label:
                return module
        raise CallError(
            f"There is no module {quoted(str(label))}; there is: {some_of(self.labels)}."
        )


def _require_alike(network, modules):
    """Raises unless the masks of modules of one network can be stacked."""
    wanted = {name: mask.shape for name, mask in modules[0].masks.items()}
    for module in modules:
        found = {name: mask.shape for name, mask in module.masks.items()}
        if found != wanted:
            raise CallError(
                f"The modules {quoted(modules[0].label)} and {quoted(module.label)} of one network "
                f"have masks of different layers or steps: {wanted} and {found}."
            )


def _sigmoid(x):
    return (0.5 * (1 + np.tanh(0.5 * x.astype("float64")))).astype("float32")
