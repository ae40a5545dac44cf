"""How right modules are together, beside the network that they are of, and what they share."""

import keras
import numpy as np

from modzoo.decomposition.bleu import bleu_of_ids
from modzoo.decomposition.observed import UNLABELLED, Targets, checked_inputs, require_whole, shown
from modzoo.decomposition.portions import rows_at_once
from modzoo.decomposition.vocabularies import own_ids
from modzoo.errors import CallError, some_of

ROWS = 64  # of texts that are written at once
METRICS = {"accuracy": "accuracy", "f1": "F1 over all labels", "bleu": "BLEU"}  # for people


def points(metric):
    """What a figure is multiplied by to be in points: 100 but of BLEU, which is in points."""
    return 1 if metric == "bleu" else 100


class NothingToMark(CallError):
    """No example has a label whose module is there."""


class Marking:
    """Right answers to examples, by which the answers of modules are marked.

    Where the labels are sigmoids marks are F1 over all labels of all examples; of translators the
    BLEU of all texts; else the share of examples, or of steps, that are answered right, of those
    whose label a module has.

    Args:
        modules: `ModuleSet`.
        y: As `decompose` takes it, where all modules are of one network; else the places of
            labels in `modules.labels`, or 0 or 1 for each of them.
        groups: As `decompose` takes them.
    """

    def __init__(self, modules, y, groups=None):
        first = modules.networks[0]
        self.is_translator = first.is_translator
        self.is_multi_label = first.anatomy.is_multi_label
        self.size = len(modules.labels)
        self.has_vocabulary = modules.vocabulary is not None
        columns = own_columns(modules)
        if self.is_translator and groups is None:
            raise CallError("Modules of groups are marked by the group of each example: `groups`.")
        if self.is_translator:
            targets = Targets(first.anatomy, y, groups)
            self.true, self.counted = targets.y, targets.y >= 0
            self.group = _places(targets.group, _places_of(targets.names, modules.labels))
            self.counted &= self.group[:, None] >= 0
        elif columns is None:
            self._set_labels(modules, np.asarray(y))
        else:
            targets = Targets(first.anatomy, y).y
            if self.is_multi_label:
                self.true, self.counted = targets[..., columns] > 0, (targets >= 0).all(-1)
            else:
                self.member = self.true = _places(
                    targets, {column: i for i, column in enumerate(columns)}
                )
                self.counted = self.true >= 0
        if not (self.true if self.is_multi_label else self.counted).any():
            raise NothingToMark(
                "None of the labels in y has a module: no example that is measured is of "
                f"{some_of(modules.labels)}."
            )

    def _set_labels(self, modules, y):
        rank = 1 + modules.networks[0].anatomy.is_per_step + self.is_multi_label
        high = 1 if self.is_multi_label else self.size - 1
        if y.ndim != rank or not y.size or (self.is_multi_label and y.shape[-1] != self.size):
            raise CallError(
                f"For modules of several networks y has {rank} axes, in the order of their labels, "
                f"received {shown(y.shape)}."
            )
        require_whole(y)
        if not UNLABELLED <= y.min() <= y.max() <= high:
            raise CallError(
                f"For modules of several networks y has numbers up to {high}, in the order of "
                f"their labels, and {UNLABELLED} for none of these; received {y.min()} to "
                f"{y.max()}."
            )
        self.member = self.true = y = y.astype("int64")
        self.counted = y >= 0
        if self.is_multi_label:
            self.counted, self.true = self.counted.all(-1), y > 0

    @property
    def metric(self):
        if self.is_translator:
            return "bleu"
        return "f1" if self.is_multi_label else "accuracy"

    def answers(self, scores, rows=slice(None)):
        """What modules' margins say; of a translator's probabilities for some rows, what the
        module of each example's group writes."""
        if self.is_translator:
            own = np.maximum(self.group[rows], 0)
            return np.take_along_axis(scores.argmax(-1), own[:, None, None], 1)[:, 0]
        return scores > 0 if self.is_multi_label else scores.argmax(-1)

    def overall(self, answers):
        """The mark of all answers."""
        if self.is_translator:
            return self._bleu(answers, self.counted.any(1))
        if self.is_multi_label:
            return _f1(answers[self.counted], self.true[self.counted])
        return float((answers == self.true)[self.counted].mean())

    def of_labels(self, answers):
        """The mark of each label, None where no example has it."""
        places = range(self.size)
        if self.is_translator:
            return [self._bleu(answers, self._texts_of(i)) for i in places]
        if self.is_multi_label:
            said, true = answers[self.counted], self.true[self.counted]
            return [_f1(said[:, i], true[:, i]) for i in places]
        right = answers == self.true
        marks = [right[self.counted & (self.member == i)] for i in places]
        return [float(mark.mean()) if len(mark) else None for mark in marks]

    @property
    def examples(self):
        """How many examples are marked, of tags those with a step that is."""
        return int(self.counted.reshape(len(self.counted), -1).any(1).sum())

    def counts(self):
        """How many examples, or steps, have each label; how many texts each group."""
        if self.is_translator:
            return [int(self._texts_of(i).sum()) for i in range(self.size)]
        if self.is_multi_label:
            return self.true.reshape(-1, self.size).sum(0).tolist()
        return np.bincount(self.member[self.counted], minlength=self.size).tolist()

    def _texts_of(self, place):
        return (self.group == place) & self.counted.any(1)

    def _bleu(self, answers, rows):
        if not rows.any():
            return None
        return bleu_of_ids(answers[rows], self.true[rows], self.has_vocabulary)


def evaluate(modules, x, y, groups=None):
    """Figures of a set of modules on examples; see `ModuleSet.evaluate`."""
    marking = Marking(modules, y, groups)
    arrays = checked_inputs(modules.networks[0].model, x)
    if len(arrays[0]) != len(marking.true):
        raise CallError(
            f"x and y have as many examples, received {len(arrays[0]):,} and {len(marking.true):,}."
        )
    own = together(modules.margins, arrays, marking)
    overall = {"composition": marking.overall(own), "monolith": None}
    rows = {"composition": marking.of_labels(own), "monolith": [None] * marking.size}
    columns = own_columns(modules)
    if columns is not None:
        whole = _alone(modules, arrays, marking, columns)
        overall["monolith"], rows["monolith"] = marking.overall(whole), marking.of_labels(whole)
    shares = [_share(module.masks.values()) for module in modules.modules]
    classes = {
        label: {
            "examples": count,
            "composition": together,
            "monolith": alone,
            "difference": _difference(together, alone),
            "share_kept": share,
        }
        for label, count, together, alone, share in zip(
            modules.labels, marking.counts(), *rows.values(), shares, strict=True
        )
    }
    return {
        "modules": len(modules.labels),
        "examples": marking.examples,
        "metric": marking.metric,
        **overall,
        "difference": _difference(*overall.values()),
        "share_kept": float(np.mean(shares)),
        "units_kept": float(sum(_units(module.masks.values()) for module in modules.modules)),
        "classes": classes,
    }


def own_columns(modules):
    """The output of each module, where all are different ones of one network, else None."""
    columns = [module.column for module in modules.modules]
    return columns if len(modules.networks) == 1 and len({*columns}) == len(columns) else None


def share_kept(modules):
    """`{label: {site's name: share}}`; see `ModuleSet.share_kept`."""
    return {
        module.label: {name: float(mask.mean()) for name, mask in module.masks.items()}
        for module in modules.modules
    }


def overlap(modules):
    """Jaccard indices of the modules' weights; see `ModuleSet.overlap`."""
    members = modules.modules
    both, either = np.zeros((2, len(members), len(members)))
    for network in modules.networks:
        own = [i for i, module in enumerate(members) if module.network == network]
        for site in network.anatomy.sites:
            if site.name not in members[own[0]].masks:
                continue
            masks = np.array([members[i].masks[site.name] for i in own], "float64")
            weights_of_unit = site.cell.count_params() / site.units
            flat = masks.reshape(len(own), -1) * (weights_of_unit / masks.shape[1]) ** 0.5
            shared = flat @ flat.T
            size = shared.diagonal()
            both[np.ix_(own, own)] += shared
            either[np.ix_(own, own)] += size[:, None] + size - shared
    return np.divide(both, either, out=np.eye(len(members)), where=either > 0)


def together(margins, arrays, marking):
    """The answers of modules, of which `margins(arrays)` gives the margins."""
    if not marking.is_translator:
        return marking.answers(margins(arrays))
    parts = []
    for start in range(0, len(arrays[0]), ROWS):
        rows = slice(start, start + ROWS)
        parts.append(marking.answers(margins([array[rows] for array in arrays]), rows))
    return np.concatenate(parts)


def _units(masks):
    """How many units a module has, over its layers; of each, the mean over its steps."""
    return float(sum(mask.mean(0).sum() for mask in masks))


def _share(masks):
    return _units(masks) / sum(mask.shape[-1] for mask in masks)


def _alone(modules, arrays, marking, columns):
    """The answers of the network that modules are of, among their labels."""
    (network,) = modules.networks
    arrays = own_ids(network, modules.vocabulary, arrays)
    x = keras.tree.pack_sequence_as(network.model.input, arrays)
    rows = rows_at_once(network.anatomy, arrays, ROWS)
    outputs = network.model.predict(x, batch_size=rows, verbose=0)
    if marking.is_translator:
        return outputs.argmax(-1)
    return marking.answers(outputs[..., columns] - 0.5)  # of sigmoids: above 0 is yes


def _places_of(names, labels):
    """`{place in names: place in labels}` of those that are in both."""
    return {i: labels.index(name) for i, name in enumerate(names) if name in labels}


def _places(values, places):
    """`values` by a dictionary, -1 where it has none."""
    found = np.full(values.shape, -1)
    for value, place in places.items():
        found[values == value] = place
    return found


def _f1(said, true):
    positives = said.sum() + true.sum()
    return float(2 * (said & true).sum() / positives) if positives else None


def _difference(one, other):
    return None if one is None or other is None else one - other
