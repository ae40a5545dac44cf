import keras
import keras_hub
import tensorflow as tf
from keras import ops

from modzoo.knowledge import padded_words
from modzoo.knowledge.styles import split_words
from modzoo.training import FromPreset

COUNTED_AT_ONCE = 256


class AnnotatedTextPreprocessor(FromPreset, keras_hub.models.Preprocessor):
    """Strings to what `AnnotatedTextBackbone` reads, in core TensorFlow ops.

    Args:
        tokenizer: `AnnotatedTextTokenizer`.
        sequence_length: Integer, number of words at which longer texts are cut, since the longest
            text of a batch makes all others as long. None: nowhere.
        length_multiple: Integer; batches are padded to a multiple of it, so that compiled
            models see few shapes.

    Call arguments:
        x: Strings, `(batch,)`; `y` and `sample_weight` pass through.

    Returns:
        Dictionary of `"padding_mask"`, boolean `(batch, time)`, and under its name what each
        of the tokenizer's sources says of the words: `"token"`, integers `(batch, time)`, and
        float tensors `(batch, time, width)`.
    """

    def __init__(self, tokenizer, sequence_length=512, length_multiple=8, **kwargs):
        super().__init__(**kwargs)
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length
        self.length_multiple = length_multiple
        self.built = True  # else JAX would run a model once, op by op, to build it

    def split(self, texts):
        """The `modzoo.knowledge.Words` that `features` reads in strings `(batch,)`, a tensor."""
        return padded_words(texts, self.tokenizer.style, self.sequence_length, self.length_multiple)

    def words(self, texts):
        """The same of a list of strings, for people: lists of strings, as they are written."""
        rows = self.split(tf.constant(texts, tf.string)).written.numpy().tolist()
        return [[word.decode() for word in row if word] for row in rows]

    def num_cut(self, texts):
        """How many of a list of strings are cut."""
        limit = self.sequence_length
        if limit is None:
            return 0
        long = [text for text in texts if len(text) > limit]  # no more words than characters
        number = 0
        for start in range(0, len(long), COUNTED_AT_ONCE):
            some = tf.constant(long[start : start + COUNTED_AT_ONCE])
            lengths = split_words(some, self.tokenizer.style).row_lengths()
            number += int(tf.math.count_nonzero(lengths > limit))
        return number

    def features(self, text):
        """Pure TensorFlow: strings `(batch,)` to a dictionary of dense tensors."""
        words = self.split(text)
        return {"padding_mask": words.written != "", **self.tokenizer.annotate(words)}

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
