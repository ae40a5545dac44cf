import keras
from keras import ops

from modzoo.applications.tagging.bilstm import BiLSTM


@keras.saving.register_keras_serializable(package="modzoo")
class WordEncoder(keras.layers.Layer):
    """Word vectors from letters: a BiLSTM over the characters of each distinct word.

    A word's vector is `[forward state at its last character; backward state at its first]`.
    Every distinct word of a batch is read once, however often it occurs. A word of no
    characters, such as padding, is the zero vector. Short words share a row, so that the loop
    over characters does not wait for the longest.

    Args:
        num_characters: Integer, number of character ids; 0 is padding.
        character_dim: Integer, width of the character embedding.
        units: Integer, width of a word vector, half of it from each direction.

    Call arguments:
        characters: Integers `(batch, rows, cells)`: rows of the batch's distinct words, a 0
            or more between neighbours.
        words: Integers `(batch, time, 2)`: the cells of each word's first and last character,
            counted through all rows; twice the same empty cell for an empty word.

    Output shape: `(batch, time, units)`.
    """

    def __init__(self, num_characters, character_dim, units, **kwargs):
        super().__init__(**kwargs)
        self.num_characters = num_characters
        self.character_dim = character_dim
        self.units = units
        self.bilstm = BiLSTM(units, dtype=self.dtype_policy, name="bilstm")

    def build(self, characters_shape, words_shape):
        self.embedding = self.add_weight(
            name="embedding",
            shape=(self.num_characters, self.character_dim),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )
        self.bilstm.build((None, None, self.character_dim))

    def call(self, characters, words):
        characters = ops.reshape(characters, (-1, ops.shape(characters)[-1]))
        table = ops.convert_to_tensor(self.embedding)
        return self.bilstm.read_words(characters, words, table)

    def compute_output_shape(self, characters_shape, words_shape):
        return (*words_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "num_characters": self.num_characters,
            "character_dim": self.character_dim,
            "units": self.units,
        }
