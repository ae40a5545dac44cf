"""What the modules of a monolith that translates write: each in a language of its own."""

import numpy as np
import tensorflow as tf

from modzoo.applications.decomposition.asking import (
    BATCH_SIZE,
    cut_remarks,
    network_says,
    share_kept,
    tokens_of,
    units_of,
)
from modzoo.applications.decomposition.data import encoded
from modzoo.applications.decomposition.words import joined
from modzoo.applications.interface import Predictions
from modzoo.decomposition.bleu import bleu_of_ids
from modzoo.decomposition.vocabularies import PADDING
from modzoo.errors import CallError, some_of
from modzoo.training import Evaluation

ROWS = 64  # texts that all modules translate at once


def evaluate_translations(model, examples):
    """`evaluate` of a monolith that translates: `bleu`, 0 to 100, of what each text's module
    writes, that of the language it is to be translated into; `monolith_bleu` and `share_kept`."""
    given, into = encoded(examples, model), np.array(examples.into)
    remarks = cut_remarks(model, examples.sources)
    network = network_says(model, given.x).argmax(-1)
    if model.module_masks is None:
        metrics = {"bleu": bleu_of_ids(network, given.y, True)}
        return Evaluation(examples.split, len(examples), metrics, remarks=remarks)
    labels = model.module_labels
    has_module = np.isin(into, labels)
    if not has_module.any():
        raise CallError(
            f"{examples.source} has no sentence to translate into {some_of(labels)}; the model has "
            "no module for other languages."
        )
    written, _ = what_is_written(model, given.x)
    own = np.array([labels.index(name) if name in labels else 0 for name in into])
    modules = written[np.arange(len(own)), own]

    def figures(kept):
        return [bleu_of_ids(said[kept], given.y[kept], True) for said in (modules, network)]

    both = dict(zip(("bleu", "monolith_bleu"), figures(has_module), strict=True))
    of_each = {name: figures(into == name) for name in labels if name in into}
    notes = {
        "classes": {
            name: {"modules": own, "monolith": whole} for name, (own, whole) in of_each.items()
        }
    }
    if not has_module.all():
        left_out = int((~has_module).sum())
        missing = some_of(name for name in dict.fromkeys(into.tolist()) if name not in labels)
        remarks = (
            *remarks,
            f"{left_out} of {len(into)} texts are left out, whose language has no module: "
            f"{missing}.",
        )
    metrics = {**both, "share_kept": share_kept(model)}
    return Evaluation(examples.split, len(examples), metrics, notes, remarks=remarks)


def what_is_written(model, x):
    """What each module writes, ids `(examples, modules, steps)`, and how sure it is of each word,
    probabilities of the same shape."""
    written, sure = [], []
    for start in range(0, len(x), ROWS):
        said = model.module_set.margins(x[start : start + ROWS], batch_size=ROWS)
        written.append(said.argmax(-1))
        sure.append(said.max(-1))
    return np.concatenate(written), np.concatenate(sure)


def sureness(written, sure):
    """How sure a module is of a translation: the geometric mean of the probabilities of its words
    and of its end. Arrays `(..., steps)`."""
    ended = np.cumsum(written == PADDING, axis=-1) - (written == PADDING)
    counts = ended == 0
    logs = np.where(counts, np.log(np.maximum(sure, 1e-30)), 0)
    return np.exp(logs.sum(-1) / counts.sum(-1))


def predict_translations(model, texts):
    """`predict` of a monolith that translates: the surest module's translation."""
    records = [_record(model, text, *said) for text, said in _all_said(model, texts)]
    lines = [record["translation"] for record in records]
    return Predictions(records, lines, remarks=cut_remarks(model, texts))


def explain_translation(model, text):
    """`explain` of a monolith that translates: what each module wrote, `"written"`, and how sure it
    was of each word, `"yes"`, a row for each word."""
    ((_, (written, sure)),) = _all_said(model, [text])
    words = [_words(model, row) for row in written]
    lengths = np.array([len(row) for row in words])
    length = max(1, int(lengths.max()))
    yes = np.where(np.arange(length)[:, None] < lengths, sure.T[:length], 0)
    remarks = cut_remarks(model, [text])
    return {
        "input": text,
        **_record(model, text, written, sure),
        "modules": model.module_labels,
        "words": tokens_of(model, text)[: model.sequence_length],
        "written": [[row[i] if i < len(row) else "" for row in words] for i in range(length)],
        "yes": np.round(yes.astype("float64"), 4).tolist(),
        "units": units_of(model),
        **({"remarks": list(remarks)} if remarks else {}),
    }


def _all_said(model, texts):
    """Pairs of a text and what modules, or the whole network, say of it."""
    for start in range(0, len(texts), BATCH_SIZE):
        batch = texts[start : start + BATCH_SIZE]
        x = model.encode(batch)
        if model.module_masks is None:
            said = network_says(model, x)[:, None]
            both = said.argmax(-1), said.max(-1)
        else:
            both = what_is_written(model, x)
        yield from zip(batch, zip(*both, strict=True), strict=True)


def _record(model, text, written, sure):
    how_sure = sureness(written, sure)
    best = int(how_sure.argmax())
    (translation,) = joined(tf.constant([_words(model, written[best]) or [""]])).numpy()
    said = {"input": text, "translation": translation.decode()}
    if model.module_masks is None:
        return said
    found = dict(zip(model.module_labels, map(float, how_sure), strict=True))
    scores = {name: found.get(name, 0.0) for name in model.labels}
    return {**said, "into": model.module_labels[best], "scores": scores}


def _words(model, ids):
    """The words of a row of ids, up to its end."""
    ends = np.flatnonzero(ids == PADDING)
    return [model.vocabulary[i] for i in (ids[: ends[0]] if len(ends) else ids)]
