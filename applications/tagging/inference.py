"""What a trained tagger says of raw words, and which units it said it with."""

import keras
import numpy as np
import tensorflow as tf

from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.errors import CallError
from modzoo.training import tagged_evaluation_batches


def disable(model, names):
    """Switches off gate units, in a model that has not been called yet.

    Args:
        model: `Tagger`.
        names: List of units, `"7"`, whose gates of all tasks are 0, or of one task's gate of a
            unit, `"ner:7"`.
    """
    gate, tasks = model.backbone.task_gate, model.tasks
    switched = []
    for name in names:
        task, colon, unit = name.rpartition(":")
        if (colon and task not in tasks) or not unit.isdecimal() or int(unit) >= gate.units:
            raise CallError(
                f"The model has no gate {name!r} to disable; name a unit from 0 to "
                f"{gate.units - 1}, or TASK:UNIT with a task of: {', '.join(tasks)}."
            )
        switched.append((tasks.index(task), int(unit)) if colon else int(unit))
    gate.disabled = switched


def model_outputs(model, tokens, *names, batch_size=128):
    """Runs a tagger on lists of words, in order of length.

    Yields:
        For each batch the places of its sentences in `tokens`, and what
        `model.decisions_model(*names)` returns of them, as arrays.
    """
    sentences = TaggedSentences(tokens, {}, "", "")
    batches, order = tagged_evaluation_batches(sentences, batch_size=batch_size)
    features = batches.map(lambda words, *_: model.preprocessor.features(words))
    decisions = model.decisions_model(*names)
    done = 0
    for batch in features.prefetch(tf.data.AUTOTUNE).as_numpy_iterator():
        size = len(batch["words"])
        outputs = decisions.predict_on_batch(batch)
        yield order[done : done + size], keras.tree.map_structure(np.asarray, outputs)
        done += size


def predict_tags(model, tokens, batch_size=128):
    """The tags of lists of words, `{task: list of lists}`."""
    tags = {task: [None] * len(tokens) for task in model.tasks}
    for places, outputs in model_outputs(model, tokens, "logits", batch_size=batch_size):
        for task, logits in outputs["logits"].items():
            best, names = np.argmax(logits, axis=-1), model.labels[task]
            for row, place in enumerate(places):
                tags[task][place] = [names[i] for i in best[row, : len(tokens[place])]]
    return tags


def predict(model, texts):
    """For each text, words between spaces, `{"tokens": [...], task: [tag of each word]}`."""
    tokens = [text.split() for text in texts]
    tags = predict_tags(model, tokens)
    return [
        {"tokens": words, **{task: rows[i] for task, rows in tags.items()}}
        for i, words in enumerate(tokens)
    ]


def explain(model, text):
    """Which units served which task at each word of `text`.

    Returns a dictionary: the input; `"tokens"`; `"tasks"`; the tags of each task as `predict`
    gives them; `"scores"`, `{task: the tags' probabilities}`; and `"gates"`,
    `{task: for each word the list of its gates}`.
    """
    words = text.split()
    ((_, outputs),) = model_outputs(model, [words], "logits", "gates")
    record = {"input": text, "tokens": words, "tasks": model.tasks}
    scores, gates = {}, {}
    for task, names in model.labels.items():
        logits = outputs["logits"][task][0, : len(words)].astype("float64")
        odds = np.exp(logits - logits.max(-1, keepdims=True))
        record[task] = [names[i] for i in logits.argmax(-1)]
        scores[task] = (odds.max(-1) / odds.sum(-1)).round(4).tolist()
        rows = outputs["gates"][task][0, : len(words)].astype("float64")
        gates[task] = rows.round(4).tolist()
    return {**record, "scores": scores, "gates": gates}
