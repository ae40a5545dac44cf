import keras
from keras import ops


@keras.saving.register_keras_serializable(package="modzoo")
class WordPieceCrossEntropy(keras.losses.Loss):
    """Mean cross-entropy of word pieces, in nats: the logarithm of the perplexity.

    It is `keras.losses.SparseCategoricalCrossentropy(from_logits=True)`, with one row for each
    word piece: of logits of three axes the backends work on a transposed copy.

    `y_true` are word pieces, `(batch, masks)`; `y_pred` logits, `(batch, masks, vocabulary)`.
    """

    def call(self, y_true, y_pred):
        shape = ops.shape(y_true)
        logits = ops.reshape(y_pred, (-1, y_pred.shape[-1]))
        losses = keras.losses.sparse_categorical_crossentropy(
            ops.reshape(y_true, (-1,)), logits, from_logits=True
        )
        return ops.reshape(losses, shape)
