import os

import keras
import numpy as np

from modzoo.errors import CallError
from modzoo.files import whole_file
from modzoo.knowledge.arrays import read_arrays
from modzoo.knowledge.described import described
from modzoo.knowledge.pieces import restore_pieces
from modzoo.knowledge.source import Source
from modzoo.knowledge.word_vectors import WordVectors


class WordPieces(Source):
    """The pieces of words, for a language model that the network trains.

    The data of the source are the tokeniser's; the language model is a layer of the network,
    with whose weights it is saved.

    Args:
        name: The source's name.
        pieces: `modzoo.knowledge.pieces.Pieces`.
        vectors: `WordVectors`, the layer.
    """

    def __init__(self, name="token", pieces=None, vectors=None, config=None):
        super().__init__(name)
        self.pieces = pieces
        self._vectors = vectors
        self._config = config

    @property
    def is_loaded(self):
        return self.pieces is not None

    @property
    def assets(self):
        return (f"{self.name}.npz",)

    def input(self):
        return keras.Input((None, None, 2), dtype="int32", name=self.name)

    def embedding(self):
        """The layer from pieces and a padding mask to vectors: the language model's if it is
        there, else one of its configuration, untrained."""
        if self._vectors is not None:
            return self._vectors
        return described(self._config["vectors"], WordVectors)

    def annotate(self, words):
        """Pieces, integers `(batch, windows, pieces, 2)` (see `Pieces`)."""
        return self.pieces(words.written)

    def save_assets(self, folder):
        with whole_file(os.path.join(folder, *self.assets)) as beside:
            np.savez(beside, **self.pieces.arrays())

    def load_assets(self, folder):
        path = os.path.join(folder, *self.assets)
        try:
            self.pieces = restore_pieces(self._config["pieces"], read_arrays(path))
        except CallError:
            raise
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise CallError(
                f"Cannot read {path} ({reason}); it is not the tokeniser of the source {self.name}."
            ) from error

    def get_config(self):
        config = self._config or {
            "pieces": self.pieces.get_config(),
            "vectors": keras.saving.serialize_keras_object(self._vectors),
        }
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config):
        return cls(config["name"], config={key: config[key] for key in ("pieces", "vectors")})
