import keras
from keras import ops

from modzoo.applications.tagging.bilstm import BiLSTM


@keras.saving.register_keras_serializable(package="modzoo")
class WordEncoder(keras.layers.Layer):
    """Word vectors from letters: a BiLSTM over the characters of each distinct word.

    A word's vector is `[forward state at its last character; backward state at its first]`.
    Every distinct word of a batch is read once, however often it occurs. A word of no
    characters, such as padding, is the zero vector.

    Args:
        num_characters: Integer, number of character ids; 0 is padding.
        character_dim: Integer, width of the character embedding.
        units: Integer, width of a word vector, half of it from each direction.

    Call arguments:
        characters: Integers `(batch, words, characters)`: the batch's distinct words, dealt
            out to its rows in order, so that every input has a batch dimension.
        words: Integers `(batch, time)`: which of the distinct words stands where.

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
        self.bilstm.build_for(self.character_dim)

    def call(self, characters, words):
        characters = ops.reshape(characters, (-1, ops.shape(characters)[-1]))
        table = ops.convert_to_tensor(self.embedding)
        vectors = self.bilstm(characters, mask=characters != 0, table=table)
        return ops.take(vectors, words, axis=0)

    def compute_output_shape(self, characters_shape, words_shape):
        return (*words_shape, self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "num_characters": self.num_characters,
            "character_dim": self.character_dim,
            "units": self.units,
        }
