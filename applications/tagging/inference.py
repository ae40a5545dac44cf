"""What a trained tagger says of raw words, and by which of its parts."""

import keras
import numpy as np
import tensorflow as tf
from scipy.special import softmax

from modzoo.applications.interface import Predictions, copy_of, require_words
from modzoo.applications.tagging import gates, routes, undecided
from modzoo.applications.tagging.labelled_sentences import LabelledSentences
from modzoo.applications.tagging.settings import Options
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.training import evaluation_batches, evaluation_order


def kind_of(model):
    """The module on what the tasks of a model decide: `gates`, `routes` or `undecided`."""
    if model.backbone.multi_task is None:
        return gates
    return routes if "decoder_routes" in model.backbone.output else undecided


def parts(model):
    """Names of what can be switched off: gates, or sub-encoders and routes."""
    return kind_of(model).parts(model)


def without(model, names):
    """The tagger with some of its `parts` off too; `model` stays as it is."""
    copy = copy_of(model)
    kind_of(model).switch_off(copy, names)
    return copy


def model_outputs(model, tokens, *names, batch_size=128):
    """Runs a tagger on lists of words, no longer than its preprocessor reads, in order of length.

    Yields:
        For each batch the places of its sentences in `tokens`, and what
        `model.decisions_model(*names)` returns of them, as arrays.
    """
    sentences = LabelledSentences(TaggedSentences(tokens, {}, "", ""), {})
    order, done = evaluation_order(sentences), 0
    features = evaluation_batches(sentences, batch_size).map(
        lambda words, *_: model.preprocessor.features(words)
    )
    decisions = model.decisions_model(*names)
    for batch in features.prefetch(tf.data.AUTOTUNE).as_numpy_iterator():
        size = len(batch["padding_mask"])
        outputs = decisions.predict_on_batch(batch)
        yield order[done : done + size], keras.tree.map_structure(np.asarray, outputs)
        done += size


def predict_tags(model, tokens, batch_size=128):
    """The tags of lists of words, `{task: list of lists}`."""
    pieces = in_pieces(model, TaggedSentences(tokens, {}, "", "")).tokens
    tags = {task: [None] * len(pieces) for task in model.tasks}
    for places, outputs in model_outputs(model, pieces, "logits", batch_size=batch_size):
        for task, logits in outputs["logits"].items():
            best, names = np.argmax(logits, axis=-1), model.labels[task]
            for row, place in enumerate(places):
                tags[task][place] = [names[i] for i in best[row, : len(pieces[place])]]
    return {task: _joined(rows, tokens) for task, rows in tags.items()}


def in_pieces(model, sentences):
    """The sentences, those that are longer than the model's preprocessor reads in pieces."""
    length = model.preprocessor.sequence_length
    return sentences if length is None else sentences.pieces(length)


def cut_remarks(model, *tokens):
    """Sentences that say how many of some lists of lists of words are read in pieces."""
    length = model.preprocessor.sequence_length
    number = sum(length is not None and len(words) > length for rows in tokens for words in rows)
    if not number:
        return ()
    return (
        f"{number} of {sum(map(len, tokens))} sentences are longer than {length} words and are "
        "read in pieces.",
    )


def _joined(pieces, tokens):
    """Rows as long as those of `tokens`, of their pieces in order."""
    pieces, rows = iter(pieces), []
    for words in tokens:
        row = list(next(pieces))
        while len(row) < len(words):
            row += next(pieces)
        rows.append(row)
    return rows


def predict(model, texts, options=Options()):
    """What the model says of texts, words between spaces.

    Args:
        model: `Tagger`.
        texts: List of strings.
        options: `Options`.

    Returns:
        `Predictions`, whose records are `{"tokens": [...], task: [tag of each word]}`.
    """
    tokens = model.preprocessor.words(texts)
    tags = predict_tags(model, tokens)
    records = [
        {"tokens": words, **{task: rows[i] for task, rows in tags.items()}}
        for i, words in enumerate(tokens)
    ]
    lines = [_lines(record) for record in records]
    return Predictions(records, lines, remarks=cut_remarks(model, tokens))


def _lines(record):
    """The words and their tags in columns, and an empty line."""
    return "".join("\t".join(cells) + "\n" for cells in zip(*record.values(), strict=True))


def explain(model, text, options=Options()):
    """Which units, or which sub-encoders, served which task at each word of `text`.

    Returns a dictionary: the input; `"tokens"`; `"tasks"`; the tags of each task as `predict`
    gives them; `"scores"`, `{task: the tags' probabilities}`; and of a tagger with gates
    `"gates"`, `{task: for each word the list of its gates}`, and `"gate_mode"`: `"learned"`,
    `"fixed"` or `"none"`; of one with routes `"routes"`, `[word][layer][source][module]`, 1 where
    a sub-encoder reads a source, `"reads"`, `{task: [word][layer][module]}`, 1 where the task
    reads it, `"rates"`, `{task: [layer][module]}`, at which share of the words, and `"shares"`, of
    all that the task reads, each sub-encoder's part, of sum 1.

    Raises:
        CallError: If there are no words in `text`, or the model has neither gates nor routes.
    """
    (whole,) = model.preprocessor.words([text])
    require_words(whole, text)
    kind, words = kind_of(model), whole[: model.preprocessor.sequence_length]
    ((_, outputs),) = model_outputs(model, [words], "logits", *kind.DECISIONS)
    outputs = keras.tree.map_structure(lambda x: x[0, : len(words)].astype("float64"), outputs)
    record = {"input": text, "tokens": words, "tasks": model.tasks}
    for task, names in model.labels.items():
        record[task] = [names[i] for i in outputs["logits"][task].argmax(-1)]
    if len(words) < len(whole):
        record["remarks"] = [f"Only the first {len(words)} of {len(whole)} words are explained."]
    scores = {
        task: softmax(logits, axis=-1).max(-1).round(4).tolist()
        for task, logits in outputs["logits"].items()
    }
    return {**record, "scores": scores, **kind.explained(model, outputs)}


def draw(record):
    """The picture of what `explain` returned."""
    return (gates if "gates" in record else routes).draw(record)
