import keras
from keras import ops

from modzoo.layers.counts import check_counts
from modzoo.layers.initializers import column_blocks
from modzoo.layers.masking import zero_masked
from modzoo.layers.multi_task_base import MultiTaskBase
from modzoo.layers.parallel_lstms import parallel_lstms
from modzoo.layers.straight_through_choice import StraightThroughChoice

MAX_DEPTH = 32  # of functions that share their weights, so that nothing else bounds it


@keras.saving.register_keras_serializable(package="modzoo")
class RecursiveRoutingLSTM(MultiTaskBase):
    """A recursive routing network (RRN) in front of one LSTM.

    What the LSTM reads of a step is `depth` functions, one after another, all of them chosen
    from one set of `num_functions` by a router that sees the task and the vector so far:

        v_0 = x W_0 + b_0
        f_d = router(relu(v_{d-1} R + e_k) S + c)                  for d = 1 .. depth
        v_d = relu(v_{d-1} F_{f_d} + b_{f_d})
        h^k = LSTM(v_depth)

    with a vector `e_k` for each task; all else is shared. On the way forward the router takes
    the best function, with Gumbel noise where there is to be any, on the way back the softmax of
    its scores (the authors train it by reinforcement too).

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, width of the functions, the router and the LSTM.
        num_functions: Integer, number of functions.
        depth: Integer, at most 32, how many are applied.
        temperature: Float above 0, the router's at the beginning.
        sampling: When the router has noise: in `"training"`, `"always"` or `"never"`.
        seed: Integer, seed of the noise.
        return_decisions: Whether to return the functions chosen too.

    Call arguments:
        inputs: Tensor of shape `(batch, time, features)`.
        mask: Boolean tensor of shape `(batch, time)`. A masked step changes no state and yields
            zeros, whatever stands there.
        training: Whether to add noise with `sampling="training"`.

    Returns:
        List of one tensor `(batch, time, units)` for each task. With `return_decisions=True` a
        pair of it and `{"functions": [...]}`, a list of one tensor `(batch, time, depth,
        num_functions)` for each task, 1 where a function was chosen, else 0; all 0 at masked
        steps.

    Raises:
        ValueError: If a count is not a positive integer, `temperature` or `sampling` is out of
            its range, or a tensor is of another shape than said above.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> layer = modzoo.layers.RecursiveRoutingLSTM(num_tasks=2, units=4, return_decisions=True)
    >>> (first, second), decisions = layer(x)
    >>> first.shape, decisions["functions"][0].shape
    ((2, 5, 4), (2, 5, 2, 3))

    Reference:
    - [Cases et al., 2019, Recursive routing networks](https://aclanthology.org/N19-1365)
    """

    def __init__(
        self,
        num_tasks,
        units,
        num_functions=3,
        depth=2,
        temperature=1.0,
        sampling="training",
        seed=None,
        return_decisions=False,
        **kwargs,
    ):
        super().__init__(num_tasks, units, return_decisions, **kwargs)
        check_counts(num_functions=num_functions, depth=depth)
        if depth > MAX_DEPTH:
            raise ValueError(f"`depth` must be at most {MAX_DEPTH}. Received: depth={depth}.")
        self.num_functions = num_functions
        self.depth = depth
        self.temperature = temperature
        self.sampling = sampling
        self.seed = seed
        options = {"dtype": self.dtype_policy}
        self.first = keras.layers.Dense(units, name="first", **options)
        self.functions = keras.layers.Dense(
            num_functions * units,
            kernel_initializer=column_blocks("glorot_uniform", [units] * num_functions),
            name="functions",
            **options,
        )
        self.seen = keras.layers.Dense(units, use_bias=False, name="seen", **options)
        self.scores = keras.layers.Dense(num_functions, name="scores", **options)
        self.router = StraightThroughChoice(temperature, sampling, seed, name="router", **options)
        self.lstm = parallel_lstms(1, units, name="lstm", **options)

    def build_weights(self, input_shape):
        vectors = (*input_shape[:-1], self.units)
        self.first.build(input_shape)
        for layer in (self.functions, self.seen, self.scores, self.lstm):
            layer.build(vectors)
        self.router.build()
        self.task_vectors = self.add_weight(
            name="task_vectors", shape=(self.num_tasks, self.units), initializer="glorot_uniform"
        )

    def represent(self, inputs, mask, training):
        batch_size, time = ops.shape(inputs)[:2]
        rows = (self.num_tasks, batch_size, time)
        noise = self.router.draw((*rows, self.depth, self.num_functions), training)
        noises = [None] * self.depth if noise is None else ops.unstack(noise, self.depth, axis=3)
        tasks = ops.reshape(self.task_vectors, (self.num_tasks, 1, 1, self.units))
        first = ops.expand_dims(self.first(zero_masked(inputs, mask)), 0)
        v = ops.broadcast_to(first, (*rows, self.units))
        choices = []
        for noise in noises:
            scores = self.scores(ops.relu(self.seen(v) + tasks))
            chosen = self.router.decide(scores, noise)
            results = ops.relu(self.functions(v))
            results = ops.reshape(results, (*rows, self.num_functions, self.units))
            v = ops.sum(ops.expand_dims(chosen, -1) * results, axis=-2)
            choices.append(chosen)
        functions = ops.unstack(ops.stack(choices, axis=3), self.num_tasks, axis=0)
        return self._recur(v, mask, batch_size, time), {
            "functions": [self._shown(x, mask, batch_size, time) for x in functions]
        }

    def _recur(self, v, mask, batch_size, time):
        """The LSTM over each task's sequence, all of them in one batch."""
        if mask is not None:
            mask = ops.tile(mask, (self.num_tasks, 1))
        hidden = self.lstm(ops.reshape(v, (-1, time, self.units)), mask=mask)
        hidden = ops.reshape(hidden, (self.num_tasks, batch_size, time, self.units))
        return list(ops.unstack(hidden, self.num_tasks, axis=0))

    def _shown(self, functions, mask, batch_size, time):
        width = self.depth * self.num_functions
        flat = ops.reshape(functions, (batch_size, time, width))
        shape = (batch_size, time, self.depth, self.num_functions)
        return ops.reshape(zero_masked(flat, mask), shape)

    def decision_shapes(self, batch_size, time):
        shape = (batch_size, time, self.depth, self.num_functions)
        return {"functions": [shape] * self.num_tasks}

    def get_config(self):
        return {
            **super().get_config(),
            "num_functions": self.num_functions,
            "depth": self.depth,
            "temperature": self.temperature,
            "sampling": self.sampling,
            "seed": self.seed,
        }
