import keras
import numpy as np
from keras import ops

from modzoo.layers.counts import check_counts
from modzoo.layers.initializers import stacked
from modzoo.layers.masking import masked_softmax, zero_masked
from modzoo.layers.multi_task_base import MultiTaskBase
from modzoo.layers.parallel_lstms import parallel_lstms
from modzoo.layers.precision import product, tanh
from modzoo.layers.recurrence import recur
from modzoo.layers.several_inputs import is_several
from modzoo.layers.shapes import check_shape

COMMUNICATIONS = ("direct", "indirect")


@keras.saving.register_keras_serializable(package="modzoo")
class CommunicatingLSTM(MultiTaskBase):
    """An LSTM for each task, which attends to what others know before each step.

        h^k_t = LSTM_k([x^k_t, r^k_t], h^k_{t-1})      r^k_t = sum_i a_i m_i
        a     = softmax_i(w . tanh(m_i W + h^k_{t-1} U + x^k_t V))

    The messages `m` are

    - `communication="direct"` (DC-MTL): the states `h^j_{t-1}` of the other tasks `j`, of which
      a single task has none;
    - `communication="indirect"` (IC-MTL): the states of one more, shared LSTM at all steps of
      the sequence.

    The tasks read one sequence, or one each; the shared LSTM then reads each of them by itself.
    `W`, `U`, `V` and `w` are the same for all tasks.

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, width of each task's LSTM.
        communication: `"direct"` or `"indirect"`.
        shared_units: Integer, width of the shared LSTM, with `"indirect"`. Default: `units`.
        attention_units: Integer, width of the sum in the `tanh`. Default: `units`.
        return_decisions: Whether to return the attention too.

    Call arguments:
        inputs: Tensor of shape `(batch, time, features)`, or a list of one such tensor for each
            task, of one width.
        mask: Boolean tensor of shape `(batch, time)`, or one per input, of which all must be
            `True`. A masked step changes no state, is not attended to and yields zeros,
            whatever stands there.

    Returns:
        List of one tensor `(batch, time, units)` for each task. With `return_decisions=True` a
        pair of it and `{"attention": weights}`, for each task those of the tasks, `(batch, time,
        num_tasks, num_tasks)`, or those of the shared LSTM's steps, `(batch, time, num_tasks,
        time)`. They are 0 at masked steps.

    Raises:
        ValueError: If a count is not a positive integer, `communication` is unknown, or tensors
            are of another number or shape than said above.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> layer = modzoo.layers.CommunicatingLSTM(num_tasks=3, units=4, return_decisions=True)
    >>> outputs, decisions = layer(x)
    >>> outputs[0].shape, decisions["attention"].shape
    ((2, 5, 4), (2, 5, 3, 3))

    Reference:
    - [Liu et al., 2019, Learning multi-task communication with message passing for sequence
      learning](https://ojs.aaai.org/index.php/AAAI/article/view/4344)
    """

    reads_list = True

    def __init__(
        self,
        num_tasks,
        units,
        communication="direct",
        shared_units=None,
        attention_units=None,
        return_decisions=False,
        **kwargs,
    ):
        super().__init__(num_tasks, units, return_decisions, **kwargs)
        shared_units = units if shared_units is None else shared_units
        attention_units = units if attention_units is None else attention_units
        check_counts(shared_units=shared_units, attention_units=attention_units)
        if communication not in COMMUNICATIONS:
            raise ValueError(
                f"`communication` must be one of {COMMUNICATIONS}. "
                f"Received: communication={communication!r}."
            )
        self.communication = communication
        self.shared_units = shared_units
        self.attention_units = attention_units
        self.lstms = parallel_lstms(num_tasks, units, dtype=self.dtype_policy, name="lstms")
        self.shared = None
        if communication == "indirect":
            self.shared = parallel_lstms(1, shared_units, dtype=self.dtype_policy, name="shared")

    def build_weights(self, input_shape):
        first, *others = input_shape if is_several(input_shape) else [input_shape]
        if others and len(others) != self.num_tasks - 1:
            raise ValueError(
                f"The input must be one tensor or a list of {self.num_tasks}, one for each task. "
                f"Received: input_shape={input_shape}."
            )
        for shape in others:
            check_shape("inputs", shape, (None, None, first[-1]))
        self.lstms.build(input_shape)
        message_units = self.units
        if self.shared is not None:
            self.shared.build(first)
            message_units = self.shared_units
        self.message_kernel = self.add_weight(
            name="message_kernel",
            shape=(self.num_tasks, message_units, 4 * self.units),
            initializer=stacked("glorot_uniform"),
        )
        for name, width in (
            ("attention_message_kernel", message_units),
            ("attention_state_kernel", self.units),
            ("attention_input_kernel", first[-1]),
        ):
            setattr(self, name, self.add_weight(name=name, shape=(width, self.attention_units)))
        self.attention_vector = self.add_weight(
            name="attention_vector", shape=(self.attention_units, 1)
        )

    def represent(self, inputs, mask, training):
        several = isinstance(inputs, (list, tuple))
        inputs = [zero_masked(x, mask) for x in (inputs if several else [inputs])]
        batch_size, time = ops.shape(inputs[0])[:2]
        weights = self.lstms.step_weights()
        by_step = [ops.transpose(x, (1, 0, 2)) for x in inputs]
        (gates,) = self.lstms.project(by_step if several else by_step[0], weights)
        seen = product(ops.stack(by_step, axis=1), self.attention_input_kernel)
        steps = (gates, seen) if mask is None else (gates, seen, ops.transpose(mask))
        messages = None
        if self.shared is not None:
            messages = ops.stack([self.shared(x, mask=mask) for x in inputs])
        state = (self.num_tasks, batch_size, self.units)
        attended = (self.num_tasks, batch_size, self.num_tasks if messages is None else time)
        (hidden, attention), _ = recur(
            self._step(weights, messages, mask),
            steps,
            (ops.zeros(state, self.compute_dtype), ops.zeros(state, self.compute_dtype)),
            outputs=[(state, self.compute_dtype), (attended, self.compute_dtype)],
        )
        outputs = [
            zero_masked(ops.transpose(x, (1, 0, 2)), mask) for x in ops.unstack(hidden, axis=1)
        ]
        attention = ops.transpose(attention, (2, 0, 1, 3))  # (batch, time, tasks, sources)
        if mask is not None:
            there = ops.reshape(mask, (batch_size, time, 1, 1))
            attention = ops.where(there, attention, ops.zeros_like(attention))
        return outputs, {"attention": attention}

    def _step(self, weights, shared, mask):
        """One step; `shared`: the states of the shared LSTM `(1 or tasks, batch, time, units)`."""
        message_kernel, state_kernel, own_kernel, vector = map(
            ops.convert_to_tensor,
            (
                self.attention_message_kernel,
                self.attention_state_kernel,
                self.message_kernel,
                self.attention_vector,
            ),
        )
        if shared is None:
            available = ops.convert_to_tensor(~np.eye(self.num_tasks, dtype="bool")[:, None])
            keys = None
        else:
            available = None if mask is None else ops.expand_dims(mask, 0)
            keys = product(shared, message_kernel)

        def step(inputs_t, states):
            gates, seen, *update = inputs_t
            messages, known = shared, keys
            if shared is None:  # (1, batch, tasks, units)
                messages = ops.expand_dims(ops.transpose(states[0], (1, 0, 2)), 0)
                known = product(messages, message_kernel)
            query = ops.expand_dims(product(states[0], state_kernel) + seen, 2)
            scores = ops.squeeze(product(tanh(known + query), vector), -1)
            attention = masked_softmax(scores, available)  # (tasks, batch, sources)
            message = ops.squeeze(product(ops.expand_dims(attention, 2), messages), 2)
            gates = gates + product(message, own_kernel)
            states, _, _ = self.lstms.step((gates,), states, weights, *update)
            return (states[0], attention), states

        return step

    def decision_shapes(self, batch_size, time):
        sources = self.num_tasks if self.shared is None else time
        return {"attention": (batch_size, time, self.num_tasks, sources)}

    def get_config(self):
        return {
            **super().get_config(),
            "communication": self.communication,
            "shared_units": self.shared_units,
            "attention_units": self.attention_units,
        }
