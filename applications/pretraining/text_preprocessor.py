import keras
import keras_hub
import tensorflow as tf
from keras import ops

from modzoo.applications.pretraining.backbone import TIMBertBackbone
from modzoo.applications.pretraining.tokenizer import TIMBertTokenizer
from modzoo.training import FromPreset

COUNTED_AT_ONCE = 256


@keras.saving.register_keras_serializable(package="modzoo")
class TIMBertTextPreprocessor(FromPreset, keras_hub.models.Preprocessor):
    """Strings to what `TIMBertBackbone` reads: `[CLS] text [SEP]`, or `[CLS] one [SEP] two [SEP]`.

    Args:
        tokenizer: `TIMBertTokenizer`.
        sequence_length: Integer, number of word pieces, the special ones among them, at which
            longer texts are cut; of a pair the longer text is cut first.
        pairs: Whether a string is a pair of texts with a tab between them. What follows a
            second tab is text; without a tab the second text is empty.
        length_multiple: Integer; batches are padded to a multiple of it, so that compiled models
            see few shapes.

    Call arguments:
        x: Strings, `(batch,)`; `y` and `sample_weight` pass through.

    Returns:
        Dictionary of `"token_ids"`, integers `(batch, time)`, and `"padding_mask"`, booleans
        `(batch, time)`.

    Raises:
        ValueError: If `sequence_length` leaves no room for a word piece.
    """

    backbone_cls = TIMBertBackbone
    tokenizer_cls = TIMBertTokenizer

    def __init__(self, tokenizer, sequence_length=128, pairs=False, length_multiple=8, **kwargs):
        super().__init__(**kwargs)
        least = 3 if pairs else 2
        if not isinstance(sequence_length, int) or sequence_length <= least:
            raise ValueError(
                f"`sequence_length` must be an integer above {least}. "
                f"Received: sequence_length={sequence_length}."
            )
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length
        self.pairs = pairs
        self.length_multiple = length_multiple
        self.built = True  # else JAX would run a model once, op by op, to build it

    @classmethod
    def from_preset(cls, preset, *args, **kwargs):
        found = super().from_preset(preset, *args, **kwargs)
        return found.of_texts() if cls is TIMBertTextPreprocessor else found

    @property
    def room(self):
        """Most word pieces of a text, or of both texts of a pair, beside the special ones."""
        return self.sequence_length - (3 if self.pairs else 2)

    def of_texts(self):
        """A `TIMBertTextPreprocessor` of the same tokenizer and lengths."""
        return TIMBertTextPreprocessor(
            self.tokenizer, self.sequence_length, self.pairs, self.length_multiple
        )

    def features(self, text):
        """Pure TensorFlow: strings `(batch,)` to a dictionary of dense tensors."""
        ids = self._joined(self._segments(text))
        pad = self.tokenizer.pad_token_id
        token_ids = tf.cast(ids.to_tensor(pad), "int32")
        longest, multiple = tf.shape(token_ids)[1], self.length_multiple
        time = tf.minimum(-(-longest // multiple) * multiple, self.sequence_length)
        token_ids = tf.pad(token_ids, [[0, 0], [0, time - longest]], constant_values=pad)
        return {"token_ids": token_ids, "padding_mask": tf.sequence_mask(ids.row_lengths(), time)}

    def _segments(self, text):
        """The word pieces of each text, a list of ragged tensors `(batch, None)`."""
        if not self.pairs:
            return [self.tokenizer.ids(text)]
        first = tf.strings.regex_replace(text, r"(?s)\t.*", "")
        second = tf.strings.regex_replace(text, r"^[^\t]*\t?", "", replace_global=False)
        return [self.tokenizer.ids(first), self.tokenizer.ids(second)]

    def _joined(self, segments):
        """One row of word pieces for each text or pair, the special ones among them."""
        room = tf.constant(self.room, tf.int64)
        lengths = [segment.row_lengths() for segment in segments]
        if self.pairs:
            first, second = lengths
            first = tf.minimum(first, tf.maximum((room + 1) // 2, room - second))
            lengths = [first, tf.minimum(second, room - first)]
        else:
            lengths = [tf.minimum(lengths[0], room)]
        start, end = (
            tf.fill((segments[0].nrows(), 1), tf.cast(token, segments[0].dtype))
            for token in (self.tokenizer.cls_token_id, self.tokenizer.sep_token_id)
        )
        parts = [start]
        for segment, length in zip(segments, lengths, strict=True):
            parts += [_first(segment, length), end]
        return tf.concat(parts, axis=1)

    def pieces(self, texts):
        """What `features` makes of a list of strings, for people: lists of word pieces."""
        features = self.features(tf.constant(texts, tf.string))
        rows, masks = (features[name].numpy() for name in ("token_ids", "padding_mask"))
        return [
            [self.tokenizer.id_to_token(i) for i in row[mask].tolist()]
            for row, mask in zip(rows, masks, strict=True)
        ]

    def num_cut(self, texts):
        """How many of a list of strings are cut."""
        long = [text for text in texts if len(text) > self.room]  # no more pieces than characters
        number = 0
        for start in range(0, len(long), COUNTED_AT_ONCE):
            segments = self._segments(tf.constant(long[start : start + COUNTED_AT_ONCE]))
            lengths = tf.add_n([segment.row_lengths() for segment in segments])
            number += int(tf.math.count_nonzero(lengths > self.room))
        return number

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
            "pairs": self.pairs,
            "length_multiple": self.length_multiple,
        }


def _first(ragged, lengths):
    """The first so many of each row of a ragged tensor."""
    places = tf.ragged.range(ragged.row_lengths())
    kept = places.values < tf.repeat(lengths, ragged.row_lengths())
    return tf.RaggedTensor.from_row_lengths(tf.boolean_mask(ragged.values, kept), lengths)
