import keras
from keras import ops

from modzoo.layers.counts import check_counts
from modzoo.layers.masking import zero_masked
from modzoo.layers.multi_task_base import MultiTaskBase
from modzoo.layers.parallel_lstms import parallel_lstms
from modzoo.layers.recurrence import recur
from modzoo.layers.slicing import split


@keras.saving.register_keras_serializable(package="modzoo")
class InterleavedRNN(MultiTaskBase):
    """A primary task whose state interleaves those of auxiliary LSTMs (GIRNet).

    Task 0 is the primary one. Each auxiliary task `k` has an LSTM. At each step all of them go on
    from the primary task's one state `s = (h, c)`, and gates, which a bidirectional LSTM over the
    whole sequence sets, say how much of each is taken and how much of the state is kept:

        [g_1, ..., g_{K-1}, g_0]_t = softmax(W [forward_t, backward_t] + b)
        s_t = sum_k g_k LSTM_k(x_t, s_{t-1}) + g_0 s_{t-1}

    for `h` and `c`. So where the gates choose one auxiliary LSTM throughout, the primary state is
    that LSTM's. The auxiliary tasks read their LSTMs' own states over the sequence.

    Args:
        num_tasks: Integer, at least 2, the primary task and the auxiliary ones.
        units: Integer, width of each auxiliary LSTM, and so of the primary state.
        gate_units: Integer, width of each direction of the LSTM behind the gates. Default:
            `units`.
        return_decisions: Whether to return the gates too.

    Call arguments:
        inputs: Tensor of shape `(batch, time, features)`.
        mask: Boolean tensor of shape `(batch, time)`. A masked step changes no state and yields
            zeros, whatever stands there.

    Returns:
        List of one tensor `(batch, time, units)` for each task, the primary one first. With
        `return_decisions=True` a pair of it and `{"gates": (batch, time, num_tasks - 1)}`, the
        shares `g_k` of the auxiliary LSTMs, in `[0, 1]`; what their sum lacks of 1 is kept.
        They are 0 at masked steps.

    Raises:
        ValueError: If a count is not a positive integer, there is no auxiliary task, or a
            tensor is of another shape than said above.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> layer = modzoo.layers.InterleavedRNN(num_tasks=3, units=4, return_decisions=True)
    >>> (primary, first, second), decisions = layer(x)
    >>> primary.shape, decisions["gates"].shape
    ((2, 5, 4), (2, 5, 2))

    Reference:
    - [Gupta et al., 2019, GIRNet: interleaved multi-task recurrent state sequence
      models](https://arxiv.org/abs/1811.11456)
    """

    def __init__(self, num_tasks, units, gate_units=None, return_decisions=False, **kwargs):
        super().__init__(num_tasks, units, return_decisions, **kwargs)
        gate_units = units if gate_units is None else gate_units
        check_counts(gate_units=gate_units)
        if num_tasks < 2:
            raise ValueError(
                "`num_tasks` counts the primary task and at least one auxiliary one. "
                f"Received: num_tasks={num_tasks}."
            )
        self.gate_units = gate_units
        self.auxiliary = parallel_lstms(
            num_tasks - 1, units, dtype=self.dtype_policy, name="auxiliary"
        )
        self.context = keras.layers.Bidirectional(
            parallel_lstms(1, gate_units, dtype=self.dtype_policy),
            dtype=self.dtype_policy,
            name="context",
        )
        self.gates = keras.layers.Dense(
            num_tasks, activation="softmax", dtype=self.dtype_policy, name="gates"
        )

    def build_weights(self, input_shape):
        self.auxiliary.build(input_shape)
        self.context.build(input_shape)
        self.gates.build((*input_shape[:-1], 2 * self.gate_units))

    def represent(self, inputs, mask, training):
        inputs = zero_masked(inputs, mask)
        auxiliary = self.auxiliary(inputs, mask=mask)
        gates = self.gates(self.context(inputs, mask=mask))
        gates, _ = split(gates, [self.num_tasks - 1, 1], axis=-1)
        gates = zero_masked(gates, mask)  # so that masked steps keep their state
        primary = zero_masked(self._interleave(inputs, gates), mask)
        others = split(auxiliary, [self.units] * (self.num_tasks - 1), axis=-1)
        return [primary, *others], {"gates": gates}

    def _interleave(self, inputs, gates):
        lstms, units, batch_size = self.auxiliary, self.units, ops.shape(inputs)[0]
        weights = lstms.step_weights()
        shape = (self.num_tasks - 1, batch_size, units)

        def step(inputs_t, states):
            projected, shares = inputs_t  # (lstms, batch, 4 * units), (lstms, batch, 1)
            same = tuple(ops.broadcast_to(ops.expand_dims(s, 0), shape) for s in states)
            candidates, _, _ = lstms.step((projected,), same, weights)
            kept = 1 - ops.sum(shares, axis=0)
            states = tuple(
                ops.sum(shares * new, axis=0) + kept * old
                for new, old in zip(candidates, states, strict=True)
            )
            return states[:1], states

        (projected,) = lstms.project(ops.transpose(inputs, (1, 0, 2)), weights)
        shares = ops.expand_dims(ops.transpose(gates, (1, 2, 0)), -1)
        start = ops.zeros((batch_size, units), self.compute_dtype)
        (hidden,), _ = recur(
            step,
            (projected, shares),
            (start, start),
            outputs=[((batch_size, units), self.compute_dtype)],
        )
        return ops.transpose(hidden, (1, 0, 2))

    def decision_shapes(self, batch_size, time):
        return {"gates": (batch_size, time, self.num_tasks - 1)}

    def get_config(self):
        return {**super().get_config(), "gate_units": self.gate_units}
