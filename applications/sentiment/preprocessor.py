import keras
import keras_hub
import tensorflow as tf
from keras import ops

from modzoo.applications.sentiment.backbone import SentimentBackbone
from modzoo.applications.sentiment.tokenizer import SentimentTokenizer
from modzoo.knowledge import align, split_words
from modzoo.training import FromPreset


@keras.saving.register_keras_serializable(package="modzoo")
class SentimentPreprocessor(FromPreset, keras_hub.models.Preprocessor):
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
        `(batch, time, 2)`, score and presence, for each lexicon; if the tokenizer has a tagger,
        `"pos"`, `(batch, time, 20)`, vectors of the parts of speech; and `"padding_mask"`,
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
        ragged = self.tokenizer.words(text)[:, : self.sequence_length]
        words = ragged.to_tensor("")
        time = tf.shape(words)[1]
        steps = tf.maximum(tf.math.ceil(time / self.length_multiple), 1)  # at least one step
        missing = tf.cast(steps, tf.int32) * self.length_multiple - time
        words = tf.pad(words, [[0, 0], [0, missing]], constant_values="")
        mask = tf.sequence_mask(ragged.row_lengths(), tf.shape(words)[1])
        ids = tf.where(mask, self.tokenizer.ids.lookup(words), 0)
        annotations = {name: align(words, t) for name, t in self.tokenizer.scores.items()}
        if self.tokenizer.tag_source is not None:
            written = split_words(text, self.tokenizer.style)[:, : self.sequence_length]
            vectors = self.tokenizer.tag_source(written.to_tensor(""))
            annotations["pos"] = tf.pad(vectors, [[0, 0], [0, missing], [0, 0]])
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
