"""What a monolith and its modules say of texts, in numbers."""

import numpy as np
import tensorflow as tf

from modzoo.applications.decomposition.words import style_of
from modzoo.errors import CallError, some_of
from modzoo.knowledge import padded_words, split_words

BATCH_SIZE = 256


def parts(model):
    """Labels of the modules."""
    return [] if model.module_masks is None else list(model.module_masks["masks"])


def share_kept(model):
    """The mean share of the units of a layer that a module has."""
    masks = model.module_set.masks.values()
    return float(np.mean([mask.mean() for layers in masks for mask in layers.values()]))


def units_of(model):
    """`{layer: [unit][module]}`, the share of the steps at which a module has a unit."""
    masks, labels = model.module_set.masks, model.module_labels
    return {
        layer: np.round([masks[label][layer].mean(0) for label in labels], 4).T.tolist()
        for layer in masks[labels[0]]
    }


def network_says(model, x):
    """The probabilities of the whole network, `(examples, ...)`."""
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


def rows_of(model, texts):
    """What the network reads of texts, and of how many rows each is: of one, but that longer texts
    that are to be tagged are in pieces."""
    if model.kind != "tags":
        return model.encode(texts), [1] * len(texts)
    length = model.sequence_length
    words = [
        padded_words(tf.constant([text]), style_of(model.kind), None, length).normal
        for text in texts
    ]
    pieces = [tf.reshape(row, [-1, length]) for row in words]
    return model.read(tf.concat(pieces, 0)).numpy(), [len(piece) for piece in pieces]


def tokens_of(model, text):
    """The words of a text, as they are written in it."""
    (words,) = split_words(tf.constant([text]), style_of(model.kind)).numpy().tolist()
    return [word.decode() for word in words]


def cut_remarks(model, texts):
    """A sentence that says how many texts are cut, in a list if there are some."""
    if model.kind == "tags":
        return ()
    length = model.sequence_length
    long = [text for text in texts if len(text) > length]  # no more words than characters
    lengths = split_words(tf.constant(long, tf.string), style_of(model.kind)).row_lengths()
    number = int(tf.math.count_nonzero(lengths > length))
    if not number:
        return ()
    return (f"{number} of {len(texts)} texts are longer than {length} words and are cut there.",)
