"""How right the modules of a monolith are, beside the whole network."""

import numpy as np

from modzoo.applications.decomposition.asking import (
    answers_of,
    cut_remarks,
    margins,
    network_says,
    of_labels,
    parts,
    share_kept,
)
from modzoo.applications.decomposition.data import encoded
from modzoo.applications.decomposition.translating import evaluate_translations
from modzoo.errors import some_of
from modzoo.training import Evaluation


def evaluate(model, examples):
    """Figures on labelled texts or sentences.

    Args:
        model: `Monolith`.
        examples: Examples of its kind.

    Returns:
        `Evaluation` with `accuracy`, that of the modules together; `monolith_accuracy`, and
        `share_kept`, the mean share of units that a module has. They are accuracies of texts, of
        words, or of all labels of all texts, which have `micro_f1` too. Translations have `bleu`, 0
        to 100, in its place, of what each text's module writes: that of the language that it is to
        be in. The note `"classes"` has both figures for each label. A label without a module is
        left out, and the monolith too then chooses among those of the modules. A monolith that is
        not taken apart has its own figures alone, on all labels.

    Raises:
        CallError: If no example has a label with a module.
    """
    if model.kind == "translations":
        return evaluate_translations(model, examples)
    given = encoded(examples, model)
    texts = () if model.kind == "tags" else examples.texts
    monolith, remarks = network_says(model, given.x) - 0.5, cut_remarks(model, texts)
    if model.module_masks is None:
        metrics = _figures(model, monolith, given.y)
        return Evaluation(examples.split, len(examples), metrics, remarks=remarks)
    labels = parts(model)
    scores = of_labels(model, margins(model, given.x), labels)
    monolith = of_labels(model, monolith, labels)
    y = answers_of(model, given.y, labels, examples.source)
    whole = _figures(model, monolith, y)
    metrics = {
        **_figures(model, scores, y),
        **{f"monolith_{name}": value for name, value in whole.items()},
        "share_kept": share_kept(model),
    }
    right = (_is_right(model, answers, y) for answers in (scores, monolith))
    notes = {"classes": _of_classes(model, labels, *right, y)}
    remarks = (*remarks, *_left_out(model, given.y, y))
    return Evaluation(examples.split, len(examples), metrics, notes, remarks=remarks)


def _figures(model, scores, y):
    figures = {"accuracy": _mean(_is_right(model, scores, y))}
    if model.kind == "labels":
        said, true = scores > 0, y > 0.5
        figures["micro_f1"] = float(2 * (said & true).sum() / max(1, said.sum() + true.sum()))
    return figures


def _left_out(model, given, y):
    """A sentence that says what is not marked for want of a module, in a list if anything is."""
    missing = some_of(label for label in model.labels if label not in parts(model))
    if model.kind == "labels":
        return (f"Labels without a module are left out: {missing}.",) if missing else ()
    number, total = int((y < 0).sum() - (given < 0).sum()), int((given >= 0).sum())
    if not number:
        return ()
    what = "words" if model.kind == "tags" else "texts"
    return (f"{number} of {total} {what} are left out, whose label has no module: {missing}.",)


def _is_right(model, scores, y):
    """Whether each answer is the right one, NaN where there is none to give."""
    if model.kind == "labels":
        return ((scores > 0) == (y > 0.5)).astype(float)
    return np.where(y < 0, np.nan, scores.argmax(-1) == y)


def _mean(right):
    return float(np.nanmean(right))


def _of_classes(model, labels, right, whole, y):
    """Both accuracies of each of some labels that occurs."""
    if model.kind == "labels":
        columns = zip(labels, right.T, whole.T, strict=True)
    else:
        occurring = [i for i in range(len(labels)) if (y == i).any()]
        columns = ((labels[i], right[y == i], whole[y == i]) for i in occurring)
    return {name: {"modules": _mean(own), "monolith": _mean(all)} for name, own, all in columns}
