import keras
from keras import ops


@keras.saving.register_keras_serializable(package="modzoo")
class LabelMargins(keras.layers.Layer):
    """How sure each module is of its label: a linear map of what the module itself computed.

    Args:
        num_modules: Integer. A batch has so many rows of each example, one after the other.

    Call arguments:
        inputs: Tensor of shape `(batch * num_modules, features)` or
            `(batch * num_modules, time, features)`.

    Returns:
        Tensor of shape `(batch, num_modules)` or `(batch, time, num_modules)`.
    """

    def __init__(self, num_modules, **kwargs):
        super().__init__(**kwargs)
        self.num_modules = num_modules
        self.supports_masking = True

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(self.num_modules, input_shape[-1]))
        self.bias = self.add_weight(name="bias", shape=(self.num_modules,), initializer="zeros")

    def call(self, inputs):
        rows, *rest = ops.shape(inputs)
        inputs = ops.reshape(inputs, (rows // self.num_modules, self.num_modules, *rest))
        steps = "t" if len(rest) == 2 else ""
        # No sum of a product: OpenVINO adds a bias to one wrongly where a batch has several rows.
        return ops.einsum(f"bm{steps}f,mf->b{steps}m", inputs, self.kernel) + self.bias

    def compute_mask(self, inputs, mask=None):
        if mask is None:
            return None
        return ops.reshape(mask, (-1, self.num_modules, ops.shape(mask)[1]))[:, 0]  # alike for all

    def compute_output_shape(self, input_shape):
        batch, *rest = input_shape
        batch = None if batch is None else batch // self.num_modules
        return (batch, *rest[:-1], self.num_modules)

    def get_config(self):
        return {**super().get_config(), "num_modules": self.num_modules}
