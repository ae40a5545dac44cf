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
        both accuracies for each label. A monolith that is not taken apart has its own alone.
    """
    given = encoded(examples, model)
    monolith = _probabilities(model, given.x) - 0.5
    whole = _is_right(model, monolith, given.y)
    metrics, notes = _figures(model, monolith, given.y), {}
    if model.module_masks is not None:
        scores = margins(model, given.x)
        own = _figures(model, scores, given.y)
        metrics = {**own, **{f"monolith_{name}": value for name, value in metrics.items()}}
        metrics["share_kept"] = share_kept(model)
        notes["classes"] = _of_classes(model, _is_right(model, scores, given.y), whole, given.y)
    return Evaluation(
        examples.split, len(examples), metrics, notes, remarks=cut_remarks(model, examples)
    )


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


def _is_right(model, scores, y):
    """Whether each answer is the right one, NaN where there is none to give."""
    if model.kind == "labels":
        return ((scores > 0) == (y > 0.5)).astype(float)
    return np.where(y < 0, np.nan, scores.argmax(-1) == y)


def _mean(right):
    return float(np.nanmean(right))


def _of_classes(model, right, whole, y):
    """Both accuracies of each label that occurs."""
    if model.kind == "labels":
        columns = zip(model.labels, right.T, whole.T, strict=True)
    else:
        occurring = [i for i in range(len(model.labels)) if (y == i).any()]
        columns = ((model.labels[i], right[y == i], whole[y == i]) for i in occurring)
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


def save_plots(run, model, example):
    """The pictures of a run; `example`: the text of which they show the modules at work."""
    from modzoo.plots import draw_history

    run.save_plot("history", draw_history(run.history()))
    run.save_plot("modules", draw(explain(model, example)))
