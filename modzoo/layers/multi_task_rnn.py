import keras
from keras import ops

from modzoo.layers.communicating_lstm import CommunicatingLSTM
from modzoo.layers.cross_stitch import CrossStitch
from modzoo.layers.independent_lstm import IndependentLSTM
from modzoo.layers.interleaved_rnn import InterleavedRNN
from modzoo.layers.multi_task_base import MultiTaskBase
from modzoo.layers.multi_task_names import BASES, ROUTED, ROUTINGS, SHARINGS
from modzoo.layers.recursive_routing_lstm import RecursiveRoutingLSTM
from modzoo.layers.routed_sharing import RoutedSharing
from modzoo.layers.shared_lstm import SharedLSTM
from modzoo.layers.shared_private_lstm import SharedPrivateLSTM
from modzoo.layers.sluice import Sluice

LAYERS = {
    "ns_mtl": IndependentLSTM,
    "fs_mtl": SharedLSTM,
    "sp_mtl": SharedPrivateLSTM,
    "cross_stitch": CrossStitch,
    "sluice": Sluice,
    "girnet": InterleavedRNN,
    "dc_mtl": CommunicatingLSTM,
    "ic_mtl": CommunicatingLSTM,
    "rrn": RecursiveRoutingLSTM,
}
COMMUNICATIONS = {"dc_mtl": "direct", "ic_mtl": "indirect"}


@keras.saving.register_keras_serializable(package="modzoo")
class MultiTaskRNN(MultiTaskBase):
    """A recurrent model of several tasks, and a mechanism by which they share what they know.

    At each step of one sequence it yields for each task `k` what the task's head reads,

        concat(h^k, D^k)

    with `h^k` from the base model and `D^k` from the sharing mechanism, of which each may be any.
    The representations of all tasks are computed of every sequence; where a sample belongs to
    one task, the losses of the other tasks' heads are given the weight 0. Penalties (on routes, of
    SP-MTL and of sluice) count the representations of all tasks of every sequence.

    | `base` | | layer |
    |---|---|---|
    | `"ns_mtl"` | an LSTM for each task | `modzoo.layers.IndependentLSTM` |
    | `"fs_mtl"` | one LSTM for all | `modzoo.layers.SharedLSTM` |
    | `"sp_mtl"` | a shared LSTM and a private one for each task | `SharedPrivateLSTM` |
    | `"cross_stitch"` | LSTMs of tasks whose states mix | `modzoo.layers.CrossStitch` |
    | `"sluice"` | the same by halves and by layers | `modzoo.layers.Sluice` |
    | `"girnet"` | task 0 interleaves the others' LSTMs | `modzoo.layers.InterleavedRNN` |
    | `"dc_mtl"` | LSTMs that attend to each other | `modzoo.layers.CommunicatingLSTM` |
    | `"ic_mtl"` | LSTMs that attend to a shared one | `modzoo.layers.CommunicatingLSTM` |
    | `"rrn"` | one LSTM behind functions chosen for the task | `RecursiveRoutingLSTM` |

    | `sharing` | | layers |
    |---|---|---|
    | `"none"` | no `D^k` | |
    | `"dc_mtl"`, `"ic_mtl"` | such LSTMs, over the `h^k` | `modzoo.layers.CommunicatingLSTM` |
    | `"rrn_rmn"` | MT-RMN of one set of sub-encoders, `recursive=True` | as below |
    | `"mt_rmn"` | MT-RMN | `modzoo.layers.RoutedEncoder`, `modzoo.layers.RoutedDecoder` |

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, width of each LSTM of the base model.
        base: Name of the base model.
        sharing: Name of the sharing mechanism.
        num_cells: Integer, cells of MT-RMN's encoder.
        num_layers: Integer, at least 2, its layers with that of the cells. `"rrn"` applies
            `num_layers - 1` functions.
        num_modules: Integer, sub-encoders in each of the other layers, and functions of `"rrn"`.
        sharing_units: Integer, width of what is shared: cells, sub-encoders and sub-decoders, or
            the LSTMs of `"dc_mtl"` and `"ic_mtl"`; and of the shared LSTM of a base model that
            has one beside the tasks' own. Default: `units`.
        dropout: Float in `[0, 1)`, fraction dropped of the features of the sequence, the same
            at all steps.
        connection_bias: Float, at which the biases of the routers' scores begin; above 0 routes
            begin open.
        routing: Of MT-RMN, `"learned"`, or as controls, without policies and penalty, `"all"`, all
            routes open, and `"random"`, each open half of the time, in inference too. What the
            base model `"rrn"` chooses is always learned.
        temperature: Float above 0, the routers' at the beginning;
            `modzoo.training.TemperatureSchedule` lowers it.
        sampling: When routers have noise: in `"training"`, `"always"` or `"never"`.
        sparsity_weight: Float, at least 0, weight of the penalties on routes.
        sparsity_threshold: Float in `[0, 1]`, the share of routes that goes free.
        disabled: What is switched off of MT-RMN: routes `("encoder", layer, source, module)` and
            `("decoder", task, layer, module)`, and sub-encoders `("module", layer, module)`.
            Layers are counted from that behind the cells, 0. May be set at any time before a
            function that uses the layer is traced.
        seed: Integer, seed of noise and dropout.
        return_decisions: Whether to return the decisions too.

    Call arguments:
        inputs: Tensor of shape `(batch, time, features)`.
        mask: Boolean tensor of shape `(batch, time)`. A masked step changes no state, yields
            zeros, decides nothing and bears no penalty, whatever stands there.
        training: Whether to apply dropout and, with `sampling="training"`, noise.

    Returns:
        List of one tensor `(batch, time, width)` for each task. With `return_decisions=True` a
        pair of it and a dictionary of what was decided:

        - `"encoder_routes"`, `(batch, time, num_layers - 1, sources, num_modules)`, and
          `"decoder_routes"`, a list of one `(batch, time, num_layers - 1, num_modules)` for each
          task, 1 where a route is open, else 0 (`"mt_rmn"`, `"rrn_rmn"`);
        - `"gates"` (`"girnet"`), `"attention"` (`"dc_mtl"`, `"ic_mtl"`), `"functions"` (`"rrn"`)
          and `"task_logits"` (`"sp_mtl"`), as the layers return them; where base model and
          sharing mechanism both attend, the latter's is `"sharing_attention"`.

    Raises:
        ValueError: If counts or options are out of their range, or would make more than 1000
            routes in encoder or decoders, `disabled` names what is not
            there, or a tensor is of another shape than said above.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> first, second = modzoo.layers.MultiTaskRNN(2, 4, sharing="mt_rmn")(x)
    >>> first.shape
    (2, 5, 12)

    Reference:
    - Xu et al., 2021, Multi-Task Recurrent Modular Networks
    """

    def __init__(
        self,
        num_tasks,
        units,
        *,
        base="ns_mtl",
        sharing="none",
        num_cells=3,
        num_layers=3,
        num_modules=3,
        sharing_units=None,
        dropout=0.0,
        connection_bias=2.0,
        routing="learned",
        temperature=1.0,
        sampling="training",
        sparsity_weight=0.01,
        sparsity_threshold=0.75,
        disabled=(),
        seed=None,
        return_decisions=False,
        **kwargs,
    ):
        super().__init__(num_tasks, units, return_decisions, **kwargs)
        options = {
            "base": (base, BASES),
            "sharing": (sharing, SHARINGS),
            "routing": (routing, ROUTINGS),
        }
        for name, (value, known) in options.items():
            if value not in known:
                raise ValueError(
                    f"`{name}` must be one of {tuple(known)}. Received: {name}={value!r}."
                )
        if routing != "learned" and sharing not in ROUTED:
            raise ValueError(
                f"`routing` is for a sharing mechanism that routes, one of {ROUTED}. "
                f"Received: routing={routing!r}, sharing={sharing!r}."
            )
        self.base = base
        self.sharing = sharing
        self.num_cells = num_cells
        self.num_layers = num_layers
        self.num_modules = num_modules
        self.sharing_units = units if sharing_units is None else sharing_units
        self.dropout = dropout
        self.connection_bias = connection_bias
        self.routing = routing
        self.temperature = temperature
        self.sampling = sampling
        self.sparsity_weight = sparsity_weight
        self.sparsity_threshold = sparsity_threshold
        self.seed = seed
        self.dropout_layer = keras.layers.SpatialDropout1D(
            dropout, seed=self._seed(0), dtype=self.dtype_policy, name="dropout"
        )
        self.base_layer = self._base_layer()
        self.sharing_layer = self._sharing_layer()
        self.disabled = disabled

    def _seed(self, index):
        """A seed for each part that draws."""
        return None if self.seed is None else self.seed + index

    def _base_layer(self):
        options = {
            "sp_mtl": {"shared_units": self.sharing_units},
            "dc_mtl": {"communication": "direct"},
            "ic_mtl": {"communication": "indirect", "shared_units": self.sharing_units},
            "rrn": {
                "num_functions": self.num_modules,
                "depth": self.num_layers - 1,
                "temperature": self.temperature,
                "sampling": self.sampling,
                "seed": self._seed(3),
            },
        }
        return LAYERS[self.base](
            self.num_tasks,
            self.units,
            **options.get(self.base, {}),
            return_decisions=self.return_decisions,
            dtype=self.dtype_policy,
            name="base",
        )

    def _sharing_layer(self):
        if self.sharing == "none":
            return None
        make = self._communication if self.sharing in COMMUNICATIONS else self._routing
        return make(
            self.num_tasks,
            self.sharing_units,
            return_decisions=self.return_decisions,
            dtype=self.dtype_policy,
            name="sharing",
        )

    def _communication(self, *counts, **options):
        return CommunicatingLSTM(*counts, communication=COMMUNICATIONS[self.sharing], **options)

    def _routing(self, *counts, **options):
        routing = {
            "num_layers": self.num_layers,
            "num_modules": self.num_modules,
            "connection_bias": self.connection_bias,
            "routing": self.routing,
            "temperature": self.temperature,
            "sampling": self.sampling,
            "sparsity_weight": self.sparsity_weight,
            "sparsity_threshold": self.sparsity_threshold,
        }
        encoder = {
            "num_cells": self.num_cells,
            "recursive": self.sharing == "rrn_rmn",
            "seed": self._seed(1),
        }
        return RoutedSharing(
            *counts,
            encoder={**routing, **encoder},
            decoder={**routing, "seed": self._seed(2)},
            **options,
        )

    @property
    def output_width(self):
        width = self.base_layer.output_width
        return width if self.sharing == "none" else width + self.sharing_layer.output_width

    @property
    def disabled(self):
        return self.sharing_layer.disabled if self.sharing in ROUTED else ()

    @disabled.setter
    def disabled(self, places):
        if self.sharing in ROUTED:
            self.sharing_layer.disabled = places
        elif places:
            raise ValueError(
                f"`disabled` needs a sharing mechanism that routes, one of {ROUTED}. "
                f"Received: disabled={list(places)}, sharing={self.sharing!r}."
            )

    def build_weights(self, input_shape):
        self.base_layer.build(input_shape)
        if self.sharing != "none":
            own = (*input_shape[:-1], self.base_layer.output_width)
            self.sharing_layer.build(self._sharing_inputs(input_shape, [own] * self.num_tasks))

    def _sharing_inputs(self, sequence, own):
        """What the sharing mechanism reads, of tensors or their shapes."""
        if self.sharing in COMMUNICATIONS:
            return own
        return [sequence, *own] if self.base_layer.task_specific else [sequence]

    def represent(self, inputs, mask, training):
        inputs = self.dropout_layer(inputs, training=training)
        outputs, decisions = self._of(self.base_layer, inputs, mask, training)
        if self.sharing == "none":
            return outputs, decisions
        shared, more = self._of(
            self.sharing_layer, self._sharing_inputs(inputs, outputs), mask, training
        )
        outputs = [ops.concatenate(pair, axis=-1) for pair in zip(outputs, shared, strict=True)]
        return outputs, _joined(decisions, more)

    def _of(self, layer, inputs, mask, training):
        """The list and the decisions that a layer yields."""
        found = layer(inputs, mask=mask, training=training)
        return found if self.return_decisions else (found, {})

    def decision_shapes(self, batch_size, time):
        shapes = self.base_layer.decision_shapes(batch_size, time)
        if self.sharing == "none":
            return shapes
        return _joined(shapes, self.sharing_layer.decision_shapes(batch_size, time))

    def get_config(self):
        return {
            **super().get_config(),
            "base": self.base,
            "sharing": self.sharing,
            "num_cells": self.num_cells,
            "num_layers": self.num_layers,
            "num_modules": self.num_modules,
            "sharing_units": self.sharing_units,
            "dropout": self.dropout,
            "connection_bias": self.connection_bias,
            "routing": self.routing,
            "temperature": self.temperature,
            "sampling": self.sampling,
            "sparsity_weight": self.sparsity_weight,
            "sparsity_threshold": self.sparsity_threshold,
            "disabled": [list(place) for place in self.disabled],
            "seed": self.seed,
        }


def _joined(base, sharing):
    """The decisions of both, those of the sharing mechanism renamed where names are the same."""
    return {**base, **{f"sharing_{n}" if n in base else n: x for n, x in sharing.items()}}
