import keras
import numpy as np
from keras import ops

from modzoo.layers.counts import check_counts
from modzoo.layers.fixed_routes import SAMPLINGS, policies_of
from modzoo.layers.group_dense import GroupDense
from modzoo.layers.group_mlp import GroupMLP
from modzoo.layers.groups import group_width
from modzoo.layers.masking import zero_masked
from modzoo.layers.routes import (
    check_num_layers,
    check_num_routes,
    check_sparsity,
    checked_places,
    read_connected,
    sparsity_penalty,
)
from modzoo.layers.several_inputs import combine_masks, common_steps, is_several
from modzoo.layers.shapes import check_shape
from modzoo.layers.slicing import split
from modzoo.layers.straight_through_router import StraightThroughRouter


@keras.saving.register_keras_serializable(package="modzoo")
class RoutedDecoder(keras.layers.Layer):
    """The decoders of MT-RMN: each task reads the sub-encoders that it decides to read.

    Task `k` has a policy network `N^k`, shared by all layers of sub-encoders, and a
    sub-decoder `MLP^k_l` for each. With the output `u_j` of sub-encoder `j` of layer `l`, as
    `modzoo.layers.RoutedEncoder` yields it, and a representation `h^k` of the task's own,

        b_j    = N^k([u_j, W_k h^k])  or  N^k(u_j), in R^2                      (eq. 6, 7)
        zeta_j = router(b_j) in {0, 1}                                          (eq. 8, 9)
        u^_l   = MLP^k_l(sum_j zeta_j u_j / sum_j zeta_j), of zero where nothing is connected
        D^k    = [u^_1, u^_2, ...]

    at each step. A task's head then reads `D^k` beside `h^k`. Sparsity is a loss of the layer,
    the mean over the steps of

        sparsity_weight * relu(sum zeta - sparsity_threshold * number of routes)    (eq. 11)

    summed over all tasks. Tasks whose inputs differ call the encoder once each, and have a
    decoder of one task each.

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, width of each sub-decoder.
        num_layers: Integer, at least 2, the encoder's.
        num_modules: Integer, the encoder's.
        policy_units: Integer, hidden width of the policy networks, and of `W_k h^k`.
            Default: `units`.
        activation: Activation of the hidden layers.
        connection_bias: Float, at which the bias of `b_1 - b_0` begins.
        temperature: Float above 0, the router's at the beginning.
        kernel_initializer: Initialiser of the kernels, drawn for each network by itself.
        disabled: What is switched off: pairs `(layer, module)`, sub-encoders that no task
            reads, and triples `(task, layer, module)`, routes. Layers are counted from that
            behind the cells, 0. May be set at any time before a function that uses the layer
            is traced.
        routing: `"learned"`, or as controls, without policies and penalty, `"all"`, all routes
            open, and `"random"`, each open half of the time, in inference too. What is said
            of policies, `sampling`, sparsity and the tasks' own representations does not apply to
            them.
        sampling: When the router has noise: in `"training"`, `"always"` or `"never"`.
        seed: Integer, seed of the noise.
        sparsity_weight: Float, at least 0, weight of the penalty (the paper's `lambda_2`, 1
            there, under which nearly all routes close).
        sparsity_threshold: Float in `[0, 1]`, the share of routes that goes free (the paper's
            `gamma_2`).
        return_decisions: Whether to return the routes too.

    Call arguments:
        inputs: The encoder's output, of shape `(batch, time, (num_layers - 1) * num_modules *
            width)`, or a list of it and the tasks' own representations, `num_tasks` tensors
            `(batch, time, width_k)`.
        mask: Boolean tensor of shape `(batch, time)`, or one per input, of which all must be
            `True`. Masked steps yield zeros, route nothing and bear no penalty.
        training: Whether to add noise with `sampling="training"`.

    Returns:
        List of one tensor `(batch, time, (num_layers - 1) * units)` per task; with
        `return_decisions=True` a pair of it and `{"routes": [...]}`, one tensor
        `(batch, time, num_layers - 1, num_modules)` per task, 1 where it reads, else 0.

    Raises:
        ValueError: If counts or options are out of their range, or would make more than 1000
            routes, `disabled` names what is not
            there, or a tensor is of another shape than said above.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> encoded = modzoo.layers.RoutedEncoder(3, 4, num_layers=3, num_modules=2)(x)
    >>> first, second = modzoo.layers.RoutedDecoder(2, 6, num_layers=3, num_modules=2)(encoded)
    >>> first.shape
    (2, 5, 12)

    Reference:
    - Xu et al., 2021, Multi-Task Recurrent Modular Networks
    """

    def __init__(
        self,
        num_tasks,
        units,
        num_layers,
        num_modules,
        *,
        policy_units=None,
        activation="relu",
        connection_bias=2.0,
        temperature=1.0,
        kernel_initializer="glorot_uniform",
        disabled=(),
        routing="learned",
        sampling="training",
        seed=None,
        sparsity_weight=0.01,
        sparsity_threshold=0.75,
        return_decisions=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        policy_units = units if policy_units is None else policy_units
        check_counts(
            num_layers=num_layers,
            num_tasks=num_tasks,
            units=units,
            num_modules=num_modules,
            policy_units=policy_units,
        )
        check_num_layers(num_layers)
        check_sparsity(sparsity_weight, sparsity_threshold)
        self.num_tasks = num_tasks
        self.units = units
        self.num_layers = num_layers
        self.num_modules = num_modules
        self.policy_units = policy_units
        self.activation = keras.activations.get(activation)
        self.connection_bias = connection_bias
        self.temperature = temperature
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.disabled = disabled
        self.routing = routing
        self.sampling = sampling
        self.seed = seed
        self.sparsity_weight = sparsity_weight
        self.sparsity_threshold = sparsity_threshold
        self.return_decisions = return_decisions
        self.num_sources = (num_layers - 1) * num_modules
        check_num_routes(num_tasks * self.num_sources)
        self.policy = policies_of(
            routing,
            num_tasks,
            policy_units,
            self.activation,
            connection_bias,
            self.kernel_initializer,
            dtype=self.dtype_policy,
            name="policies",
        )
        self.networks = GroupMLP(
            (num_layers - 1) * num_tasks,
            units,
            self.activation,
            self.kernel_initializer,
            dtype=self.dtype_policy,
            name="sub_decoders",
        )
        self.router = StraightThroughRouter(
            temperature,
            SAMPLINGS.get(routing, sampling),
            seed,
            dtype=self.dtype_policy,
            name="router",
        )
        self.supports_masking = True

    @property
    def disabled(self):
        """Routes and sub-encoders that are switched off; may be set at any time before a
        function that uses the layer is traced."""
        return self._disabled

    @disabled.setter
    def disabled(self, places):
        layers = self.num_layers - 1
        sizes = {2: (layers, self.num_modules), 3: (self.num_tasks, layers, self.num_modules)}
        self._disabled = checked_places(
            places,
            lambda place: sizes.get(len(place), ()),
            "pairs (layer, module) and triples (task, layer, module)",
        )

    def build(self, input_shape):
        shapes = input_shape if is_several(input_shape) else [input_shape]
        if len(shapes) not in (1, 1 + self.num_tasks):
            raise ValueError(
                "The input must be the encoder's output, or a list of it and one tensor for each "
                f"of the {self.num_tasks} tasks. Received: input_shape={input_shape}."
            )
        for shape in shapes:
            check_shape("inputs", shape, (None, None, None))
        self.input_spec = [keras.layers.InputSpec(ndim=3, axes={-1: shape[-1]}) for shape in shapes]
        width = group_width(shapes[0], self.num_sources)
        self.policy.build((None, width))
        self.networks.build((None, (self.num_layers - 1) * self.num_tasks * width))
        self.router.build()
        if len(shapes) > 1 and self.routing == "learned":
            self._build_context(shapes[1:])

    def _build_context(self, shapes):
        options = {
            "use_bias": False,
            "kernel_initializer": self.kernel_initializer,
            "dtype": self.dtype_policy,
        }
        self.states = []
        for task, shape in enumerate(shapes):
            state = keras.layers.Dense(self.policy_units, name=f"state_{task}", **options)
            state.build(shape)
            self.states.append(state)
        self.context = GroupDense(self.num_tasks, self.policy_units, name="context", **options)
        self.context.build((None, self.num_tasks * self.policy_units))

    def call(self, inputs, mask=None, training=False):
        encoded, *own = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        common_steps([encoded, *own], mask)
        mask = combine_masks(mask)
        steps = tuple(ops.shape(encoded)[:2])
        width = group_width(encoded.shape, self.num_sources)
        encoded = ops.reshape(zero_masked(encoded, mask), (-1, encoded.shape[-1]))
        u = split(encoded, [width] * self.num_sources, axis=-1)
        connected = self._connect(u, [zero_masked(h, mask) for h in own], steps, training)
        if self.sparsity_weight and self.routing == "learned":
            self.add_loss(
                sparsity_penalty(
                    ops.reshape(ops.sum(connected, axis=(0, 1)), steps),
                    self.num_tasks * self.num_sources,
                    self.sparsity_weight,
                    self.sparsity_threshold,
                    mask,
                )
            )
        outputs = [zero_masked(x, mask) for x in self._decode(u, connected, steps)]
        if not self.return_decisions:
            return outputs
        return outputs, {"routes": self._shown(connected, steps, mask)}

    def _connect(self, u, own, steps, training):
        """Routes `(layers * modules, tasks, rows)` from sub-encoders of outputs `u`."""
        context = None
        if own and self.routing == "learned":
            own = [state(h) for state, h in zip(self.states, own, strict=True)]
            context = self.context(ops.concatenate(own, axis=-1))
            context = ops.reshape(context, (-1, self.num_tasks, self.policy_units))
        noise = self.router.draw((*steps, self.num_sources * self.num_tasks), training)
        if noise is not None:
            noise = ops.reshape(noise, (-1, self.num_sources, self.num_tasks))
            noise = ops.transpose(noise, (1, 2, 0))
        connected = self.router.decide(self.policy.compare(u, context), noise)
        if self.disabled:
            connected = connected * ops.cast(self._open()[..., None], connected.dtype)
        return connected

    def _open(self):
        """Boolean array `(layers * modules, tasks)`: the routes that are not switched off."""
        opened = np.ones((self.num_tasks, self.num_layers - 1, self.num_modules), "bool")
        for place in self.disabled:
            opened[place if len(place) == 3 else (slice(None), *place)] = False
        return opened.reshape(self.num_tasks, self.num_sources).T

    def _decode(self, u, connected, steps):
        """`D^k` of each task."""
        modules, tasks = self.num_modules, self.num_tasks
        read = []
        for first in range(0, self.num_sources, modules):
            own = slice(first, first + modules)
            read += read_connected(u[own], connected[own])
        decoded = self.networks.map_each(read)  # layer by layer, in each task by task
        shape = (*steps, (self.num_layers - 1) * self.units)
        return [
            ops.reshape(ops.concatenate(decoded[task::tasks], axis=-1), shape)
            for task in range(tasks)
        ]

    def _shown(self, connected, steps, mask):
        shape = (*steps, self.num_layers - 1, self.num_modules)
        shown = ops.reshape(
            ops.transpose(connected, (1, 2, 0)), (self.num_tasks, *steps, self.num_sources)
        )
        tasks = ops.unstack(shown, axis=0)
        return [ops.reshape(zero_masked(x, mask), shape) for x in tasks]

    def compute_mask(self, inputs, mask=None):
        masks = [combine_masks(mask)] * self.num_tasks
        return (masks, {"routes": [None] * self.num_tasks}) if self.return_decisions else masks

    def compute_output_shape(self, input_shape):
        batch_size, time, _ = input_shape[0] if is_several(input_shape) else input_shape
        layers, tasks = self.num_layers - 1, self.num_tasks
        outputs = [(batch_size, time, layers * self.units)] * tasks
        if not self.return_decisions:
            return outputs
        return outputs, {"routes": [(batch_size, time, layers, self.num_modules)] * tasks}

    def get_config(self):
        return {
            **super().get_config(),
            "num_tasks": self.num_tasks,
            "units": self.units,
            "num_layers": self.num_layers,
            "num_modules": self.num_modules,
            "policy_units": self.policy_units,
            "activation": keras.activations.serialize(self.activation),
            "connection_bias": self.connection_bias,
            "temperature": self.temperature,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "disabled": [list(place) for place in self.disabled],
            "routing": self.routing,
            "sampling": self.sampling,
            "seed": self.seed,
            "sparsity_weight": self.sparsity_weight,
            "sparsity_threshold": self.sparsity_threshold,
            "return_decisions": self.return_decisions,
        }
