"""What a recipe trains, and by what."""

from collections import Counter

import keras
import tensorflow as tf

from modzoo.applications.decomposition.data import kind_of, label_names
from modzoo.applications.decomposition.monolith import Monolith
from modzoo.applications.decomposition.words import STYLE, style_of
from modzoo.errors import CallError
from modzoo.knowledge import Tokens
from modzoo.knowledge.styles import normalize
from modzoo.knowledge.tokens import PADDING, UNKNOWN


def build_monolith(settings, examples, start=None):
    """The monolith that a recipe trains.

    Args:
        settings: The application's `ModelSettings`.
        examples: Those of training, whose words and classes it is to know.
        start: `Monolith` to train further, of the same classes.
    """
    labels = label_names(examples)
    if start is not None:
        if start.labels != list(labels) or start.kind != kind_of(examples):
            raise CallError(
                f"The model to train further is of other classes than {examples.source} holds; "
                "they must be the same."
            )
        return start
    if settings.reads == "bag" and kind_of(examples) in ("tags", "translations"):
        raise CallError("A bag of words has no order to tag or translate; leave --reads bag out.")
    return Monolith(
        _vocabulary(examples, settings.min_count)[: settings.max_words + 2],
        labels,
        kind_of(examples),
        cell=settings.cell,
        num_layers=settings.num_layers,
        units=settings.units,
        activation=settings.activation,
        bidirectional=settings.bidirectional,
        embedding_dim=settings.embedding_dim,
        dropout=settings.dropout,
        recurrent_dropout=settings.recurrent_dropout,
        reads=settings.reads,
        sequence_length=settings.max_length,
    )


def _vocabulary(examples, min_count):
    if kind_of(examples) == "translations":  # of both languages, as each is read and written
        return Tokens.learn(examples.sources, style_of("translations"), min_count).vocabulary
    if kind_of(examples) != "tags":
        return Tokens.learn(examples.texts, STYLE, min_count).vocabulary
    words = tf.constant([word for words in examples.tokens for word in words], tf.string)
    counts = Counter(word.decode() for word in normalize(words, STYLE).numpy())
    kept = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return [PADDING, UNKNOWN, *kept]


def loss(model):
    """What a monolith is trained by."""
    if model.kind == "labels":
        return keras.losses.BinaryCrossentropy()
    return keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)  # padding


def accuracy(model):
    """Its figure in training, `"accuracy"`: of texts, of words that are no padding, or of all
    labels of all texts."""
    if model.kind == "labels":
        return keras.metrics.BinaryAccuracy("accuracy")
    return keras.metrics.SparseCategoricalAccuracy("accuracy")
