import keras
import numpy as np
from keras import ops

from modzoo.layers.counts import check_counts
from modzoo.layers.initializers import column_blocks
from modzoo.layers.masking import zero_masked
from modzoo.layers.several_inputs import combine_masks, common_steps, is_several
from modzoo.layers.shapes import check_shape

MODES = ("learned", "fixed", "none")
CONTEXTS = ("previous", "current")


@keras.saving.register_keras_serializable(package="modzoo")
class TaskGate(keras.layers.Layer):
    """One gate vector per task over units that all tasks share.

    It stands between a shared encoder and the tasks' heads, and says which units serve
    which task. With the encoder's state `h_i` and its input `e_i` at word `i`, task `a` reads

        h_i * g_a,    g_a = sigmoid(h_{i-1} W_a + e_i U_a + b_a)    mode="learned"
                      g_a in {0, 1}, a share of the units each      mode="fixed"
                      g_a = 1                                       mode="none"

    (section 3 of the paper, "Gated", "Fixed", "Baseline"). The default share of a task is
    the paper's `1..1 0..0 1..1`, for any number of tasks: the first half of the units are
    taken as a forward encoder's and given out in order, the second half, a backward
    encoder's, in reverse order. Every unit belongs to one task.

    Args:
        num_tasks: Integer, number of tasks.
        mode: `"learned"`, `"fixed"` or `"none"`.
        context: What a learned gate sees beside the word vector: the state `"previous"` to
            the word, zero at the first and behind a masked word, or the `"current"` one.
        fixed_units: List of one list of units for each task, which may overlap and need not
            cover all. Default: each task an equal share. For `mode="fixed"` only.
        kernel_initializer: Initialiser of `W` and `U`, drawn for each task by itself.
        bias_initializer: Initialiser of `b`.
        disabled: Gate units that are switched off: an integer is a unit whose gates of all
            tasks are 0, a pair `(task, unit)` one gate. May be set at any time before a
            function that uses the layer is traced.
        return_decisions: Whether to return the gates too.

    Call arguments:
        inputs: List of the states, `(batch, time, units)`, and the word vectors,
            `(batch, time, features)`. Modes other than `"learned"` read the states alone
            and take one tensor too.
        mask: Boolean tensor of shape `(batch, time)`, or one per input, of which all must
            be `True`. Masked words yield zeros, and their gates are 0.

    Returns:
        List of one tensor `(batch, time, units)` per task; with `return_decisions=True` a
        pair of it and `{"gates": [...]}`, one tensor of the same shape per task, in `[0, 1]`.

    Raises:
        ValueError: If an option is unknown, units are out of range, there are fewer units than
            an equal share for each task needs, or a tensor is of another shape than said above.

    Example:

    >>> states, words = np.ones((2, 5, 8), "float32"), np.ones((2, 5, 3), "float32")
    >>> pos, ner = modzoo.layers.TaskGate(2)([states, words])
    >>> pos.shape
    (2, 5, 8)

    Reference:
    - Choudhary and Rijhwani, Towards Interpretable Multi-Task Learning in Language
    """

    def __init__(
        self,
        num_tasks,
        mode="learned",
        context="previous",
        fixed_units=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        disabled=(),
        return_decisions=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_counts(num_tasks=num_tasks)
        for name, value, known in (("mode", mode, MODES), ("context", context, CONTEXTS)):
            if value not in known:
                raise ValueError(f"`{name}` must be one of {known}. Received: {name}={value!r}.")
        if fixed_units is not None and (mode != "fixed" or len(fixed_units) != num_tasks):
            raise ValueError(
                "`fixed_units` needs mode='fixed' and one list of units for each task. "
                f"Received: fixed_units={fixed_units}, mode={mode!r}, num_tasks={num_tasks}."
            )
        self.num_tasks = num_tasks
        self.mode = mode
        self.context = context
        self.fixed_units = None if fixed_units is None else [list(part) for part in fixed_units]
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.units = None
        self.disabled = disabled
        self.return_decisions = return_decisions
        self.supports_masking = True

    @property
    def disabled(self):
        return self._disabled

    @disabled.setter
    def disabled(self, gates):
        gates = [tuple(g) if isinstance(g, (list, tuple)) else g for g in gates]
        for gate in gates:
            task, unit = gate if isinstance(gate, tuple) and len(gate) == 2 else (0, gate)
            whole = isinstance(task, int) and isinstance(unit, int)
            if not whole or not 0 <= task < self.num_tasks or unit < 0:
                raise ValueError(
                    "`disabled` must hold units or pairs (task, unit). "
                    f"Received: disabled={gates}, num_tasks={self.num_tasks}."
                )
            if self.units is not None and unit >= self.units:
                raise ValueError(
                    f"There are {self.units} units to disable. Received: disabled={gates}."
                )
        self._disabled = tuple(gates)

    def build(self, input_shape):
        shapes = input_shape if is_several(input_shape) else [input_shape]
        if len(shapes) > 2 or (self.mode == "learned" and len(shapes) == 1):
            raise ValueError(
                "A learned gate reads one list, `[states, words]`, others may read the states "
                f"alone. Received: mode={self.mode!r}, input_shape={input_shape}."
            )
        for shape in shapes:
            check_shape("inputs", shape, (None, None, None))
        self.units, self.word_width = shapes[0][-1], shapes[-1][-1]
        self.disabled = self.disabled
        self.fixed_gates()
        if self.mode == "learned":
            columns = [self.units] * self.num_tasks
            initializer = column_blocks(self.kernel_initializer, columns)
            for name, width in (("state_kernel", self.units), ("word_kernel", shapes[1][-1])):
                kernel = self.add_weight(
                    name=name, shape=(width, sum(columns)), initializer=initializer
                )
                setattr(self, name, kernel)
            self.bias = self.add_weight(
                name="bias", shape=(sum(columns),), initializer=self.bias_initializer
            )

    def fixed_gates(self):
        """Boolean array `(num_tasks, units)`: the gates that no input can open."""
        gates = np.ones((self.num_tasks, self.units), "bool")
        if self.mode == "fixed":
            gates = _gates_of(self.fixed_units or _shares(self.units, self.num_tasks), self.units)
        for gate in self.disabled:
            gates[gate if isinstance(gate, tuple) else (slice(None), gate)] = False
        return gates

    def call(self, inputs, mask=None):
        states, words = inputs if isinstance(inputs, (list, tuple)) else (inputs, None)
        check_shape("inputs", states.shape, (None, None, self.units))
        if words is not None:
            check_shape("inputs", words.shape, (None, None, self.word_width))
        common_steps(inputs, mask)
        mask = combine_masks(mask)
        states = zero_masked(states, mask)
        gates = None
        if self.mode == "learned":
            gates = self._learned(states, zero_masked(words, mask))
        open_gates = self.fixed_gates()
        if gates is None or not open_gates.all():
            constants = [ops.convert_to_tensor(g, dtype=self.compute_dtype) for g in open_gates]
            gates = constants if gates is None else _products(gates, constants)
        outputs = _products([states] * self.num_tasks, gates)
        if not self.return_decisions:
            return outputs
        shown = zero_masked(ops.ones_like(states), mask)
        return outputs, {"gates": _products([shown] * self.num_tasks, gates)}

    def _learned(self, states, words):
        """The gates, one tensor `(batch, time, units)` per task."""
        context = states
        if self.context == "previous":
            context = ops.pad(states[:, :-1], [[0, 0], [1, 0], [0, 0]])
        logits = ops.matmul(context, self.state_kernel) + ops.matmul(words, self.word_kernel)
        return ops.split(ops.sigmoid(logits + self.bias), self.num_tasks, axis=-1)

    def compute_mask(self, inputs, mask=None):
        masks = [combine_masks(mask)] * self.num_tasks
        return (masks, {"gates": masks}) if self.return_decisions else masks

    def compute_output_shape(self, input_shape):
        shape = input_shape[0] if is_several(input_shape) else input_shape
        shapes = [tuple(shape)] * self.num_tasks
        return (shapes, {"gates": list(shapes)}) if self.return_decisions else shapes

    def get_config(self):
        return {
            **super().get_config(),
            "num_tasks": self.num_tasks,
            "mode": self.mode,
            "context": self.context,
            "fixed_units": self.fixed_units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "disabled": [list(g) if isinstance(g, tuple) else g for g in self.disabled],
            "return_decisions": self.return_decisions,
        }


def _products(tensors, gates):
    return [x * g for x, g in zip(tensors, gates, strict=True)]


def _shares(units, num_tasks):
    """Units of each task: in order over the first half of the units, in reverse over the rest."""
    first = (units + 1) // 2
    if first < num_tasks:
        raise ValueError(
            "Fixed gates need two units for each task, or `fixed_units`. "
            f"Received: units={units}, num_tasks={num_tasks}."
        )
    owners = [u * num_tasks // first for u in range(first)]
    owners += owners[: units - first][::-1]
    return [[u for u in range(units) if owners[u] == task] for task in range(num_tasks)]


def _gates_of(fixed_units, units):
    gates = np.zeros((len(fixed_units), units), "bool")
    for task, part in enumerate(fixed_units):
        if not part or any(not isinstance(u, int) or not 0 <= u < units for u in part):
            raise ValueError(
                f"`fixed_units` must name units in [0, {units}) for each task. "
                f"Received: fixed_units={fixed_units}."
            )
        gates[task, part] = True
    return gates
