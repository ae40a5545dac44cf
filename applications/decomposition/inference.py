"""What the modules of a monolith say of raw text, and which units they have."""

import numpy as np
import tensorflow as tf
from scipy.special import expit

from modzoo.applications.decomposition.data import encoded
from modzoo.applications.decomposition.settings import Options
from modzoo.applications.decomposition.words import STYLE
from modzoo.applications.interface import Predictions, copy_of, require_words
from modzoo.errors import CallError, some_of
from modzoo.knowledge import padded_words, split_words
from modzoo.training import Evaluation

BATCH_SIZE = 256
UNDECOMPOSED = (
    "The model is not taken apart yet, so it has no modules; modzoo decompose MODEL --data DIR "
    "--out DIR makes them."
)


def parts(model):
    """Labels of the modules."""
    return [] if model.module_masks is None else list(model.module_masks["masks"])


def without(model, names):
    """The model without the modules of some labels too, which it then never says; `model` stays
    as it is."""
    known = parts(model)
    for name in names:
        if name not in known:
            has = some_of(known, 20) or "none"
            raise CallError(f"The model has no module {name!r} to disable; it has: {has}.")
    off = [label for label in known if label in {*model.disabled, *names}]
    if known and len(off) == len(known):
        raise CallError("At least one module must stay enabled.")
    copy = copy_of(model)
    copy.disabled = off
    return copy


def evaluate(model, examples):
    """Figures on labelled texts or sentences.

    Args:
        model: `Monolith`.
        examples: Examples of its kind.

    Returns:
        `Evaluation` with `accuracy`, that of the modules together; `monolith_accuracy`, and
        `share_kept`, the mean share of units that a module has. They are accuracies of texts, of
        words, or of all labels of all texts, which have `micro_f1` too. The note `"classes"` has
        both accuracies for each label. A label without a module is left out, and the monolith too
        then chooses among those of the modules. A monolith that is not taken apart has its own
        figures alone, on all labels.

    Raises:
        CallError: If no example has a label with a module.
    """
    given = encoded(examples, model)
    monolith, remarks = _probabilities(model, given.x) - 0.5, cut_remarks(model, examples)
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


def share_kept(model):
    """The mean share of the units of a layer that a module has."""
    masks = model.module_set.masks.values()
    return float(np.mean([mask.mean() for layers in masks for mask in layers.values()]))


def _probabilities(model, x):
    batches = [
        np.asarray(model.predict_on_batch(x[start : start + BATCH_SIZE]))
        for start in range(0, len(x), BATCH_SIZE)
    ]
    return np.concatenate(batches)


def margins(model, x):
    """What each label's module says, its margin, `(examples, labels)`, of tags `(examples, steps,
    labels)`; of labels whose module is disabled, minus infinity."""
    modules = model.module_set
    found = modules.margins(x, batch_size=BATCH_SIZE)
    all_of = np.full((*found.shape[:-1], len(model.labels)), -np.inf, "float32")
    all_of[..., [model.labels.index(label) for label in modules.labels]] = found
    return all_of


def of_labels(model, scores, labels):
    """The columns of scores that are some labels'."""
    return scores[..., [model.labels.index(label) for label in labels]]


def answers_of(model, y, labels, source):
    """Right answers among some labels: their columns of 0 and 1, or their numbers in that order
    and -1 for what has another; raises if there is none."""
    if model.kind == "labels":
        return of_labels(model, y, labels)
    new = np.full(len(model.labels) + 1, -1)  # the last is that of padding
    new[[model.labels.index(label) for label in labels]] = range(len(labels))
    if (new[y] < 0).all():
        raise CallError(
            f"{source} has no example of {some_of(labels)}; the model has no module for "
            "other labels."
        )
    return new[y]


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


def cut_remarks(model, examples):
    """A sentence that says how many texts are cut, in a list if there are some."""
    if model.kind == "tags":
        return ()
    return _cut_remarks(model, examples.texts)


def _cut_remarks(model, texts):
    length = model.sequence_length
    long = [text for text in texts if len(text) > length]  # no more words than characters
    lengths = split_words(tf.constant(long, tf.string), STYLE).row_lengths()
    number = int(tf.math.count_nonzero(lengths > length))
    if not number:
        return ()
    return (f"{number} of {len(texts)} texts are longer than {length} words and are cut there.",)


def predict(model, texts, options=Options()):
    """What the modules say of texts.

    Args:
        model: `Monolith`; one that is not taken apart answers itself.
        texts: List of strings.
        options: `Options`.

    Returns:
        `Predictions`, whose records are `{"input", "label", "scores": {label: p}}`, p the
        probability that its module says yes; of any number of labels `"labels"`, a list; of tags
        `"tokens"` and `"tags"`.
    """
    if not texts:
        return Predictions([], [])
    rows, counts = _rows(model, texts)
    scores, probabilities = _answers(model, rows)
    starts = np.cumsum([0, *counts])
    records = []
    for text, start, end in zip(texts, starts, starts[1:], strict=False):
        own = _record(model, text, scores[start:end], probabilities[start:end])
        records.append({"input": text, **own})
    remarks = () if model.kind == "tags" else _cut_remarks(model, texts)
    return Predictions(records, [_line(record) for record in records], remarks=remarks)


def _rows(model, texts):
    """What the network reads of texts, and of how many rows each is: of one, but that longer texts
    that are to be tagged are in pieces."""
    if model.kind != "tags":
        return model.encode(texts), [1] * len(texts)
    length = model.sequence_length
    words = [padded_words(tf.constant([text]), STYLE, None, length).normal for text in texts]
    pieces = [tf.reshape(row, [-1, length]) for row in words]
    return model.read(tf.concat(pieces, 0)).numpy(), [len(piece) for piece in pieces]


def _answers(model, x):
    """Scores, of which the greatest is said or, of any number of labels, those above 0; and the
    probabilities."""
    if model.module_masks is None:
        probabilities = _probabilities(model, x)
        return probabilities - 0.5, probabilities
    found = margins(model, x)
    return found, expit(found)


def _record(model, text, scores, probabilities):
    """The answer for one text, of the rows it is in."""
    labels = model.labels
    if model.kind == "tags":
        tokens = _tokens(text)
        tags = scores.reshape(-1, len(labels)).argmax(-1)[: len(tokens)]
        return {"tokens": tokens, "tags": [labels[i] for i in tags]}
    said = {"scores": {name: float(p) for name, p in zip(labels, probabilities[0], strict=True)}}
    if model.kind == "classes":
        return {"label": labels[int(scores[0].argmax())], **said}
    return {"labels": [labels[i] for i in np.flatnonzero(scores[0] > 0)], **said}


def _tokens(text):
    (words,) = split_words(tf.constant([text]), STYLE).numpy().tolist()
    return [word.decode() for word in words]


def _line(record):
    if "tags" in record:
        pairs = zip(record["tokens"], record["tags"], strict=True)
        return " ".join(f"{word}/{tag}" for word, tag in pairs)
    if "labels" in record:
        return f"{', '.join(record['labels']) or '-'}  {record['input']}"
    return f"{record['label']}  {record['scores'][record['label']]:.3f}  {record['input']}"


def explain(model, text, options=Options()):
    """Which modules said yes to a text, and which units each has.

    Args:
        model: `Monolith` that is taken apart.
        text: String; of one that is to be tagged, the first `sequence_length` words.
        options: `Options`.

    Returns a dictionary: `"input"`; the answer as `predict` gives it; `"modules"`, their labels;
    `"words"`, those of the text as the network reads them; `"yes"`, a row for the text, or for each
    word that is tagged, of each module's probability of yes; and `"units"`, `{layer:
    [unit][module]}`, the share of the steps at which the module has the unit.

    Raises:
        CallError: If the model has no modules, or the text no words.
    """
    if model.module_masks is None:
        raise CallError(UNDECOMPOSED)
    tokens = _tokens(text)
    require_words(tokens, text)
    rows, _ = _rows(model, [text])
    scores, probabilities = _answers(model, rows)
    said = _record(model, text, scores, probabilities)
    labels = model.module_labels
    places = [model.labels.index(label) for label in labels]
    yes = probabilities[0][..., places].reshape(-1, len(labels))[: len(tokens)]
    masks = model.module_set.masks
    remarks = () if model.kind == "tags" else _cut_remarks(model, [text])
    return {
        "input": text,
        **said,
        "modules": labels,
        "words": tokens[: model.sequence_length],
        "yes": np.round(yes, 4).tolist(),
        "units": {
            layer: np.round([masks[label][layer].mean(0) for label in labels], 4).T.tolist()
            for layer in masks[labels[0]]
        },
        **({"remarks": list(remarks)} if remarks else {}),
    }


def draw(record):
    """The picture of what `explain` returned."""
    from modzoo.plots import draw_modules

    rows = record["words"] if "tags" in record else ["the text"]
    return draw_modules(record["modules"], rows, record["yes"], record["units"])


def save_plots(run, model, texts):
    """The pictures of a run; the first of `texts` that has words shows the modules at work."""
    from modzoo.plots import draw_history

    run.save_plot("history", draw_history(run.history()))
    example = next((text for text in texts if _tokens(text)), None)
    if example is None:
        run.say(["No text of the test has words, so no picture of the modules is drawn."])
        return
    run.save_plot("modules", draw(explain(model, example)))
