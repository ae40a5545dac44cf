import keras

from modzoo.layers.stitched_core import StitchedCore


@keras.saving.register_keras_serializable(package="modzoo")
class CrossStitch(StitchedCore):
    """Layers of one LSTM for each task, joined by cross-stitch units.

    Behind each layer task `k` goes on with a mix of the states of all tasks,

        x^k = sum_j a_kj h^j

    with trainable `a` of each layer. At first `a_kk` is `own`, and the others share the rest, as
    in the paper (section 5); with `own=1` and no training the tasks are independent.

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, width of each LSTM.
        num_layers: Integer, layers of LSTMs, with a cross-stitch unit behind each.
        own: Float, at which `a_kk` begins.
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
    >>> first, second = modzoo.layers.CrossStitch(num_tasks=2, units=4)(x)
    >>> first.shape
    (2, 5, 4)

    Reference:
    - [Misra et al., 2016, Cross-stitch networks for multi-task
      learning](https://arxiv.org/abs/1604.03539)
    """

    def __init__(self, num_tasks, units, num_layers=2, own=0.9, return_decisions=False, **kwargs):
        super().__init__(num_tasks, units, num_layers, own, return_decisions, **kwargs)

    def represent(self, inputs, mask, training):
        *_, (_, together) = self.run_layers(inputs, mask)
        return together, {}
