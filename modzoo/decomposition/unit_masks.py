import keras
from keras import ops


@keras.saving.register_keras_serializable(package="modzoo")
class UnitMasks(keras.layers.Layer):
    """Appends the unit masks of its module to each step of each row, for a `MaskedCell` to read.

    The masks are a weight that is not trained, `(modules, steps, units)`, set by `assign`. Masks of
    one step hold at all steps (a rolled module); else the masks at a step are those of the step's
    place in the sequence, and beyond their last step those of the last.

    Args:
        num_modules: Integer. A batch has so many rows of each example, one after the other.
        num_steps: Integer, for how many steps there are masks.
        units: Integer.

    Call arguments:
        inputs: Tensor of shape `(batch * num_modules, time, features)`.

    Returns:
        Tensor of shape `(batch * num_modules, time, features + units)`.
    """

    def __init__(self, num_modules, num_steps, units, **kwargs):
        super().__init__(**kwargs)
        self.num_modules = num_modules
        self.num_steps = num_steps
        self.units = units
        self.supports_masking = True

    def build(self, input_shape):
        shape = (self.num_modules, self.num_steps, self.units)
        self.masks = self.add_weight(name="masks", shape=shape, initializer="ones", trainable=False)

    def call(self, inputs):
        rows, time = ops.shape(inputs)[:2]
        places = ops.minimum(ops.arange(time), self.num_steps - 1)
        masks = ops.take(ops.cast(self.masks, inputs.dtype), places, axis=1)
        examples = rows // self.num_modules
        masks = ops.broadcast_to(masks[None], (examples, *ops.shape(masks)))
        masks = ops.reshape(masks, (rows, time, self.units))
        return ops.concatenate([inputs, masks], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.units)

    def get_config(self):
        config = {
            "num_modules": self.num_modules,
            "num_steps": self.num_steps,
            "units": self.units,
        }
        return {**super().get_config(), **config}
