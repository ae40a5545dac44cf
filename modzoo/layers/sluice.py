import keras
from keras import ops

from modzoo.layers.counts import check_weight
from modzoo.layers.orthogonality import orthogonality_penalty
from modzoo.layers.stitched_core import StitchedCore


@keras.saving.register_keras_serializable(package="modzoo")
class Sluice(StitchedCore):
    """A sluice network: LSTMs of tasks that share halves of their states, and all layers speak.

    Each task's state is cut into two subspaces, one to share and one to keep. Behind each layer
    all of them mix, and what a task reads in the end is a mix of its layers:

        x_a = sum_b alpha_ab h_b            a, b: subspaces of all tasks
        y^k = sum_l beta_kl x^{k, l}        l: layers

    with trainable `alpha` of each layer and `beta`. At first `alpha_aa` is `own`, the others share
    the rest, and layers count alike. That the two subspaces of a task differ is a loss of the
    layer: with their states `G_1` and `G_2` over the `T` steps of a sequence, before they mix,
    the mean over sequences of

        orthogonality_weight * sum ||G_1^T G_2||_F^2 / T^2     summed over tasks and layers

    (the paper does not divide by `T^2`, its sequences being of like lengths).

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, even, width of each LSTM.
        num_layers: Integer, layers of LSTMs.
        own: Float, at which `alpha_aa` begins.
        orthogonality_weight: Float, at least 0, weight of that loss.
        return_decisions: Whether to return a pair of the output and an empty dictionary, as
            layers that do decide something return theirs.

    Call arguments:
        inputs: Tensor of shape `(batch, time, features)`.
        mask: Boolean tensor of shape `(batch, time)`. A masked step changes no state, yields
            zeros and bears no penalty, whatever stands there.

    Returns:
        List of one tensor `(batch, time, units)` for each task.

    Raises:
        ValueError: If a count is not a positive integer, `units` is odd,
            `orthogonality_weight` is negative, or a tensor is of another shape than said above.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> first, second = modzoo.layers.Sluice(num_tasks=2, units=4)(x)
    >>> first.shape
    (2, 5, 4)

    Reference:
    - [Ruder et al., 2019, Latent multi-task architecture
      learning](https://arxiv.org/abs/1705.08142)
    """

    num_subspaces = 2

    def __init__(
        self,
        num_tasks,
        units,
        num_layers=2,
        own=0.95,
        orthogonality_weight=0.01,
        return_decisions=False,
        **kwargs,
    ):
        super().__init__(num_tasks, units, num_layers, own, return_decisions, **kwargs)
        if units % 2:
            raise ValueError(f"`units` must be even, for two subspaces. Received: units={units}.")
        check_weight("orthogonality_weight", orthogonality_weight)
        self.orthogonality_weight = orthogonality_weight

    def build_weights(self, input_shape):
        super().build_weights(input_shape)
        self.layer_mix = self.add_weight(
            name="layer_mix",
            shape=(self.num_tasks, self.num_layers),
            initializer=keras.initializers.Constant(1 / self.num_layers),
        )

    def represent(self, inputs, mask, training):
        layers, penalty = [], 0.0
        for parts, together in self.run_layers(inputs, mask):
            pairs = zip(parts[::2], parts[1::2], strict=True)
            penalty += sum(orthogonality_penalty(a, b, mask) for a, b in pairs)
            layers.append(self.of_tasks(together))
        if self.orthogonality_weight:
            self.add_loss(self.orthogonality_weight * penalty)
        mixes = ops.unstack(ops.convert_to_tensor(self.layer_mix), axis=0)
        tasks = zip(mixes, *layers, strict=True)
        return [self._mix_layers(mix, states) for mix, *states in tasks], {}

    def _mix_layers(self, mix, states):
        return ops.sum(ops.stack(states, axis=-1) * mix, axis=-1)

    def get_config(self):
        return {**super().get_config(), "orthogonality_weight": self.orthogonality_weight}
