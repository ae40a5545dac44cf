import keras
import keras_hub
import tensorflow as tf
from keras import ops

from modzoo.applications.tagging.backbone import TaggingBackbone
from modzoo.applications.tagging.tokenizer import CharacterTokenizer
from modzoo.knowledge.packing import pack_letters
from modzoo.training import FromPreset


@keras.saving.register_keras_serializable(package="modzoo")
class TaggingPreprocessor(FromPreset, keras_hub.models.Preprocessor):
    """Words to what `TaggingBackbone` reads, in core TensorFlow ops.

    Args:
        tokenizer: `CharacterTokenizer`.
        max_characters: Integer, where longer words are cut.
        few_sizes: Whether to round sizes up to a few values, so that a compiled model is
            compiled for few. Default: on JAX.
        sequence_length: Integer, number of words at which longer sentences are cut, since the
            longest one of a batch makes all others as long. None: nowhere. The functions
            `predict` and `evaluate` of this application cut them into pieces before.
        letters: Whether words are read letter by letter.

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

    def __init__(
        self,
        tokenizer,
        max_characters=64,
        few_sizes=None,
        sequence_length=512,
        letters=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.tokenizer = tokenizer
        self.max_characters = max_characters
        self.few_sizes = few_sizes
        self.sequence_length = sequence_length
        self.letters = letters
        self.built = True  # else JAX would run a model once, op by op, to build it

    def words(self, texts):
        """The words that `features` reads in a list of strings, for people: lists of strings."""
        split = tf.strings.split(tf.constant(texts, tf.string))
        return [[word.decode() for word in words] for words in split.to_list()]

    def time(self, x):
        """Number of words read of the longest of sentences, at least 1: steps without padding."""
        if not isinstance(x, tf.RaggedTensor):
            x = tf.convert_to_tensor(x, tf.string)
        words = tf.strings.split(x) if x.shape.rank == 1 else x
        shape = words.bounding_shape() if isinstance(words, tf.RaggedTensor) else tf.shape(words)
        time = max(int(shape[1]), 1)
        return time if self.sequence_length is None else min(time, self.sequence_length)

    def features(self, x):
        """Pure TensorFlow: sentences to a dictionary of dense tensors (see `pack_letters`)."""
        words = (tf.strings.split(x) if x.shape.rank == 1 else x)[:, : self.sequence_length]
        if isinstance(words, tf.RaggedTensor):
            words = words.to_tensor("")
        few = keras.backend.backend() == "jax" if self.few_sizes is None else self.few_sizes
        features = pack_letters(words, self.tokenizer.tokenize, self.max_characters, few)
        if self.tokenizer.num_words:
            ids = self.tokenizer.word_ids(words)
            missing = tf.shape(features["padding_mask"])[1] - tf.shape(ids)[1]
            features["tokens"] = tf.pad(ids, [[0, 0], [0, missing]])
        if not self.letters:
            del features["characters"], features["words"]
        return features

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
            "sequence_length": self.sequence_length,
            "letters": self.letters,
        }


def _pad(columns, time):
    if columns is None:
        return None
    padded = {}
    for task, column in columns.items():
        column = tf.convert_to_tensor(column)[:, :time]
        padded[task] = tf.pad(column, [[0, 0], [0, time - tf.shape(column)[1]]])
    return padded
