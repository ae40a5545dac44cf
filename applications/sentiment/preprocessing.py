import os
from collections import Counter

import keras
import keras_hub
import tensorflow as tf
from keras import ops

from modzoo.applications.sentiment.backbone import SentimentBackbone
from modzoo.knowledge import Lexicon, align, score_table, split_review

PADDING, UNKNOWN = "[PAD]", "[UNK]"


def split_lower(text):
    """The words of `text`, `(batch,)`, in lower case, a ragged string tensor."""
    return tf.strings.lower(split_review(text), encoding="utf-8")


@keras.saving.register_keras_serializable(package="modzoo")
class SentimentTokenizer(keras_hub.tokenizers.Tokenizer):
    """Words, their ids, and the lexica that annotate them.

    Vocabulary and lexica are asset files, not configuration: a tokenizer made without
    them gets them when its preset or `.keras` file is loaded.

    Args:
        vocabulary: List of lower-case words, `[PAD]` and `[UNK]` first.
        lexica: List of `modzoo.knowledge.Lexicon`.
        lexicon_names: Names of the lexica, where these come later as assets.

    Call arguments:
        inputs: String tensor of shape `(batch,)`.

    Returns:
        Ragged integer tensor `(batch, None)` of word ids; words outside the vocabulary
        are 1.
    """

    backbone_cls = SentimentBackbone

    def __init__(self, vocabulary=None, lexica=(), lexicon_names=(), **kwargs):
        super().__init__(**{"dtype": "int32", **kwargs})
        self.lexicon_names = list(lexicon_names) or [lexicon.name for lexicon in lexica]
        self.file_assets = ["vocabulary.txt", *(f"{name}.tsv" for name in self.lexicon_names)]
        self.vocabulary = None
        if vocabulary is not None:
            self._set_tables(vocabulary, lexica)

    @classmethod
    def learn(cls, texts, lexica=(), min_count=1, max_size=None):
        """A tokenizer whose vocabulary is the words of `texts`, most frequent first.

        Args:
            texts: List of strings.
            lexica: List of `modzoo.knowledge.Lexicon`.
            min_count: Integer, how often a word must occur to have an id of its own.
            max_size: Integer, number of words kept. Default: all.
        """
        words = split_lower(tf.constant(texts, tf.string))
        counts = Counter(word.decode() for word in words.flat_values.numpy())
        kept = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
        return cls([PADDING, UNKNOWN, *kept[:max_size]], lexica)

    def _set_tables(self, vocabulary, lexica):
        self.vocabulary = list(vocabulary)
        self.lexica = {lexicon.name: lexicon for lexicon in lexica}
        with tf.init_scope():
            self.ids = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(
                    tf.constant(self.vocabulary), tf.range(len(self.vocabulary))
                ),
                self.vocabulary.index(UNKNOWN),
            )
        self.scores = {
            name: score_table(lexicon, split_lower) for name, lexicon in self.lexica.items()
        }

    def tokenize(self, inputs):
        return self.ids.lookup(split_lower(tf.convert_to_tensor(inputs)))

    def vocabulary_size(self):
        return len(self.vocabulary)

    def save_assets(self, dir_path):
        path = os.path.join(dir_path, "vocabulary.txt")
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(word + "\n" for word in self.vocabulary)
        for name, lexicon in self.lexica.items():
            lexicon.save(os.path.join(dir_path, f"{name}.tsv"))

    def load_assets(self, dir_path):
        with open(os.path.join(dir_path, "vocabulary.txt"), encoding="utf-8") as file:
            vocabulary = file.read().split("\n")[:-1]
        lexica = [
            Lexicon.load(name, os.path.join(dir_path, f"{name}.tsv")) for name in self.lexicon_names
        ]
        self._set_tables(vocabulary, lexica)

    def get_config(self):
        return {**super().get_config(), "lexicon_names": self.lexicon_names}


@keras.saving.register_keras_serializable(package="modzoo")
class SentimentPreprocessor(keras_hub.models.Preprocessor):
    """Strings to what `SentimentBackbone` reads, in core TensorFlow ops.

    Args:
        tokenizer: `SentimentTokenizer`.
        sequence_length: Integer, where longer texts are cut. Default: nowhere.
        length_multiple: Integer; batches are padded to a multiple of it, so that compiled
            models see few shapes.

    Call arguments:
        x: Strings, `(batch,)`; `y` and `sample_weight` pass through.

    Returns:
        Dictionary of `"token"`, integers `(batch, time)`; one float tensor
        `(batch, time, 2)`, score and presence, for each lexicon; and `"padding_mask"`,
        boolean `(batch, time)`.
    """

    backbone_cls = SentimentBackbone
    tokenizer_cls = SentimentTokenizer

    def __init__(self, tokenizer, sequence_length=None, length_multiple=8, **kwargs):
        super().__init__(**kwargs)
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length
        self.length_multiple = length_multiple

    def build(self, input_shape=None):
        self.built = True

    def features(self, text):
        """Pure TensorFlow: strings `(batch,)` to a dictionary of dense tensors."""
        ragged = split_lower(text)[:, : self.sequence_length]
        words = ragged.to_tensor("")
        time = tf.shape(words)[1]
        steps = tf.maximum(tf.math.ceil(time / self.length_multiple), 1)  # at least one step
        missing = tf.cast(steps, tf.int32) * self.length_multiple - time
        words = tf.pad(words, [[0, 0], [0, missing]], constant_values="")
        mask = tf.sequence_mask(ragged.row_lengths(), tf.shape(words)[1])
        ids = tf.where(mask, self.tokenizer.ids.lookup(words), 0)
        annotations = {name: align(words, t) for name, t in self.tokenizer.scores.items()}
        return {"token": ids, "padding_mask": mask, **annotations}

    def call(self, x, y=None, sample_weight=None):
        text = tf.reshape(tf.convert_to_tensor(x), [-1])
        features = self.features(text)
        if tf.executing_eagerly():
            features = {k: ops.convert_to_tensor(v.numpy()) for k, v in features.items()}
        return keras.utils.pack_x_y_sample_weight(features, y, sample_weight)

    def get_config(self):
        return {
            **super().get_config(),
            "sequence_length": self.sequence_length,
            "length_multiple": self.length_multiple,
        }
