import keras
from keras import ops

from modzoo.layers.counts import check_counts, check_weight
from modzoo.layers.gradient_reversal import reverse_gradient
from modzoo.layers.multi_task_base import MultiTaskBase
from modzoo.layers.orthogonality import orthogonality_penalty
from modzoo.layers.parallel_lstms import parallel_lstms
from modzoo.layers.slicing import split


@keras.saving.register_keras_serializable(package="modzoo")
class SharedPrivateLSTM(MultiTaskBase):
    """A shared LSTM that is to know nothing of tasks, and a private one for each (SP-MTL).

    Task `k` reads `[h^k, s]`, its private state and the shared one. Two losses keep them apart:

    - An adversary, linear, tells a sample's task from the last shared state. Its gradient is
      reversed on its way into the shared LSTM, which so learns to hide the task. The cross-entropy
      of its logits is the caller's to add, as only the caller knows the tasks; the paper's weight
      is 0.05.
    - A loss of the layer, with the states `S` and `H^k` over the `T` steps of a sequence the mean
      over sequences of

          orthogonality_weight * sum_k ||S^T H^k||_F^2 / T^2

      (the paper does not divide by `T^2`, which would weigh long sequences most, and takes `H^k`
      of task `k`'s own sequences alone; the layer does not know whose a sequence is).

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, width of each private LSTM.
        shared_units: Integer, width of the shared LSTM. Default: `units`.
        orthogonality_weight: Float, at least 0, weight of that loss (the paper's `gamma`).
        return_decisions: Whether to return the adversary's logits too.

    Call arguments:
        inputs: Tensor of shape `(batch, time, features)`.
        mask: Boolean tensor of shape `(batch, time)`. A masked step changes no state, yields
            zeros and bears no penalty, whatever stands there.

    Returns:
        List of one tensor `(batch, time, units + shared_units)` for each task; with
        `return_decisions=True` a pair of it and `{"task_logits": (batch, num_tasks)}`.

    Raises:
        ValueError: If a count is not a positive integer, `orthogonality_weight` is negative, or
            a tensor is of another shape than said above.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> layer = modzoo.layers.SharedPrivateLSTM(num_tasks=2, units=4, return_decisions=True)
    >>> (first, second), decisions = layer(x)
    >>> first.shape, decisions["task_logits"].shape
    ((2, 5, 8), (2, 2))

    Reference:
    - [Liu et al., 2017, Adversarial multi-task learning for text
      classification](https://arxiv.org/abs/1704.05742)
    """

    def __init__(
        self,
        num_tasks,
        units,
        shared_units=None,
        orthogonality_weight=0.01,
        return_decisions=False,
        **kwargs,
    ):
        super().__init__(num_tasks, units, return_decisions, **kwargs)
        shared_units = units if shared_units is None else shared_units
        check_counts(shared_units=shared_units)
        check_weight("orthogonality_weight", orthogonality_weight)
        self.shared_units = shared_units
        self.orthogonality_weight = orthogonality_weight
        self.private = parallel_lstms(num_tasks, units, dtype=self.dtype_policy, name="private")
        self.shared = parallel_lstms(
            1, shared_units, return_state=True, dtype=self.dtype_policy, name="shared"
        )
        self.adversary = keras.layers.Dense(num_tasks, dtype=self.dtype_policy, name="adversary")

    @property
    def output_width(self):
        return self.units + self.shared_units

    def build_weights(self, input_shape):
        self.private.build(input_shape)
        self.shared.build(input_shape)
        self.adversary.build((input_shape[0], self.shared_units))

    def represent(self, inputs, mask, training):
        private = self.private(inputs, mask=mask)
        private = split(private, [self.units] * self.num_tasks, axis=-1)
        shared, last, _ = self.shared(inputs, mask=mask)
        if self.orthogonality_weight:
            penalty = sum(orthogonality_penalty(shared, h, mask) for h in private)
            self.add_loss(self.orthogonality_weight * penalty)
        logits = self.adversary(reverse_gradient(last))
        return [ops.concatenate([h, shared], axis=-1) for h in private], {"task_logits": logits}

    def decision_shapes(self, batch_size, time):
        return {"task_logits": (batch_size, self.num_tasks)}

    def get_config(self):
        return {
            **super().get_config(),
            "shared_units": self.shared_units,
            "orthogonality_weight": self.orthogonality_weight,
        }
