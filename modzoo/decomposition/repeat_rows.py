import keras
from keras import ops


@keras.saving.register_keras_serializable(package="modzoo")
class RepeatRows(keras.layers.Layer):
    """Repeats each row of a batch, and of its mask, once for each module.

    Args:
        times: Integer, number of modules.

    Call arguments:
        inputs: Tensor of shape `(batch, ...)`.

    Returns:
        Tensor of shape `(batch * times, ...)`: the rows of an example stand together.
    """

    def __init__(self, times, **kwargs):
        super().__init__(**kwargs)
        self.times = times
        self.supports_masking = True

    def call(self, inputs):
        # Not `ops.repeat`: OpenVINO repeats rows wrongly that a `RepeatVector` made.
        places = ops.arange(ops.shape(inputs)[0] * self.times) // self.times
        return ops.take(inputs, places, axis=0)

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else ops.repeat(mask, self.times, axis=0)

    def compute_output_spec(self, inputs):
        batch, *rest = inputs.shape
        batch = None if batch is None else batch * self.times
        return keras.KerasTensor((batch, *rest), inputs.dtype)

    def get_config(self):
        return {**super().get_config(), "times": self.times}
