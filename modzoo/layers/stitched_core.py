from keras import ops

from modzoo.layers.counts import check_counts
from modzoo.layers.mixing import mixed, mostly_own
from modzoo.layers.multi_task_base import MultiTaskBase
from modzoo.layers.parallel_lstms import parallel_lstms
from modzoo.layers.slicing import split


class StitchedCore(MultiTaskBase):
    """Layers of one LSTM for each task, whose states mix behind each layer by trainable weights
    (see `CrossStitch` and `Sluice`).

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, width of each LSTM.
        num_layers: Integer, layers of LSTMs.
        own: Float, the weight at which each part keeps itself in the beginning.
        return_decisions: Whether to return decisions too.
    """

    num_subspaces = 1  # parts of each state, which mix by weights of their own

    def __init__(self, num_tasks, units, num_layers, own, return_decisions, **kwargs):
        super().__init__(num_tasks, units, return_decisions, **kwargs)
        check_counts(num_layers=num_layers)
        self.num_layers = num_layers
        self.num_parts = num_tasks * self.num_subspaces
        self.part_units = units // self.num_subspaces
        self.own = own
        self.lstms = [
            parallel_lstms(num_tasks, units, dtype=self.dtype_policy, name=f"lstms_{layer}")
            for layer in range(num_layers)
        ]

    def build_weights(self, input_shape):
        states = [(*input_shape[:-1], self.units)] * self.num_tasks
        for layer, lstms in enumerate(self.lstms):
            lstms.build(states if layer else input_shape)
        self.stitches = [
            self.add_weight(
                name=f"stitch_{layer}",
                shape=(self.num_parts, self.num_parts),
                initializer=mostly_own(self.own, self.num_parts),
            )
            for layer in range(self.num_layers)
        ]

    def run_layers(self, inputs, mask):
        """The parts of the tasks' states of each layer, before and after they mix, as two lists
        of `num_parts` tensors `(batch, time, part_units)`."""
        for lstms, stitch in zip(self.lstms, self.stitches, strict=True):
            parts = split(lstms(inputs, mask=mask), [self.part_units] * self.num_parts, axis=-1)
            together = mixed(parts, stitch)
            inputs = self.of_tasks(together)
            yield parts, together

    def of_tasks(self, parts):
        """The state of each task of its parts."""
        each = self.num_subspaces
        if each == 1:
            return parts
        return [ops.concatenate(parts[i : i + each], axis=-1) for i in range(0, len(parts), each)]

    def get_config(self):
        return {**super().get_config(), "num_layers": self.num_layers, "own": self.own}
