import keras

from modzoo.layers.multi_task_base import MultiTaskBase
from modzoo.layers.parallel_lstms import parallel_lstms


@keras.saving.register_keras_serializable(package="modzoo")
class SharedLSTM(MultiTaskBase):
    """One LSTM that all tasks read (FS-MTL, hard parameter sharing).

    Only what stands behind it, a head for each task, differs between tasks.

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, width of the LSTM.
        return_decisions: Whether to return a pair of the output and an empty dictionary, as
            layers that do decide something return theirs.

    Call arguments:
        inputs: Tensor of shape `(batch, time, features)`.
        mask: Boolean tensor of shape `(batch, time)`. A masked step changes no state and yields
            zeros, whatever stands there.

    Returns:
        List of the same tensor `(batch, time, units)`, `num_tasks` times.

    Raises:
        ValueError: If a count is not a positive integer, or a tensor is of another shape than
            said above.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> first, second = modzoo.layers.SharedLSTM(num_tasks=2, units=4)(x)
    >>> first.shape
    (2, 5, 4)

    Reference:
    - Caruana, 1993, Multitask learning: a knowledge-based source of inductive bias
    """

    task_specific = False

    def __init__(self, num_tasks, units, return_decisions=False, **kwargs):
        super().__init__(num_tasks, units, return_decisions, **kwargs)
        self.lstm = parallel_lstms(1, units, dtype=self.dtype_policy, name="lstm")

    def build_weights(self, input_shape):
        self.lstm.build(input_shape)

    def represent(self, inputs, mask, training):
        return [self.lstm(inputs, mask=mask)] * self.num_tasks, {}
