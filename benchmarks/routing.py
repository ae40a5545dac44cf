"""Time of `modzoo.layers.RoutedEncoder` beside other ways to write MT-RMN's encoder.

    python benchmarks/routing.py                       # routing.csv, routing_growth.csv, tables
    python benchmarks/routing.py --backends jax torch --repeats 5 --out /tmp/results

The encoder has 3 LSTM cells and two layers of 3 sub-encoders, 100 units each (the sizes of the
code-mixed tagger), and reads 50 features of 150 steps, batch 32, float32, with the noise of
training. It is measured against

- `step by step`: the same equations one step at a time, `RoutedEncoderCell` in `keras.layers.RNN`;
- `plain torch`: the same equations as one would write them in eager PyTorch, an `nn.LSTM` for
  each cell, an `nn.Sequential` for each sub-encoder and policy, loops over layers and modules
  and none over steps;
- `keras.layers.LSTM(300)`: an LSTM as wide as the cells together, on the same backend.

`routing_growth.csv` holds `MultiTaskRNN`, an LSTM for each task and MT-RMN, of so many tasks and
three layers, and of three tasks and so many layers.

- A training step is the forward pass, the mean square of the output as the loss, and the gradient
  of every weight; there is no optimizer and no gradient of the input.
- All are timed in one process, in turn (A B C A B C ...), so that a change of the machine's speed
  meets all of them. The first calls, which trace and compile, are left out. TensorFlow runs
  a `tf.function`, JAX under `jit`, PyTorch eagerly.
- Each backend has a process of its own, pinned to one core. Times are the processor's, of all of
  the process's threads, so that what else runs on the machine counts less.

`train_of_first` and `infer_of_first` are ratios of minima to the backend's first row: above 1
means that `RoutedEncoder` (in `routing_growth.csv`, the model of one task) takes less time.
Compare ratios, not milliseconds.
"""

import argparse
import functools
import json
import statistics
import time
from pathlib import Path

from processes import measured, write_rows

HERE = Path(__file__).parent
BACKENDS = ("tensorflow", "jax", "torch")
BATCH, TIME, FEATURES, UNITS = 32, 150, 50, 100
SIZES = {"num_cells": 3, "units": UNITS, "num_layers": 3, "num_modules": 3}
TASKS, LAYERS = (1, 3, 6), (2, 4)
WARM_UP = 2


# In a process of its own, with one backend


def plain_encoder():
    """MT-RMN's encoder in plain PyTorch."""
    import torch

    class Encoder(torch.nn.Module):
        def __init__(self, num_cells, units, num_layers, num_modules):
            super().__init__()
            self.cells = torch.nn.ModuleList(
                torch.nn.LSTM(FEATURES, units, batch_first=True) for _ in range(num_cells)
            )
            self.policies, self.modules_ = (
                torch.nn.ModuleList(
                    torch.nn.ModuleList(network(units, width) for _ in range(num_modules))
                    for _ in range(num_layers - 1)
                )
                for width in (2, units)
            )

        def forward(self, x):
            u, outputs = [cell(x)[0] for cell in self.cells], []
            for policies, modules in zip(self.policies, self.modules_, strict=True):
                read = [connected_mean(u, policy) for policy in policies]
                u = [module(v) for module, v in zip(modules, read, strict=True)]
                outputs += u
            return torch.cat(outputs, dim=-1)

    def network(units, width):
        return torch.nn.Sequential(
            torch.nn.Linear(units, units), torch.nn.ReLU(), torch.nn.Linear(units, width)
        )

    def connected_mean(sources, policy):
        zeta = [torch.nn.functional.gumbel_softmax(policy(u), hard=True)[..., 1:] for u in sources]
        total = sum(zeta).clamp(min=1)
        return sum(z * u for z, u in zip(zeta, sources, strict=True)) / total

    return Encoder(**SIZES)


def step_by_step():
    import keras

    from modzoo.layers import RoutedEncoderCell

    return keras.layers.RNN(RoutedEncoderCell(**SIZES, reads_noise=True), return_sequences=True)


def several_tasks(num_tasks=3, num_layers=3):
    from modzoo.layers import MultiTaskRNN

    return MultiTaskRNN(num_tasks, UNITS, sharing="mt_rmn", num_layers=num_layers)


def models():
    """`{name: layer}`, each layer built; and what is fed to it."""
    import keras

    from modzoo.layers import RoutedEncoder

    return {
        "RoutedEncoder": RoutedEncoder(**SIZES),
        "step by step": step_by_step(),
        f"keras.layers.LSTM({3 * UNITS})": keras.layers.LSTM(3 * UNITS, return_sequences=True),
        "plain torch": plain_encoder(),
    }


def growing():
    sizes = [("num_tasks", n) for n in TASKS] + [("num_layers", n) for n in LAYERS]
    return {f"{axis} {n}": several_tasks(**{axis: n}) for axis, n in sizes}


def inputs_of(layer):
    import keras
    import numpy as np

    from modzoo.layers import RoutedEncoder

    rng = np.random.default_rng(0)
    width = FEATURES
    if isinstance(layer, keras.layers.RNN) and hasattr(layer.cell, "num_routes"):
        width += RoutedEncoder(**SIZES).num_routes
    return rng.normal(size=(BATCH, TIME, width)).astype("float32")


def functions(backend, layer):
    """`(train, infer)`: functions of nothing that return when the result is there."""
    import torch

    inputs = inputs_of(layer)
    if isinstance(layer, torch.nn.Module) and not hasattr(layer, "build"):
        return torch_functions(layer, list(layer.parameters()), inputs)
    layer.build(inputs.shape)
    variables = [variable.value for variable in layer.trainable_variables]
    train, infer = (functools.partial(layer, training=training) for training in (True, False))
    if backend == "torch":
        return torch_functions(train, variables, inputs)[0], torch_functions(infer, [], inputs)[1]
    make = jax_functions if backend == "jax" else tensorflow_functions
    return make(layer, variables, inputs)


def joined(outputs):
    """The sum of the mean squares of one output or several."""
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return sum((y**2).mean() for y in outputs)


def torch_functions(call, parameters, inputs):
    import torch

    x = torch.tensor(inputs)

    def train():
        torch.autograd.grad(joined(call(x)), parameters, allow_unused=True)

    def infer():
        with torch.no_grad():
            call(x)

    return train, infer


def jax_functions(layer, variables, inputs):
    import jax

    others = [variable.value for variable in layer.non_trainable_variables]
    x = jax.numpy.asarray(inputs)

    def forward(variables, x, training):
        return layer.stateless_call(variables, others, x, training=training)[0]

    gradient = jax.jit(jax.grad(lambda variables, x: joined(forward(variables, x, True))))
    infer = jax.jit(lambda variables, x: forward(variables, x, False))
    return (
        lambda: jax.block_until_ready(gradient(variables, x)),
        lambda: jax.block_until_ready(infer(variables, x)),
    )


def tensorflow_functions(layer, variables, inputs):
    import tensorflow as tf

    x = tf.constant(inputs)

    def loss(x, training):
        outputs = tf.nest.flatten(layer(x, training=training))
        return sum(tf.reduce_mean(tf.square(y)) for y in outputs)

    @tf.function
    def gradient(x):
        with tf.GradientTape() as tape:
            lost = loss(x, True)
        return lost, tape.gradient(lost, variables)

    infer = tf.function(lambda x: loss(x, False))
    return lambda: gradient(x)[0].numpy(), lambda: infer(x).numpy()


def seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start


def interleave(calls, repeats):
    """Times `{name: function}` in turn; returns `{name: (min ms, median ms)}`."""
    rounds = [
        {name: seconds(call) for name, call in calls.items()} for _ in range(WARM_UP + repeats)
    ][WARM_UP:]
    times = {name: [1e3 * each[name] for each in rounds] for name in calls}
    return {name: (min(ms), statistics.median(ms)) for name, ms in times.items()}


def timed(backend, layers, repeats):
    """One row for each layer."""
    passes = {name: functions(backend, layer) for name, layer in layers.items()}
    rows = [{"backend": backend, "layer": name} for name in layers]
    for i, part in enumerate(("train", "infer")):
        times = interleave({name: each[i] for name, each in passes.items()}, repeats)
        for row in rows:
            least, median = times[row["layer"]]
            row |= {f"{part}_ms_min": round(least, 2), f"{part}_ms_median": round(median, 2)}
            row |= {f"{part}_of_first": round(least / times[rows[0]["layer"]][0], 2)}
    return rows


def measure(repeats):
    import torch  # before TensorFlow

    torch.set_num_threads(1)
    import keras

    backend = keras.backend.backend()
    return {
        "layers": timed(backend, models(), repeats),
        "growth": timed(backend, growing(), max(repeats // 3, 2)),
    }


# In the process that was started by hand


def table(rows):
    lines = [
        "| backend | layer | training ms: min (median) | of the first | inference ms | "
        "of the first |",
        "|---" * 6 + "|",
    ]
    for row in rows:
        cells = [row["backend"], row["layer"]]
        for part in ("train", "infer"):
            cells.append(f"{row[f'{part}_ms_min']:.0f} ({row[f'{part}_ms_median']:.0f})")
            cells.append(f"{row[f'{part}_of_first']:.2f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--repeats", type=int, default=10, help="Rounds that are timed (10).")
    parser.add_argument("--core", type=int, default=0, help="CPU core to run on (0).")
    parser.add_argument("--out", type=Path, default=HERE, help="Folder of the CSV files.")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args.repeats)))
        return
    results = [measured(__file__, backend, args.core) for backend in args.backends]
    for part, name in (("layers", "routing"), ("growth", "routing_growth")):
        rows = [row for result in results for row in result[part]]
        write_rows(args.out / f"{name}.csv", rows)
        print(table(rows), end="\n\n")


if __name__ == "__main__":
    main()
