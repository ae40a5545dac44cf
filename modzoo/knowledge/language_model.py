import functools
import hashlib
import json
import os
import threading

import keras
import numpy as np
import tensorflow as tf

from modzoo.errors import CallError
from modzoo.files import whole_file
from modzoo.knowledge.arrays import MAX_BYTES, read_arrays
from modzoo.knowledge.described import described
from modzoo.knowledge.frozen_vectors import FrozenVectors
from modzoo.knowledge.pieces import restore_pieces
from modzoo.knowledge.word_vectors import WordVectors

WEIGHT = "weight_{:05d}"
ONE_AT_A_TIME = threading.Lock()  # on JAX a call takes the weights away from another


class LanguageModel(FrozenVectors):
    """The vectors of a language model that stays as it is, one for each word.

    The weights are data of the source: a model that is saved holds them, and so does a servable.
    On TensorFlow the language model is part of the graph that reads texts; on other backends that
    graph calls it.

    Args:
        name: The source's name.
        width: Integer, width of the vectors.
        pieces: `modzoo.knowledge.pieces.Pieces`.
        vectors: `WordVectors`, built.
    """

    def __init__(self, name="token", width=None, pieces=None, vectors=None, config=None):
        super().__init__(name)
        self.width = width
        self.pieces = None
        self._config = config
        if pieces is not None:
            self._set(pieces, vectors)

    @property
    def is_loaded(self):
        return self.pieces is not None

    @property
    def assets(self):
        return (f"{self.name}.npz",)

    @functools.cached_property
    def identity(self):
        digest = hashlib.blake2b(digest_size=16)
        config = json.loads(json.dumps(self._config))
        for named in (config["pieces"]["tokenizer"], config["vectors"]["config"]["backbone"]):
            named["config"].pop("name", None)  # which counts the models of a process
        digest.update(json.dumps(config, sort_keys=True).encode())
        for name, array in self._arrays().items():
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array))
        return digest.hexdigest()

    def save_assets(self, folder):
        with whole_file(os.path.join(folder, *self.assets)) as beside:
            np.savez(beside, **self._arrays())

    def load_assets(self, folder):
        path = os.path.join(folder, *self.assets)
        try:
            arrays = read_arrays(path, max(MAX_BYTES, 2 * os.path.getsize(path)))
            pieces = restore_pieces(self._config["pieces"], arrays)
            vectors = described(self._config["vectors"], WordVectors)
            vectors.backbone.set_weights(
                [arrays[WEIGHT.format(i)] for i in range(len(vectors.backbone.weights))]
            )
        except CallError:
            raise
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise CallError(
                f"Cannot read {path} ({reason}); it is not the language model of the source "
                f"{self.name}."
            ) from error
        self._set(pieces, vectors)

    def get_config(self):
        return {**super().get_config(), "width": self.width, **self._config}

    @classmethod
    def from_config(cls, config):
        return cls(
            config["name"],
            _positive(config["width"]),
            config={key: config[key] for key in ("pieces", "vectors")},
        )

    def _set(self, pieces, vectors):
        if self.width not in (None, vectors.width):
            raise CallError(
                f"The vectors of {self.name} have {vectors.width} numbers, not {self.width}."
            )
        self.pieces, self.vectors, self.width = pieces, vectors, vectors.width
        vectors.trainable = False
        if self._config is None:
            self._config = {
                "pieces": pieces.get_config(),
                "vectors": keras.saving.serialize_keras_object(vectors),
            }

    def _arrays(self):
        with ONE_AT_A_TIME:
            weights = self.vectors.backbone.get_weights()
        return {
            **self.pieces.arrays(),
            **{WEIGHT.format(i): weight for i, weight in enumerate(weights)},
        }

    def compute(self, written):
        pieces, mask = self.pieces(written), written != ""
        if keras.backend.backend() == "tensorflow":
            return tf.cast(self.vectors(pieces, mask, training=False), tf.float32)
        vectors = tf.numpy_function(self._call, [pieces, mask], tf.float32)
        return tf.ensure_shape(vectors, [*written.shape, self.width])

    def _call(self, pieces, mask):
        """The vectors by Keras' own backend, all arrays, of few sizes of batches."""
        rows = len(pieces)
        missing = (1 << (rows - 1).bit_length()) - rows
        x = [np.pad(a, [(0, missing), *(a.ndim - 1) * [(0, 0)]]) for a in (pieces, mask)]
        with ONE_AT_A_TIME:
            return np.asarray(self._network.predict_on_batch(x), "float32")[:rows]

    @functools.cached_property
    def _network(self):
        pieces = keras.Input((None, None, 2), dtype="int32")
        mask = keras.Input((None,), dtype="bool")
        return keras.Model([pieces, mask], self.vectors(pieces, mask))


def _positive(width):
    if not isinstance(width, int) or width < 1:
        raise ValueError(f"a width is a positive integer, not {width!r}")
    return width
