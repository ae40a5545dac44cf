import os
from collections import Counter

import keras
import keras_hub
import tensorflow as tf
from keras import ops

from modzoo.applications.tagging.backbone import TaggingBackbone
from modzoo.applications.tagging.packing import pack, spread

PADDING, UNKNOWN, FIRST = 0, 1, 2  # character ids
# What sizes are rounded up to a multiple of, so that a compiled model is compiled for few.
TIME_MULTIPLE, ROWS_MULTIPLE, CHARACTERS_MULTIPLE = 16, 2, 8


@keras.saving.register_keras_serializable(package="modzoo")
class CharacterTokenizer(keras_hub.tokenizers.Tokenizer):
    """Characters, that is Unicode code points, and their ids.

    The characters are an asset file, not configuration: a tokenizer made without them gets
    them when its preset or `.keras` file is loaded.

    Args:
        characters: String of the known characters.

    Call arguments:
        inputs: Words, a string tensor `(words,)`. Invalid UTF-8 is read as U+FFFD.

    Returns:
        Ragged integer tensor `(words, None)`; unknown characters are 1.
    """

    backbone_cls = TaggingBackbone

    def __init__(self, characters=None, **kwargs):
        super().__init__(**{"dtype": "int32", **kwargs})
        self.file_assets = ["characters.txt"]
        self.characters = None
        if characters is not None:
            self._set_table(characters)

    @classmethod
    def learn(cls, sentences, min_count=1):
        """A tokenizer of the characters of `sentences`, lists of words, most frequent first."""
        counts = Counter()
        for word, times in Counter(word for words in sentences for word in words).items():
            for character, count in Counter(word).items():
                counts[character] += times * count
        kept = [c for c in counts if counts[c] >= min_count]
        return cls("".join(sorted(kept, key=lambda c: (-counts[c], c))))

    def _set_table(self, characters):
        self.characters = characters
        points = tf.constant([ord(c) for c in characters], tf.int32)
        with tf.init_scope():
            self.ids = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(points, tf.range(len(characters)) + FIRST),
                UNKNOWN,
            )

    def tokenize(self, inputs):
        return self.ids.lookup(tf.strings.unicode_decode(inputs, "UTF-8"))

    def vocabulary_size(self):
        return FIRST + len(self.characters)

    def save_assets(self, dir_path):
        path = os.path.join(dir_path, "characters.txt")
        with open(path, "w", encoding="ascii", newline="\n") as file:
            file.writelines(f"U+{ord(character):04X}\n" for character in self.characters)

    def load_assets(self, dir_path):
        with open(os.path.join(dir_path, "characters.txt"), encoding="ascii") as file:
            self._set_table("".join(chr(int(line[2:], 16)) for line in file))


@keras.saving.register_keras_serializable(package="modzoo")
class TaggingPreprocessor(keras_hub.models.Preprocessor):
    """Words to what `TaggingBackbone` reads, in core TensorFlow ops.

    Args:
        tokenizer: `CharacterTokenizer`.
        max_characters: Integer, where longer words are cut.
        few_sizes: Whether to round sizes up to a few values, so that a compiled model is
            compiled for few. Default: on JAX.

    Call arguments:
        x: Sentences: strings `(batch,)` of words between spaces; or words `(batch, time)`,
            ragged or padded with empty strings.
        y: Integers `(batch, time)` of each task, in a dictionary; padded here as the words.
        sample_weight: The same of weights. Default: 1 at words, 0 at padding.

    Returns:
        Dictionary of the letters of the batch's distinct words, `"characters"`, integers
        `(batch, rows, cells)`, several words to a row; the places of each word's first and
        last letter, `"words"`, integers `(batch, time, 2)`; and `"padding_mask"`, boolean
        `(batch, time)`. With `y`, a tuple of it, labels and weights.
    """

    backbone_cls = TaggingBackbone
    tokenizer_cls = CharacterTokenizer

    def __init__(self, tokenizer, max_characters=64, few_sizes=None, **kwargs):
        super().__init__(**kwargs)
        self.tokenizer = tokenizer
        self.max_characters = max_characters
        self.few_sizes = few_sizes

    def build(self, input_shape=None):
        self.built = True

    def features(self, x):
        """Pure TensorFlow: sentences to a dictionary of dense tensors."""
        words = tf.strings.split(x) if x.shape.rank == 1 else x
        if isinstance(words, tf.RaggedTensor):
            words = words.to_tensor("")
        batch, time = tf.unstack(tf.shape(words))
        missing = self._size(time, TIME_MULTIPLE) - time
        words = tf.pad(words, [[0, 0], [0, missing]], constant_values="")
        distinct, places = tf.unique(tf.reshape(words, [-1]))
        letters = self.tokenizer.tokenize(distinct)[:, : self.max_characters]
        lengths = tf.cast(letters.row_lengths(), tf.int32)
        width = self._size(tf.reduce_max(tf.concat([lengths, [1]], 0)), CHARACTERS_MULTIPLE)
        starts, rows = pack(lengths, width)
        rows = self._size(-(-rows // tf.maximum(batch, 1)), ROWS_MULTIPLE)
        cells = spread(letters, starts, batch * rows * width)
        ends = tf.stack([starts, starts + tf.maximum(lengths, 1) - 1], -1)
        return {
            "characters": tf.reshape(cells, [batch, rows, width]),
            "words": tf.reshape(tf.gather(ends, places), [batch, tf.shape(words)[1], 2]),
            "padding_mask": words != "",
        }

    def _size(self, size, multiple):
        """At least `size` and 1; with few sizes the next multiple."""
        few = keras.backend.backend() == "jax" if self.few_sizes is None else self.few_sizes
        return tf.maximum(-(-size // multiple), 1) * multiple if few else tf.maximum(size, 1)

    def call(self, x, y=None, sample_weight=None):
        if not isinstance(x, tf.RaggedTensor):
            x = tf.convert_to_tensor(x, tf.string)
        features = self.features(x)
        mask = features["padding_mask"]
        if y is not None and sample_weight is None:
            sample_weight = {task: tf.cast(mask, "float32") for task in y}
        y, sample_weight = (_pad(columns, tf.shape(mask)[1]) for columns in (y, sample_weight))
        if tf.executing_eagerly():
            features, y, sample_weight = keras.tree.map_structure(
                lambda v: v if v is None else ops.convert_to_tensor(v.numpy()),
                (features, y, sample_weight),
            )
        return keras.utils.pack_x_y_sample_weight(features, y, sample_weight)

    def get_config(self):
        return {
            **super().get_config(),
            "max_characters": self.max_characters,
            "few_sizes": self.few_sizes,
        }


def _pad(columns, time):
    if columns is None:
        return None
    padded = {}
    for task, column in columns.items():
        column = tf.convert_to_tensor(column)
        padded[task] = tf.pad(column, [[0, 0], [0, time - tf.shape(column)[1]]])
    return padded
