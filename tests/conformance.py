"""Every public layer as one or more rows, which run through every property of a Keras layer.

As a script it runs what needs a process of its own, and prints its findings as JSON:

    python -m tests.conformance load FOLDER     the models of FOLDER, on this backend
    python -m tests.conformance distribute      training on two devices beside training on one
"""

import functools
import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

import modzoo.layers

BATCH, TIME = 4, 5
# Rows: right-padded, interior gaps and a masked first step, masked throughout, not masked.
MASK = np.array(
    [[1, 1, 1, 0, 0], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]],
    "bool",
)


class Row(NamedTuple):
    """A class of `modzoo.layers` with arguments, and the input it reads.

    `widths` of the features: an integer, or a list of one for each input tensor. `kind` is
    `"pointwise"` (each step by itself), `"sequence"` (a step sees others), `"residual"` (the
    same, and a masked step has an output of its own), `"pooling"` (over time), `"recurrent"`,
    or `"cell"`, which is tested inside `keras.layers.RNN`. Rows that are not `fast` belong to
    the full matrix. `beside`: calls with further tensors, as `{argument: shape}`.
    """

    layer: str
    arguments: dict
    widths: int | list
    kind: str
    fast: bool = False
    beside: tuple = ()

    @property
    def recurrent(self):
        return self.kind in ("recurrent", "cell")

    def make(self, dtype=None, **call):
        """The layer. `call` are arguments of a recurrent layer, such as `return_sequences`."""
        arguments = {**self.arguments, **({} if dtype is None else {"dtype": dtype})}
        cls = getattr(modzoo.layers, self.layer)
        if self.kind == "cell":
            return keras.layers.RNN(cls(**arguments), dtype=dtype, **call)
        return cls(**arguments, **call)

    def shapes(self, batch=BATCH, time=TIME):
        if isinstance(self.widths, list):
            return [(batch, time, width) for width in self.widths]
        return (batch, time, self.widths)

    def arrays(self, batch=BATCH, time=TIME, seed=0):
        rng = np.random.default_rng(seed)
        return self.map(
            lambda shape: rng.normal(size=shape).astype("float32"), self.shapes(batch, time)
        )

    def symbols(self, batch=None, time=None):
        return self.map(lambda s: keras.Input(batch_shape=s), self.shapes(batch, time))

    def map(self, function, per_input):
        return (
            [function(x) for x in per_input]
            if isinstance(self.widths, list)
            else function(per_input)
        )

    def model(self, head=False, masked=False, batch=None, time=None, wrapper=None, **options):
        """A functional model of the layer; with `head`, of one output `(batch, 2)`."""
        inputs = self.symbols(batch, time)
        masking = keras.layers.Masking()
        x = self.map(masking, inputs) if masked else inputs
        layer = self.make(**options)
        layer = layer if wrapper is None else wrapper(layer)
        outputs = layer(x)
        if head:
            pooling = keras.layers.GlobalAveragePooling1D()
            ys = [pooling(y) if len(y.shape) == 3 else y for y in trained_outputs(outputs)]
            y = keras.layers.Concatenate()(ys) if len(ys) > 1 else ys[0]
            outputs = keras.layers.Dense(2, dtype="float32")(y)
        return keras.Model(inputs, outputs)


MIXED = ["gru", "lstm", "simple_rnn"]
EVERY_OPTION = {
    "num_modules": 3,
    "units": 4,
    "num_active": 1,
    "cell": ["gru", "lstm", "gru"],
    "key_dim": 3,
    "value_dim": 5,
    "num_heads": 2,
    "selection": "modules",
    "attention_bias": True,
    "communication_gate": True,
    "idle_communication": "candidate",
    "activation": "relu",
    "recurrent_activation": "hard_sigmoid",
    "unit_forget_bias": False,
    "kernel_initializer": "he_normal",
    "kernel_regularizer": "l2",
    "disabled": [2],
}
SMALL = {"num_modules": 3, "units": 4, "num_active": 2}
TIM = {"intermediate_dim": 16, "num_heads": 4, "num_mechanisms": 2, "communication_key_dim": 3}
ROUTED = {"num_cells": 3, "units": 4, "num_layers": 3, "num_modules": 2}
SHARING = {"sharing": "mt_rmn", "num_cells": 2, "num_modules": 2}

ROWS = {
    "dense": Row("GroupDense", {"num_groups": 3, "units": 4}, 6, "pointwise", True),
    "dense_relu": Row(
        "GroupDense",
        {
            "num_groups": 2,
            "units": 4,
            "activation": "tanh",
            "use_bias": False,
            "kernel_regularizer": "l2",
        },
        6,
        "pointwise",
    ),
    "normalization": Row("GroupLayerNormalization", {"num_groups": 2}, 6, "pointwise", True),
    "normalization_one": Row(
        "GroupLayerNormalization", {"num_groups": 1, "epsilon": 1e-3}, 6, "pointwise"
    ),
    "pooling": Row("AttentionPooling", {"return_decisions": True}, 6, "pooling", True),
    "pooling_plain": Row("AttentionPooling", {"context_initializer": "he_normal"}, 6, "pooling"),
    "rim": Row(
        "RIM", SMALL, 6, "recurrent", True, ({"initial_state": [(BATCH, 12), (BATCH, 12)]},)
    ),
    "rim_multi": Row(
        "RIM",
        {**SMALL, "cell": MIXED},
        [1, 5, 2],
        "recurrent",
        True,
        ({"initial_state": [(BATCH, 12), (BATCH, 4)]},),
    ),
    "rim_gru": Row("RIM", {**SMALL, "cell": "gru", "num_heads": 2}, 6, "recurrent"),
    "rim_input_dims": Row("RIM", {**SMALL, "input_dims": [3, 1, 2]}, 6, "recurrent"),
    "rim_one_input": Row(
        "RIM", {"num_modules": 1, "units": 4, "communication": False}, [3], "recurrent"
    ),
    "rim_every_option": Row("RIM", EVERY_OPTION, 6, "recurrent"),
    "rim_alone": Row(
        "RIM",
        {"num_modules": 2, "units": 4, "input_attention": False, "communication": False},
        [2, 3],
        "recurrent",
    ),
    "rim_dropout": Row(
        "RIM",
        {
            **SMALL,
            "dropout": 0.2,
            "recurrent_dropout": 0.3,
            "communication_dropout": 0.4,
            "seed": 1,
        },
        6,
        "recurrent",
    ),
    "gate": Row("TaskGate", {"num_tasks": 2, "return_decisions": True}, [6, 5], "sequence", True),
    "gate_current": Row(
        "TaskGate",
        {
            "num_tasks": 3,
            "context": "current",
            "disabled": [4, [1, 2]],
            "kernel_initializer": "he_normal",
        },
        [6, 5],
        "sequence",
    ),
    "gate_fixed": Row("TaskGate", {"num_tasks": 3, "mode": "fixed"}, 6, "sequence"),
    "gate_units": Row(
        "TaskGate",
        {"num_tasks": 1, "mode": "fixed", "fixed_units": [[0, 3]], "return_decisions": True},
        6,
        "sequence",
    ),
    "gate_none": Row("TaskGate", {"num_tasks": 2, "mode": "none"}, [6, 5], "sequence"),
    "competition": Row("MechanismCompetition", {"num_mechanisms": 2}, 6, "pointwise", True),
    "communication": Row(
        "InterMechanismAttention",
        {"num_mechanisms": 3, "num_heads": 2, "key_dim": 3, "return_decisions": True},
        6,
        "pointwise",
        True,
    ),
    "communication_plain": Row("InterMechanismAttention", {"num_mechanisms": 2}, 6, "pointwise"),
    "tim_block": Row(
        "TIMBlock",
        {**TIM, "return_decisions": True},
        8,
        "residual",
        True,
        (
            {"attention_mask": (BATCH, TIME, TIME)},
            {"encoder_sequence": (BATCH, TIME, 6)},
            {
                "encoder_sequence": (BATCH, TIME, 6),
                "encoder_attention_mask": (BATCH, TIME, TIME),
            },
        ),
    ),
    "tim_block_every_option": Row(
        "TIMBlock",
        {
            **TIM,
            "num_mechanisms": 4,
            "communication_num_heads": 1,
            "causal": True,
            "look_ahead": 1,
            "attention_window": 3,
            "distance_bias": True,
            "activation": "gelu",
            "layer_norm_epsilon": 1e-3,
            "kernel_initializer": "he_normal",
            "bias_initializer": "ones",
            "normalize_first": True,
            "return_decisions": True,
        },
        8,
        "residual",
    ),
    "tim_block_plain": Row(
        "TIMBlock",
        {**TIM, "num_mechanisms": 1, "competition": False, "communication": False},
        8,
        "residual",
    ),
    "tim_encoder": Row(
        "TIMEncoder",
        {**TIM, "num_layers": 2, "plain_layers": [0]},
        8,
        "residual",
        True,
        ({"attention_mask": (BATCH, TIME, TIME)},),
    ),
    "tim_encoder_all_layers": Row(
        "TIMEncoder",
        {
            **TIM,
            "num_layers": 3,
            "plain_layers": [],
            "causal": True,
            "normalize_first": True,
            "return_decisions": True,
        },
        8,
        "residual",
    ),
    "router": Row("StraightThroughRouter", {"seed": 1}, 6, "pointwise", True),
    "router_cold": Row(
        "StraightThroughRouter", {"temperature": 0.5, "sampling": "never"}, 6, "pointwise"
    ),
    "encoder": Row("RoutedEncoder", {**ROUTED, "return_decisions": True}, 6, "sequence", True),
    "encoder_recursive": Row(
        "RoutedEncoder", {**ROUTED, "recursive": True, "sampling": "never"}, 6, "sequence"
    ),
    "encoder_every_option": Row(
        "RoutedEncoder",
        {
            **ROUTED,
            "num_modules": 4,
            "cell": MIXED,
            "module_units": 3,
            "policy_units": 5,
            "activation": "tanh",
            "connection_bias": 0.5,
            "temperature": 2.0,
            "kernel_initializer": "he_normal",
            "disabled": [[0, 1], [1, 2, 3]],
            "sampling": "never",
            "sparsity_weight": 1.0,
            "sparsity_threshold": 0.0,
        },
        6,
        "sequence",
    ),
    "decoder": Row(
        "RoutedDecoder",
        {"num_tasks": 2, "units": 4, "num_layers": 3, "num_modules": 2, "return_decisions": True},
        [12, 5, 2],
        "sequence",
        True,
    ),
    "decoder_alone": Row(
        "RoutedDecoder",
        {
            "num_tasks": 3,
            "units": 4,
            "num_layers": 2,
            "num_modules": 3,
            "policy_units": 2,
            "activation": "tanh",
            "disabled": [[0, 1], [2, 0, 0]],
            "sampling": "never",
            "sparsity_weight": 0.0,
        },
        6,
        "sequence",
    ),
    "encoder_cell": Row("RoutedEncoderCell", ROUTED, 6, "cell", True),
    "encoder_cell_noise": Row(
        "RoutedEncoderCell", {**ROUTED, "cell": "gru", "reads_noise": True}, 14, "cell"
    ),
    "independent": Row(
        "IndependentLSTM",
        {"num_tasks": 2, "units": 4, "return_decisions": True},
        6,
        "sequence",
        True,
    ),
    "shared": Row("SharedLSTM", {"num_tasks": 2, "units": 4}, 6, "sequence", True),
    "shared_private": Row(
        "SharedPrivateLSTM",
        {"num_tasks": 2, "units": 4, "shared_units": 3, "return_decisions": True},
        6,
        "sequence",
        True,
    ),
    "cross_stitch": Row("CrossStitch", {"num_tasks": 2, "units": 4}, 6, "sequence", True),
    "sluice": Row(
        "Sluice", {"num_tasks": 2, "units": 4, "orthogonality_weight": 0.1}, 6, "sequence", True
    ),
    "interleaved": Row(
        "InterleavedRNN",
        {"num_tasks": 3, "units": 4, "gate_units": 3, "return_decisions": True},
        6,
        "sequence",
        True,
    ),
    "communicating": Row(
        "CommunicatingLSTM",
        {"num_tasks": 3, "units": 4, "return_decisions": True},
        [6, 6, 6],
        "sequence",
        True,
    ),
    "communicating_indirect": Row(
        "CommunicatingLSTM",
        {
            "num_tasks": 2,
            "units": 4,
            "communication": "indirect",
            "shared_units": 3,
            "attention_units": 5,
            "return_decisions": True,
        },
        6,
        "sequence",
    ),
    "recursive_routing": Row(
        "RecursiveRoutingLSTM",
        {"num_tasks": 2, "units": 4, "num_functions": 2, "seed": 1, "return_decisions": True},
        6,
        "sequence",
        True,
    ),
    "multi_task": Row(
        "MultiTaskRNN",
        {"num_tasks": 2, "units": 4, **SHARING, "return_decisions": True},
        6,
        "sequence",
        True,
    ),
    "multi_task_control": Row(
        "MultiTaskRNN",
        {"num_tasks": 2, "units": 4, **SHARING, "routing": "all", "seed": 1},
        6,
        "sequence",
    ),
    "multi_task_every_option": Row(
        "MultiTaskRNN",
        {
            "num_tasks": 3,
            "units": 4,
            **SHARING,
            "base": "fs_mtl",
            "sharing_units": 5,
            "dropout": 0.2,
            "connection_bias": 0.5,
            "temperature": 2.0,
            "sampling": "never",
            "sparsity_weight": 0.5,
            "sparsity_threshold": 0.1,
            "disabled": [["module", 1, 1], ["decoder", 2, 0, 1]],
            "seed": 1,
        },
        6,
        "sequence",
    ),
    "cell": Row("RIMCell", SMALL, 6, "cell", True),
    "cell_multi": Row("RIMCell", {**SMALL, "cell": MIXED, "input_dims": [3, 1, 2]}, 6, "cell"),
    "cell_every_option": Row("RIMCell", EVERY_OPTION, 6, "cell"),
}
# Rows whose training draws numbers, others on two devices than on one.
DRAWING = {
    "rim_dropout",
    "router",
    "encoder",
    "decoder",
    "recursive_routing",
    "multi_task",
    "multi_task_every_option",
}


def main_outputs(outputs):
    """What a layer returns but its states and decisions, as a list."""
    outputs = outputs[0] if isinstance(outputs, tuple) else outputs
    return outputs if isinstance(outputs, list) else [outputs]


def trained_outputs(outputs):
    """What a loss may be of: what a layer returns, and logits among its decisions."""
    decisions = outputs[-1] if isinstance(outputs, tuple) else {}
    logits = [x for name, x in decisions.items() if name.endswith("logits")]
    return main_outputs(outputs) + logits


def numbers(tree):
    """The leaves of what a model returned, as float32 arrays."""
    leaves = (keras.ops.convert_to_numpy(x) for x in keras.tree.flatten(tree))
    return [leaf.astype("float32") for leaf in leaves]


# Models that are saved here and loaded elsewhere


def save(models, folder):
    """Writes models `{name: (model, inputs)}` with what they return."""
    for name, (model, inputs) in models.items():
        model.save(folder / f"{name}.keras")
        leaves = keras.tree.flatten(inputs)
        arrays = {f"input_{i}": x for i, x in enumerate(leaves)}
        outputs = model.predict(inputs, verbose=0, batch_size=BATCH)
        arrays |= {f"output_{i}": y for i, y in enumerate(numbers(outputs))}
        np.savez(folder / f"{name}.npz", **arrays)


def load(folder):
    """Largest difference between what each loaded model returns and what was written."""
    for name in modzoo.layers.__all__:
        getattr(modzoo.layers, name)  # Keras finds a class once its module is imported
    found = {}
    for path in sorted(Path(folder).glob("*.keras")):
        arrays = np.load(path.with_suffix(".npz"))
        inputs, expected = (
            [arrays[name] for name in sorted(arrays) if name.startswith(part)]
            for part in ("input", "output")
        )
        model = keras.models.load_model(path)
        inputs = inputs if isinstance(model.input, list) else inputs[0]
        outputs = numbers(model.predict(inputs, verbose=0, batch_size=BATCH))
        same = [a.shape == b.shape for a, b in zip(outputs, expected, strict=True)]
        differences = [np.abs(a - b).max() for a, b in zip(outputs, expected, strict=True)]
        found[path.stem] = float(max(differences)) if all(same) else "shapes differ"
    return found


# Two devices


def distribute():
    """Largest difference of the weights after training on two devices and on one."""
    train = {"tensorflow": _mirrored, "jax": _data_parallel}[keras.backend.backend()]
    return {name: _difference(row, train) for name, row in ROWS.items() if name not in DRAWING}


def _difference(row, train):
    model = row.model(head=True, masked=True)
    start = model.get_weights()
    alone = _fit(model, row)
    return max(float(np.abs(a - b).max()) for a, b in zip(train(row, start), alone, strict=True))


def _fit(model, row):
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x, y = row.arrays(batch=8), np.random.default_rng(1).normal(size=(8, 2))
    model.fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0)
    return model.get_weights()


@functools.cache  # two strategies in one process mix up each other's exchanges
def _strategy():
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def _mirrored(row, start):
    with _strategy().scope():
        model = row.model(head=True, masked=True)
        model.set_weights(start)
        return _fit(model, row)


def _data_parallel(row, start):
    devices = keras.distribution.list_devices()
    with keras.distribution.DataParallel(devices=devices).scope():
        model = row.model(head=True, masked=True)
        model.set_weights(start)
        return _fit(model, row)


def _two_devices():
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        device = tf.config.list_physical_devices("CPU")[0]
        halves = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(device, halves)


def run(*arguments, backend, **environment):
    """Starts this file as a script on another backend; see `results`."""
    import subprocess

    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.conformance", *map(str, arguments)],
        env={**environment, "KERAS_BACKEND": backend},
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def results(processes):
    """What the scripts of `{name: process}` printed, by name, when all have ended."""
    printed = {name: process.communicate() for name, process in processes.items()}
    for name, process in processes.items():
        if process.returncode:
            raise RuntimeError(f"{name}: {printed[name][1][-5000:]}")
    return {name: json.loads(output.splitlines()[-1]) for name, (output, _) in printed.items()}


if __name__ == "__main__":
    if sys.argv[1] == "load":
        print(json.dumps(load(sys.argv[2])))
    else:
        _two_devices()
        print(json.dumps(distribute()))
