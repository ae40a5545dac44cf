import keras
from keras import ops


@keras.saving.register_keras_serializable(package="modzoo")
class RenumberIds(keras.layers.Layer):
    """Turns the ids of one vocabulary into those of another.

    The table is a weight that is not trained, `(size,)`: the new id of each id.

    Args:
        size: Integer, how many ids there are.

    Call arguments:
        inputs: Integer tensor of any shape, values in `[0, size)`.

    Returns:
        Integer tensor of the same shape.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def build(self, input_shape):
        self.table = self.add_weight(
            name="table", shape=(self.size,), dtype="int32", initializer="zeros", trainable=False
        )

    def call(self, inputs):
        return ops.take(self.table, ops.cast(inputs, "int32"), axis=0)

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(inputs.shape, "int32")

    def get_config(self):
        return {**super().get_config(), "size": self.size}
