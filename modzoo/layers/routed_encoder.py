import keras
from keras import ops

from modzoo.layers.masking import zero_masked
from modzoo.layers.rim import RIM
from modzoo.layers.routed_core import RoutedCore
from modzoo.layers.routes import check_sparsity, sparsity_penalty
from modzoo.layers.shapes import check_shape


@keras.saving.register_keras_serializable(package="modzoo")
class RoutedEncoder(RoutedCore):
    """The encoder that tasks share in MT-RMN: recurrent cells, then layers of routed modules.

    The first of `num_layers` layers is a group of independent recurrent cells, the others are
    groups of sub-encoders. At each step every sub-encoder decides of each sub-network of the
    layer before whether it reads it:

        h_i    = cell_i(h_{i, t-1}, x_t)                           u_i = h_i        (eq. 1)
        a_ij   = N_j(u_i), in R^2                                                   (eq. 2)
        zeta_j = router(a_ij) in {0, 1}                                             (eq. 3, 8, 9)
        v_j    = sum_i zeta_ij u_i / sum_i zeta_ij, zero where nothing is connected (eq. 4)
        u_j    = MLP_j(v_j)                                                         (eq. 5)

    with a policy network `N_j` and an `MLP_j`, of one hidden layer each, for each sub-encoder.
    Routes do not reach back into the cells, so after one pass of the cells over time the rest is
    computed for all steps at once. `modzoo.layers.RoutedDecoder` reads the output for each task;
    the router is `modzoo.layers.StraightThroughRouter`. Sparsity is a loss of the layer, the mean
    over the steps of

        sparsity_weight * relu(sum zeta - sparsity_threshold * number of routes)    (eq. 10)

    Args:
        num_cells: Integer, number of cells (the paper's `k`).
        units: Integer, width of each cell's state.
        num_layers: Integer, at least 2, layers with that of the cells (the paper's `m`).
        num_modules: Integer, sub-encoders in each of the other layers (the paper's `n`).
        cell: `"lstm"`, `"gru"`, `"simple_rnn"`, or a list of one of them for each cell.
        module_units: Integer, width of each sub-encoder. Default: `units`.
        policy_units: Integer, hidden width of the policy networks. Default: `module_units`.
        activation: Activation of the hidden layers.
        connection_bias: Float, at which the bias of `alpha_1 - alpha_0` begins. Above 0 routes
            begin open; from 0, without noise and under a penalty, all may close for good.
        temperature: Float above 0, the router's at the beginning.
        kernel_initializer: Initialiser of all maps but the recurrent ones, drawn for each
            cell, sub-encoder and policy by itself.
        recurrent_initializer: Initialiser of the recurrent maps, likewise.
        disabled: What is switched off: pairs `(layer, module)`, sub-encoders, which yield
            zeros and are not read, and triples `(layer, source, module)`, routes. Layers are
            counted from that behind the cells, 0. May be set at any time before a function that
            uses the layer is traced.
        recursive: Whether one set of sub-encoders and policies serves at every depth, rather
            than one for each layer (rrn-RMN); `module_units` is then `units`.
        routing: `"learned"`, or as controls, without policies and penalty, `"all"`, all routes
            open, and `"random"`, each open half of the time, in inference too. What is said
            of policies, `sampling` and sparsity does not apply to them.
        sampling: When the router has noise: in `"training"`, `"always"` or `"never"`.
        seed: Integer, seed of the noise.
        sparsity_weight: Float, at least 0, weight of the penalty (the paper's `lambda_1`, 1
            there, under which nearly all routes close).
        sparsity_threshold: Float in `[0, 1]`, the share of routes that goes free (the paper's
            `gamma_1`).
        return_decisions: Whether to return the routes too.

    Call arguments:
        inputs: Tensor of shape `(batch, time, features)`.
        mask: Boolean tensor of shape `(batch, time)`. A masked step changes no state, yields
            zeros, routes nothing and bears no penalty, whatever stands there.
        training: Whether to add noise with `sampling="training"`.

    Output shape: `(batch, time, (num_layers - 1) * num_modules * module_units)`, the outputs
        of all sub-encoders, layer by layer. With `return_decisions=True` a pair of it and
        `{"routes": (batch, time, num_layers - 1, sources, num_modules)}`, 1 where sub-encoder `j`
        reads source `i`, else 0. `sources` is the larger of `num_cells` and `num_modules`;
        those that a layer has not are 0.

    Raises:
        ValueError: If counts or options are out of their range, or would make more than 1000
            routes, `disabled` names what is not
            there, or a tensor is of another shape than said above.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> encoder = modzoo.layers.RoutedEncoder(3, 4, num_layers=3, num_modules=2)
    >>> encoder(x).shape
    (2, 5, 16)

    Reference:
    - Xu et al., 2021, Multi-Task Recurrent Modular Networks
    """

    def __init__(
        self,
        num_cells,
        units,
        num_layers,
        num_modules,
        *,
        cell="lstm",
        module_units=None,
        policy_units=None,
        activation="relu",
        connection_bias=2.0,
        temperature=1.0,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        disabled=(),
        recursive=False,
        routing="learned",
        sampling="training",
        seed=None,
        sparsity_weight=0.01,
        sparsity_threshold=0.75,
        return_decisions=False,
        **kwargs,
    ):
        super().__init__(
            num_cells,
            units,
            num_layers,
            num_modules,
            cell=cell,
            module_units=module_units,
            policy_units=policy_units,
            activation=activation,
            connection_bias=connection_bias,
            temperature=temperature,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            disabled=disabled,
            recursive=recursive,
            routing=routing,
            **kwargs,
        )
        check_sparsity(sparsity_weight, sparsity_threshold)
        self.sampling = sampling
        self.seed = seed
        self.sparsity_weight = sparsity_weight
        self.sparsity_threshold = sparsity_threshold
        self.return_decisions = return_decisions
        self.cells = self._cells(RIM, return_sequences=True)
        self.router = self._router(sampling, seed)
        self.supports_masking = True

    def build(self, input_shape):
        check_shape("inputs", input_shape, (None, None, None))
        self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: input_shape[-1]})
        self.cells.build(input_shape)
        self.build_modules()

    def call(self, inputs, mask=None, training=False):
        if mask is not None:
            check_shape("mask", mask.shape, inputs.shape[:2])
            mask = ops.cast(mask, "bool")
        batch_size, time = ops.shape(inputs)[:2]
        noise = self.router.draw((batch_size, time, self.num_routes), training)
        output, routes = self.route(self.cells(inputs, mask=mask), noise)
        output = zero_masked(ops.reshape(output, (batch_size, time, self.output_width)), mask)
        if self.sparsity_weight and self.routing == "learned":
            connected = sum(ops.sum(x, axis=(0, 1)) for x in routes)
            self.add_loss(
                sparsity_penalty(
                    ops.reshape(connected, (batch_size, time)),
                    self.num_routes,
                    self.sparsity_weight,
                    self.sparsity_threshold,
                    mask,
                )
            )
        if not self.return_decisions:
            return output
        return output, {"routes": self._shown(routes, batch_size, time, mask)}

    def _shown(self, routes, batch_size, time, mask):
        sources = max(self.num_sources)
        layers = [
            ops.pad(x, [[0, sources - x.shape[0]], [0, 0], [0, 0]]) if x.shape[0] < sources else x
            for x in routes
        ]
        shown = ops.transpose(ops.stack(layers), (3, 0, 1, 2))  # (rows, layers, sources, modules)
        shape = (batch_size, time, *shown.shape[1:])
        flat = ops.reshape(shown, (batch_size, time, len(layers) * sources * self.num_modules))
        return ops.reshape(zero_masked(flat, mask), shape)

    def compute_mask(self, inputs, mask=None):
        return (mask, {"routes": None}) if self.return_decisions else mask

    def compute_output_shape(self, input_shape):
        batch_size, time, _ = input_shape
        output = (batch_size, time, self.output_width)
        if not self.return_decisions:
            return output
        layers, sources = len(self.num_sources), max(self.num_sources)
        return output, {"routes": (batch_size, time, layers, sources, self.num_modules)}

    def get_config(self):
        return {
            **super().get_config(),
            "sampling": self.sampling,
            "seed": self.seed,
            "sparsity_weight": self.sparsity_weight,
            "sparsity_threshold": self.sparsity_threshold,
            "return_decisions": self.return_decisions,
        }
