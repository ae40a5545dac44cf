"""A tagger as a knowledge source: a frozen graph inside other applications' graphs."""

import keras
import numpy as np
import tensorflow as tf

from modzoo.applications.tagging.preprocessing import CharacterTokenizer, TaggingPreprocessor
from modzoo.errors import CallError
from modzoo.files import whole_file

FEATURES = {"characters": ("int32", 3), "words": ("int32", 3), "padding_mask": ("bool", 2)}


class TagSource:
    """Words to a vector for each word's tag, in core TensorFlow ops, whatever Keras' backend.

    Args:
        graph: Bytes, a tagger's serialised graph, from what `TaggingPreprocessor` returns to tag
            numbers `(batch, time)`, its weights constants.
        characters: String, the characters that the tagger knows.
        max_characters: Integer, where it cuts longer words.
        tags: List of the tags' names.
        vectors: Array `(len(tags), dimensions)`.

    Call arguments:
        words: Strings `(batch, time)`, padded with empty ones.

    Returns:
        Float tensor `(batch, time, dimensions)`; a word without a vector, such as padding, is the
        zero vector.
    """

    def __init__(self, graph, characters, max_characters, tags, vectors):
        self.graph = graph
        self.tags = list(tags)
        self.vectors = np.asarray(vectors, "float32")
        self.preprocessor = TaggingPreprocessor(
            CharacterTokenizer(characters), max_characters, few_sizes=False
        )
        with tf.init_scope():
            self._tagger = _callable(graph)

    @classmethod
    def freeze(cls, model, task, vectors):
        """The source of one task of a `Tagger`, which TensorFlow must run.

        Args:
            model: `Tagger`.
            task: Name of the task.
            vectors: Dictionary from tags to vectors (see `learn_tag_vectors`); tags without one
                have the zero vector.
        """
        from tensorflow.python.framework.convert_to_constants import (
            convert_variables_to_constants_v2,
        )

        if keras.backend.backend() != "tensorflow":
            raise CallError("A tagger is frozen on TensorFlow; set KERAS_BACKEND=tensorflow.")
        signature = [tf.TensorSpec([None] * n, kind, name) for name, (kind, n) in FEATURES.items()]

        @tf.function(input_signature=signature)
        def best(*features):
            logits = model(dict(zip(FEATURES, features, strict=True)), training=False)[task]
            return tf.identity(tf.argmax(logits, -1, tf.int32), "tags")

        frozen = convert_variables_to_constants_v2(
            best.get_concrete_function(), lower_control_flow=False
        )
        tags = model.labels[task]
        missing = np.zeros_like(next(iter(vectors.values())))
        preprocessor = model.preprocessor
        return cls(
            frozen.graph.as_graph_def().SerializeToString(deterministic=True),
            preprocessor.tokenizer.characters,
            preprocessor.max_characters,
            tags,
            [vectors.get(tag, missing) for tag in tags],
        )

    def tag(self, words):
        """Numbers of the words' tags, `(batch, time)`; of padding -1."""
        features = self.preprocessor.features(words)
        tags = self._tagger(*(features[name] for name in FEATURES))
        return tf.where(features["padding_mask"], tags, -1)[:, : tf.shape(words)[1]]

    def __call__(self, words):
        tags = self.tag(words)
        vectors = tf.gather(tf.constant(self.vectors), tf.maximum(tags, 0))
        return tf.where(tags[..., None] < 0, 0.0, vectors)

    def save(self, path):
        """Writes an `.npz` file."""
        with whole_file(path) as beside:
            np.savez_compressed(
                beside,
                graph=np.frombuffer(self.graph, "uint8"),
                characters=self.preprocessor.tokenizer.characters,
                max_characters=self.preprocessor.max_characters,
                tags=self.tags,
                vectors=self.vectors,
            )

    @classmethod
    def load(cls, path):
        try:
            with np.load(path) as file:
                return cls(
                    file["graph"].tobytes(),
                    str(file["characters"]),
                    int(file["max_characters"]),
                    file["tags"].tolist(),
                    file["vectors"],
                )
        except Exception as error:
            raise CallError(
                f"Cannot read {path} ({type(error).__name__}: {error}); it is no tag source."
            ) from error


def _callable(graph):
    definition = tf.compat.v1.GraphDef.FromString(graph)
    imported = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(definition, name=""), [])
    return imported.prune([f"{name}:0" for name in FEATURES], "tags:0")
