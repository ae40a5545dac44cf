import keras

from modzoo.layers.counts import check_counts
from modzoo.layers.several_inputs import combine_masks, common_steps, is_several
from modzoo.layers.shapes import check_shape


class MultiTaskBase(keras.layers.Layer):
    """What layers have in common that represent one sequence for several tasks.

    They read `(batch, time, features)`, with a mask `(batch, time)`, and return a list of one
    tensor `(batch, time, output_width)` for each task; with `return_decisions=True` a pair of it
    and a dictionary of what the layer decided. Masked steps yield zeros, whatever stands there.

    Subclasses create their weights in `build_weights(input_shape)` and compute in
    `represent(inputs, mask, training)`, which returns the list and the dictionary.

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, width of each task's state.
        return_decisions: Whether to return the decisions too.
    """

    task_specific = True  # whether the tasks' representations differ
    reads_list = False  # whether one input for each task is allowed too

    def __init__(self, num_tasks, units, return_decisions=False, **kwargs):
        super().__init__(**kwargs)
        check_counts(num_tasks=num_tasks, units=units)
        self.num_tasks = num_tasks
        self.units = units
        self.return_decisions = return_decisions
        self.supports_masking = True

    @property
    def output_width(self):
        """Width of each task's representation."""
        return self.units

    def build(self, input_shape):
        several = self.reads_list and is_several(input_shape)
        shapes = input_shape if several else [input_shape]
        for shape in shapes:
            check_shape("inputs", shape, (None, None, None))
        self.input_spec = [keras.layers.InputSpec(ndim=3, axes={-1: shape[-1]}) for shape in shapes]
        self.build_weights(input_shape)

    def call(self, inputs, mask=None, training=False):
        common_steps(inputs, mask)
        outputs, decisions = self.represent(inputs, combine_masks(mask), training)
        return (outputs, decisions) if self.return_decisions else outputs

    def decision_shapes(self, batch_size, time):
        """Shapes of the decisions by name, a list of them where there is one for each task."""
        return {}

    def compute_mask(self, inputs, mask=None):
        masks = [combine_masks(mask)] * self.num_tasks
        if not self.return_decisions:
            return masks
        shapes = self.decision_shapes(None, None)
        unmasked = {
            name: [None] * len(shape) if isinstance(shape, list) else None
            for name, shape in shapes.items()
        }
        return masks, unmasked

    def compute_output_shape(self, input_shape):
        batch_size, time, _ = input_shape[0] if is_several(input_shape) else input_shape
        outputs = [(batch_size, time, self.output_width)] * self.num_tasks
        if not self.return_decisions:
            return outputs
        return outputs, self.decision_shapes(batch_size, time)

    def get_config(self):
        return {
            **super().get_config(),
            "num_tasks": self.num_tasks,
            "units": self.units,
            "return_decisions": self.return_decisions,
        }
