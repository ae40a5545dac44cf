import keras
from keras import ops

from modzoo.layers.masking import masked_softmax, zero_masked
from modzoo.layers.precision import widened
from modzoo.layers.shapes import check_shape


@keras.saving.register_keras_serializable(package="modzoo")
class AttentionPooling(keras.layers.Layer):
    """Masked attention over time with one learned context vector.

    `output = sum_t alpha_t h_t`, with `alpha = softmax_t(w . h_t)` over the unmasked
    steps (section 2.1 of the paper, "Classification"). A row without an unmasked step
    yields the zero vector.

    Args:
        context_initializer: Initialiser of the context vector `w`.
        return_decisions: Whether to return the weights `alpha` too.

    Call arguments:
        inputs: Tensor of shape `(batch, time, features)`.
        mask: Optional boolean tensor of shape `(batch, time)`; `False` steps are left out.

    Masked steps are read as zeros, whatever stands there.

    Output shape: `(batch, features)`; with `return_decisions=True` a pair of it and
    `{"pooling": (batch, time)}`, the weights `alpha`, zero at masked steps.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> modzoo.layers.AttentionPooling()(x).shape
    (2, 12)

    Reference:
    - Bagherzadeh and Bergler, 2021, Multi-input Recurrent Independent Mechanisms for
      leveraging knowledge sources, section 2.1
    """

    def __init__(self, context_initializer="glorot_uniform", return_decisions=False, **kwargs):
        super().__init__(**kwargs)
        self.context_initializer = keras.initializers.get(context_initializer)
        self.return_decisions = return_decisions
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, input_shape):
        self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: input_shape[-1]})
        self.context = self.add_weight(
            name="context", shape=(input_shape[-1], 1), initializer=self.context_initializer
        )

    def call(self, inputs, mask=None):
        if mask is not None:
            check_shape("mask", mask.shape, inputs.shape[:2])
            mask = ops.cast(mask, "bool")
        inputs = zero_masked(inputs, mask)
        logits = widened(ops.squeeze(ops.matmul(inputs, self.context), -1))
        weights = ops.cast(masked_softmax(logits, mask), self.compute_dtype)
        output = ops.squeeze(ops.matmul(ops.expand_dims(weights, 1), inputs), 1)
        output = ops.cast(output, self.compute_dtype)
        return (output, {"pooling": weights}) if self.return_decisions else output

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        output = (inputs_shape[0], inputs_shape[-1])
        return (output, {"pooling": tuple(inputs_shape[:2])}) if self.return_decisions else output

    def get_config(self):
        return {
            **super().get_config(),
            "context_initializer": keras.initializers.serialize(self.context_initializer),
            "return_decisions": self.return_decisions,
        }
