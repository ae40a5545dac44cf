import keras
from keras import ops


@keras.saving.register_keras_serializable(package="modzoo")
class ModuleRows(keras.layers.Layer):
    """Gives the modules, whose rows of an example stand together, an axis of their own.

    Args:
        num_modules: Integer.

    Call arguments:
        inputs: Tensor of shape `(batch * num_modules, ...)`.

    Returns:
        Tensor of shape `(batch, num_modules, ...)`.
    """

    def __init__(self, num_modules, **kwargs):
        super().__init__(**kwargs)
        self.num_modules = num_modules
        self.supports_masking = True

    def call(self, inputs):
        rows, *rest = ops.shape(inputs)
        return ops.reshape(inputs, (rows // self.num_modules, self.num_modules, *rest))

    def compute_mask(self, inputs, mask=None):
        return None  # Keras has none for an axis before the steps

    def compute_output_shape(self, input_shape):
        batch, *rest = input_shape
        batch = None if batch is None else batch // self.num_modules
        return (batch, self.num_modules, *rest)

    def get_config(self):
        return {**super().get_config(), "num_modules": self.num_modules}
