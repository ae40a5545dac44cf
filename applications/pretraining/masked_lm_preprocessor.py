import keras
import tensorflow as tf

from modzoo.applications.pretraining.text_preprocessor import TIMBertTextPreprocessor


@keras.saving.register_keras_serializable(package="modzoo")
class TIMBertMaskedLMPreprocessor(TIMBertTextPreprocessor):
    """Strings with `[MASK]` in them to what `TIMBertMaskedLM` reads.

    Arguments are those of `TIMBertTextPreprocessor`.

    Call arguments:
        x: Strings, `(batch,)`; or features, which pass through, as do `y` and `sample_weight`.

    Returns:
        Dictionary of `"token_ids"` and `"padding_mask"`, `(batch, time)`, and `"mask_positions"`,
        integers `(batch, masks)`, the places of `[MASK]`; 0 where a text has fewer than another.
    """

    def features(self, text):
        features = super().features(text)
        is_masked = features["token_ids"] == self.tokenizer.mask_token_id
        counts = tf.math.count_nonzero(is_masked, axis=1)
        places = tf.RaggedTensor.from_row_lengths(tf.where(is_masked)[:, 1], counts).to_tensor()
        missing = tf.maximum(0, 1 - tf.shape(places)[1])  # where no text has any
        places = tf.pad(places, [[0, 0], [0, missing]])
        return {**features, "mask_positions": tf.cast(places, "int32")}

    def call(self, x, y=None, sample_weight=None):
        if isinstance(x, dict):
            return keras.utils.pack_x_y_sample_weight(x, y, sample_weight)
        return super().call(x, y, sample_weight)
