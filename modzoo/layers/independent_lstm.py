import keras

from modzoo.layers.multi_task_base import MultiTaskBase
from modzoo.layers.parallel_lstms import parallel_lstms
from modzoo.layers.slicing import split


@keras.saving.register_keras_serializable(package="modzoo")
class IndependentLSTM(MultiTaskBase):
    """An LSTM of its own for each task over one sequence, trained together (NS-MTL).

    Nothing is shared. It equals `num_tasks` layers `keras.layers.LSTM`, computed side by side
    in one loop over time; with one task it is the single-task model.

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, width of each LSTM.
        return_decisions: Whether to return a pair of the output and an empty dictionary, as
            layers that do decide something return theirs.

    Call arguments:
        inputs: Tensor of shape `(batch, time, features)`.
        mask: Boolean tensor of shape `(batch, time)`. A masked step changes no state and yields
            zeros, whatever stands there.

    Returns:
        List of one tensor `(batch, time, units)` for each task.

    Raises:
        ValueError: If a count is not a positive integer, or a tensor is of another shape than
            said above.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> first, second = modzoo.layers.IndependentLSTM(num_tasks=2, units=4)(x)
    >>> first.shape
    (2, 5, 4)

    Reference:
    - Xu et al., 2021, Multi-Task Recurrent Modular Networks, "NS-MTL"
    """

    def __init__(self, num_tasks, units, return_decisions=False, **kwargs):
        super().__init__(num_tasks, units, return_decisions, **kwargs)
        self.lstms = parallel_lstms(num_tasks, units, dtype=self.dtype_policy, name="lstms")

    def build_weights(self, input_shape):
        self.lstms.build(input_shape)

    def represent(self, inputs, mask, training):
        states = self.lstms(inputs, mask=mask)
        return split(states, [self.units] * self.num_tasks, axis=-1), {}
