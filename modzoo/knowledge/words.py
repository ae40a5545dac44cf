from typing import NamedTuple

import tensorflow as tf

from modzoo.knowledge.styles import normalize, split_words


class Words(NamedTuple):
    """The words of texts: string tensors `(batch, time)`, padded with `""`.

    Attributes:
        written: The words as they stand in the text, which taggers and language models read.
        normal: The same in the form that vocabularies and lexica know.
    """

    written: tf.Tensor
    normal: tf.Tensor


def padded_words(texts, style, sequence_length=None, length_multiple=1):
    """Splits texts into `Words`.

    Args:
        texts: String tensor `(batch,)`.
        style: `"reviews"` or `"tweets"`.
        sequence_length: Integer, where longer texts are cut. Default: nowhere.
        length_multiple: Integer, of which `time` is a multiple, at least once.
    """
    written = split_words(texts, style)[:, :sequence_length].to_tensor("")
    time = tf.shape(written)[1]
    missing = tf.maximum(-(-time // length_multiple), 1) * length_multiple - time
    written = tf.pad(written, [[0, 0], [0, missing]], constant_values="")
    return Words(written, normalize(written, style))
