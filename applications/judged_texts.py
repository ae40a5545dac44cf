"""Classifiers of texts: their outputs, their classes and what is said of them."""

import numpy as np

from modzoo.errors import CallError, quoted, some_of

BATCH_SIZE = 256


def outputs_of(model, texts):
    """The model's outputs for a list of strings, of which those of like length share a batch."""
    order = np.argsort([len(text) for text in texts], kind="stable")
    ordered = np.array(texts, dtype=object)[order]
    # Not by `predict`: for a few texts its pipeline costs more to trace than to do without.
    batches = [
        np.asarray(model.predict_on_batch(ordered[start : start + BATCH_SIZE]))
        for start in range(0, len(texts), BATCH_SIZE)
    ]
    outputs = np.concatenate(batches)
    outputs[order] = outputs.copy()
    return outputs


def class_numbers(model, examples):
    """The labels of `TextExamples` as numbers of the model's classes."""
    places = []
    for label in examples.label_names:
        if label not in model.labels:
            raise CallError(
                f"{examples.source} has the label {quoted(label)}, which the model does not know; "
                f"its classes are {some_of(model.labels)}."
            )
        places.append(model.labels.index(label))
    return np.array(places)[examples.labels]


def class_judgement(probabilities, labels):
    """The likeliest class and the probabilities of all, JSON values."""
    return {
        "label": labels[int(np.argmax(probabilities))],
        "scores": {name: float(p) for name, p in zip(labels, probabilities, strict=True)},
    }


def cut_remarks(preprocessor, room, unit, *texts):
    """Sentences that say how many of some lists of texts a preprocessor cuts.

    `room` is the number of units that it takes, `unit` what it counts in, for people.
    """
    number = sum(map(preprocessor.num_cut, texts))
    if not number:
        return ()
    return (
        f"{number} of {sum(map(len, texts))} texts are longer than {room} {unit} and are cut "
        "there.",
    )
