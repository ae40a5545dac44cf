"""Time and memory of `modzoo.layers.RIM` beside the LSTMs of PyTorch and of Keras.

    python benchmarks/rim.py                        # rim.csv and the table
    python benchmarks/rim.py --growth               # rim_growth.csv and rim_growth.png
    python benchmarks/rim.py --backends jax torch --repeats 10 --out /tmp/results
    python benchmarks/rim.py --device gpu           # on JAX and PyTorch: rim_gpu.csv and the table

Two RIMs of LSTM modules are measured, one whose modules share the input and one whose modules
have inputs of their own (`CASES`), each against `keras.layers.LSTM` on the same backend, run in
the same mode, and against eager `torch.nn.LSTM`. Both LSTMs read the whole input and are as wide
as the RIM's output. Everything is float32 and returns the whole sequence.

- A training step is the forward pass, the mean square of the output as the loss, and the
  gradient of every weight; there is no optimizer and no gradient of the input. Inference is
  the forward pass alone.
- The three layers are timed in one process, in turn (A B C A B C ...), so that a change of the
  machine's speed meets all of them. The first calls, which trace and compile, are left out.
- Each backend has a process of its own, pinned to one core before anything is imported. The
  pin is what holds XLA to one thread: in XLA_FLAGS, `--xla_cpu_multi_thread_eigen=false` and
  words such as `intra_op_parallelism_threads=1` are accepted and change nothing (jax 0.10).
- Memory is the highest resident size during one training step after the first, less the size
  before it: what the step itself needs, without weights, compiler or library. It is read in
  a new process for each layer, in which freed memory goes back to the system at once (Linux).

- On a GPU `torch.nn.LSTM` and Keras' LSTM on JAX are cuDNN's; times are until the GPU is done,
  memory is the most that was allocated on it. `torch-graphs` replays CUDA graphs
  (`torch.compile(mode="reduce-overhead")`).

How to read the table: a ratio above 1 means that RIM takes longer. Ratios are of the minima
over the repeats, training first, then inference. Compare ratios, not milliseconds, across
runs. Where `train_ms_median` in the CSV is far above `train_ms_min`, the machine was busy:
run it again. Run nothing beside it; a sibling hyper-thread counts as the same core.
"""

import argparse
import contextlib
import csv
import ctypes
import dataclasses
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

MODES = ("tensorflow", "tensorflow-xla", "jax", "torch", "torch-compile")
GPU_MODES = ("jax", "torch", "torch-graphs")
LAYERS = ("modzoo.layers.RIM", "keras.layers.LSTM", "torch.nn.LSTM")
NUM_GATES = {"lstm": 4, "gru": 3, "simple_rnn": 1}
WARM_UP = 3
MIB = 2**20


@dataclasses.dataclass(frozen=True)
class Case:
    """A RIM and its input: `dims` is one shared width, or one width for each module."""

    name: str
    dims: tuple
    cells: tuple
    num_active: int
    units: int = 64
    num_heads: int = 4
    batch: int = 64
    time: int = 32

    @property
    def shared(self):
        return len(self.dims) == 1

    @property
    def width(self):
        return len(self.cells) * self.units


CASES = (
    Case("shared input", dims=(128,), cells=("lstm",) * 6, num_active=4),
    Case(
        "own inputs",
        dims=(100, 1, 1, 1, 20),
        cells=("lstm", "simple_rnn", "simple_rnn", "simple_rnn", "lstm"),
        num_active=2,
    ),
)
GROWTH = {"time": (16, 32, 64, 128), "batch": (16, 32, 64, 128), "modules": (2, 4, 6, 8, 12)}


def operations(case, layer):
    """Multiply-adds of the forward pass's matrix products, for one row and one step.

    RIM computes all modules, idle ones too; keys, values and queries are `units` wide.
    """
    inputs, width, units, modules = sum(case.dims), case.width, case.units, len(case.cells)
    if layer != "modzoo.layers.RIM":
        return (inputs + width) * 4 * width
    gates = sum(NUM_GATES[cell] for cell in case.cells) * units
    return (
        inputs * 2 * units  # keys and values, before the loop
        + modules * units * units  # queries
        + modules * units  # query . key
        + units * gates  # what was read, into the cells
        + units * gates  # recurrent
        + modules * units * 3 * units  # communication: query, key, value
        + modules * modules * 2 * units  # communication: scores, sum of values
    )


def activations(case, layer):
    """Numbers moved for one row and one step, forward, at least: the input is read, and the
    result of every matrix product and every new state is written once and read once."""
    inputs, width, units, modules = sum(case.dims), case.width, case.units, len(case.cells)
    if layer != "modzoo.layers.RIM":
        return inputs + 2 * (4 * width + 2 * width)
    gates = sum(NUM_GATES[cell] for cell in case.cells) * units
    memory = case.cells.count("lstm") * units
    results = (
        2 * units * (1 if case.shared else modules)  # keys and values
        + modules * units  # queries
        + 2 * gates
        + 4 * width  # communication: query, key, value, sum of values
        + modules * modules * case.num_heads  # scores
        + width
        + memory
    )
    return inputs + 2 * results


# In a process of its own, with one backend


def build(case, layer):
    """The layer, built, and its input as an array or a list of arrays."""
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    shape = (case.batch, case.time)
    inputs = [rng.normal(size=(*shape, dim)).astype("float32") for dim in case.dims]
    if layer == "torch.nn.LSTM":
        built = torch.nn.LSTM(sum(case.dims), case.width, batch_first=True)
        return built.to(torch_device()), np.dstack(inputs)
    import keras

    keras.utils.set_random_seed(0)
    if layer == "keras.layers.LSTM":
        inputs = np.dstack(inputs)
        built = keras.layers.LSTM(case.width, return_sequences=True)
        built.build(inputs.shape)
        return built, inputs
    from modzoo.layers import RIM

    built = RIM(
        len(case.cells),
        case.units,
        num_active=case.num_active,
        cell=list(case.cells),
        num_heads=case.num_heads,
        return_sequences=True,
    )
    inputs = inputs[0] if case.shared else inputs
    built.build(inputs.shape if case.shared else [x.shape for x in inputs])
    return built, inputs


def functions(mode, layer, inputs):
    """`(train, infer)`: functions of nothing that return when the result is there."""
    import torch

    if isinstance(layer, torch.nn.LSTM):
        return torch_functions(lambda x: layer(x)[0], list(layer.parameters()), inputs)
    variables = [variable.value for variable in layer.trainable_variables]
    if mode.startswith("torch"):
        options = {"torch-compile": {}, "torch-graphs": {"mode": "reduce-overhead"}}
        call = torch.compile(lambda x: layer(x), **options[mode]) if mode in options else layer
        return torch_functions(call, variables, inputs)
    if mode == "jax":
        return jax_functions(layer, variables, inputs)
    return tensorflow_functions(layer, variables, inputs, jit_compile=mode == "tensorflow-xla")


def torch_device():
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"  # hidden with --device cpu


def torch_functions(call, parameters, inputs):
    import torch

    several, device = isinstance(inputs, list), torch_device()
    x = [torch.tensor(x, device=device) for x in (inputs if several else [inputs])]
    x = x if several else x[0]

    def done():
        if device == "cuda":
            torch.cuda.synchronize()

    def train():
        torch.autograd.grad(call(x).square().mean(), parameters)
        done()

    def infer():
        with torch.no_grad():
            call(x)
        done()

    return train, infer


def jax_functions(layer, variables, inputs):
    import jax

    others = [variable.value for variable in layer.non_trainable_variables]
    x = jax.tree.map(jax.numpy.asarray, inputs)

    @jax.jit
    def forward(variables, x):
        return layer.stateless_call(variables, others, x)[0]

    gradient = jax.jit(jax.grad(lambda variables, x: (forward(variables, x) ** 2).mean()))
    return (
        lambda: jax.block_until_ready(gradient(variables, x)),
        lambda: jax.block_until_ready(forward(variables, x)),
    )


def tensorflow_functions(layer, variables, inputs, jit_compile):
    import tensorflow as tf

    x = tf.nest.map_structure(tf.constant, inputs)

    @tf.function(jit_compile=jit_compile)
    def gradient(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(layer(x)))
        return loss, tape.gradient(loss, variables)

    forward = tf.function(layer, jit_compile=jit_compile)
    return lambda: gradient(x)[0].numpy(), lambda: forward(x).numpy()


def interleave(calls, repeats):
    """Times `{name: function}` in turn; returns `{name: (min ms, median ms, first s)}`."""

    def seconds(call):
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    first = {name: seconds(call) for name, call in calls.items()}
    rounds = [
        {name: seconds(call) for name, call in calls.items()} for _ in range(WARM_UP + repeats)
    ][WARM_UP:]
    results = {}
    for name in calls:
        ms = [1e3 * each[name] for each in rounds]
        results[name] = (min(ms), statistics.median(ms), first[name])
    return results


def measure_time(mode, case, repeats, layers=LAYERS, inference=True):
    """`{layer: measurements}` of the layers in turn."""
    import torch

    train, infer, rows = {}, {}, {}
    for name in layers:
        layer, inputs = build(case, name)
        train[name], infer[name] = functions(mode, layer, inputs)
        if isinstance(layer, torch.nn.LSTM):
            rows[name] = {"parameters": sum(p.numel() for p in layer.parameters())}
        else:
            rows[name] = {"parameters": layer.count_params()}
    for part, calls in {"train": train, "infer": infer}.items():
        if part == "infer" and not inference:
            continue
        for name, (least, median, first) in interleave(calls, repeats).items():
            rows[name] |= {
                f"{part}_ms_min": round(least, 2),
                f"{part}_ms_median": round(median, 2),
                f"{part}_first_s": round(first, 2),
            }
    return rows


def measure_memory(mode, case, layer, on_gpu):
    """Peak of a training step in MiB; resets the kernel's high-water mark before it."""
    if on_gpu:
        return {"train_peak_mib": round(_gpu_peak(mode, *functions(mode, *build(case, layer))), 1)}

    def resident(field):
        status = Path("/proc/self/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) / 1024

    train, _ = functions(mode, *build(case, layer))
    for _ in range(WARM_UP):
        train()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    train()
    return {"train_peak_mib": round(resident("VmHWM") - before, 1)}


def _gpu_peak(mode, train, _):
    """MiB allocated on the GPU at most, weights and input included."""
    train()
    if mode == "jax":
        import jax

        return jax.devices()[0].memory_stats()["peak_bytes_in_use"] / MIB
    import torch

    return torch.cuda.max_memory_allocated() / MIB


def find_gpu(mode, case):
    """The name of the GPU that a backend finds here, or None."""
    if mode == "jax":
        import jax

        kinds = [device.device_kind for device in jax.devices() if device.platform == "gpu"]
        return kinds[0] if kinds else None
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def worker(task, mode, case, core=None, **options):
    """Runs one task here and prints its result as the last line."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    import torch  # before TensorFlow

    torch.set_num_threads(1)
    if mode.startswith("tensorflow"):
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    tasks = {"time": measure_time, "memory": measure_memory, "find_gpu": find_gpu}
    case = {key: tuple(v) if isinstance(v, list) else v for key, v in case.items()}
    print(json.dumps(tasks[task](mode, Case(**case), **options)))


# In the process that was started by hand


def run_worker(task, mode, case, core, **options):
    """What a task returned that ran in a process of its own, on a core or, without, on the GPU."""
    arguments = {"task": task, "mode": mode, "case": dataclasses.asdict(case), **options}
    env = {**os.environ, "KERAS_BACKEND": mode.split("-")[0], "TF_CPP_MIN_LOG_LEVEL": "3"}
    if core is not None:
        arguments["core"] = core
        threads = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        env |= dict.fromkeys(threads, "1")
        env |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    else:
        env["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # leaves room for torch.nn.LSTM
    if task == "memory":
        env["MALLOC_MMAP_THRESHOLD_"] = str(2**16)  # large blocks go back when they are freed
    command = [sys.executable, __file__, "--worker", json.dumps(arguments)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{task} on {mode} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def machine(gpu=None):
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        **({"gpu": gpu} if gpu else {}),
        "cpu": model[1] if model else platform.machine(),
        "versions": " ".join([f"python {platform.python_version()}", *versions()]),
    }


def versions():
    """Each library that is installed, with its version."""
    for name in ("keras", "tensorflow", "jax", "torch"):
        with contextlib.suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"


def measure_layers(modes, repeats, core, gpu=None):
    """One row for each mode, case and layer, on a core or on the GPU of this name."""
    for mode in modes:
        for case in CASES:
            timed = run_worker("time", mode, case, core=core, repeats=repeats)
            for layer, row in timed.items():
                options = {"layer": layer, "on_gpu": gpu is not None}
                memory = run_worker("memory", mode, case, core=core, **options)
                steps = case.batch * case.time
                ratios = {
                    f"{part}_vs_{short}": round(
                        row[f"{part}_ms_min"] / timed[other][f"{part}_ms_min"], 3
                    )
                    for part in ("train", "infer")
                    for short, other in (("torch_lstm", LAYERS[2]), ("keras_lstm", LAYERS[1]))
                }
                yield {
                    "backend": mode,
                    "case": case.name,
                    "layer": layer,
                    **row,
                    **ratios,
                    **memory,
                    "forward_mmadds": round(operations(case, layer) * steps / 1e6, 1),
                    "weights_mib": round(row["parameters"] * 4 / MIB, 2),
                    "activations_mib": round(activations(case, layer) * steps * 4 / MIB, 1),
                    "batch": case.batch,
                    "time": case.time,
                    "repeats": repeats,
                    **machine(gpu),
                }
            print(f"{mode}, {case.name}: done", file=sys.stderr)


def measure_growth(modes, repeats, core):
    """One row for each mode, axis, size and layer: training time of RIM and `torch.nn.LSTM`."""
    base = CASES[0]
    for mode in modes:
        seen = {}
        for axis, sizes in GROWTH.items():
            for size in sizes:
                if axis == "modules":
                    changes = {"cells": ("lstm",) * size, "num_active": round(2 * size / 3)}
                else:
                    changes = {axis: size}
                case = dataclasses.replace(base, **changes)
                if case not in seen:  # the base case is a point of every axis
                    options = {"layers": [LAYERS[0], LAYERS[2]], "inference": False}
                    seen[case] = run_worker(
                        "time", mode, case, core=core, repeats=repeats, **options
                    )
                for layer, row in seen[case].items():
                    point = {"backend": mode, "axis": axis, "size": size, "layer": layer}
                    yield {**point, **row, "repeats": repeats, **machine()}
            print(f"{mode}, growth with {axis}: done", file=sys.stderr)


def markdown(rows):
    """The table of the README: one line for each mode and case."""

    def ms(row, part):
        return f"{row[f'{part}_ms_min']:.0f} ({row[f'{part}_ms_median']:.0f})"

    def ratio(row, other):
        return f"{row[f'train_vs_{other}']:.2f} / {row[f'infer_vs_{other}']:.2f}"

    lines = [
        "| backend | RIM | training ms | inference ms | ratio to torch.nn.LSTM "
        "| ratio to keras LSTM | peak memory (keras LSTM) |",
        "|---|---|---|---|---|---|---|",
    ]
    peaks = {(row["backend"], row["case"], row["layer"]): row["train_peak_mib"] for row in rows}
    for row in rows:
        if row["layer"] == LAYERS[0]:
            peak = peaks[row["backend"], row["case"], LAYERS[1]]
            lines.append(
                f"| {row['backend']} | {row['case']} | {ms(row, 'train')} | {ms(row, 'infer')} | "
                f"{ratio(row, 'torch_lstm')} | {ratio(row, 'keras_lstm')} | "
                f"{row['train_peak_mib']:.0f} MiB ({peak:.0f}) |"
            )
    return "\n".join(lines)


def draw_growth(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

    colors = dict(zip(MODES, ("#0072B2", "#56B4E9", "#D55E00", "#009E73", "#CC79A7"), strict=True))
    markers = dict(zip(MODES, "osD^v", strict=True))
    titles = {"time": "Time steps", "batch": "Batch size", "modules": "Modules, two thirds active"}
    figure, axes = plt.subplots(1, 3, figsize=(11, 4.2), sharey=True, layout="constrained")
    for panel, (axis, sizes) in zip(axes, GROWTH.items(), strict=True):
        here = [row for row in rows if row["axis"] == axis]
        for mode in dict.fromkeys(row["backend"] for row in here):
            points = [r for r in here if r["backend"] == mode and r["layer"] == LAYERS[0]]
            panel.plot(
                [row["size"] for row in points],
                [row["train_ms_min"] for row in points],
                color=colors[mode],
                marker=markers[mode],
                markersize=5,
                label=f"RIM, {mode}",
            )
        reference = {
            size: min(
                r["train_ms_min"] for r in here if r["size"] == size and r["layer"] == LAYERS[2]
            )
            for size in sizes
        }
        panel.plot(*zip(*reference.items(), strict=True), "k--", label="torch.nn.LSTM, same width")
        panel.set(xscale="log", yscale="log", xlabel=titles[axis])
        panel.xaxis.set(
            major_locator=FixedLocator(sizes),
            minor_locator=NullLocator(),
            major_formatter=ScalarFormatter(),
        )
        panel.grid(which="major", color="0.88")
        panel.grid(which="minor", axis="y", color="0.95")
        panel.spines[["top", "right"]].set_visible(False)
    low, high = axes[0].get_ylim()
    ticks = [t for t in (5, 10, 20, 50, 100, 200, 500, 1000, 2000) if low <= t <= high]
    axes[0].yaxis.set(major_locator=FixedLocator(ticks), major_formatter=ScalarFormatter())
    axes[0].yaxis.set_minor_locator(NullLocator())
    axes[0].set_ylabel("Training step, ms (one core)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(path, dpi=150)


def write_csv(rows, path):
    """Writes each row when it comes, so that a run that is stopped keeps what it has."""
    written = []
    with open(path, "w", newline="") as file:
        for row in rows:
            if not written:
                writer = csv.DictWriter(file, row, lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
            file.flush()
            written.append(row)
    return written


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    every_mode = dict.fromkeys((*MODES, *GPU_MODES))
    parser.add_argument("--backends", nargs="+", choices=every_mode, help="(all of the device)")
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--repeats", type=int, default=30, help="timed rounds (default: 30)")
    parser.add_argument(
        "--growth", action="store_true", help="measure growth, and draw it, instead"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--worker", type=json.loads, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        worker(**args.worker)
        return
    known = GPU_MODES if args.device == "gpu" else MODES
    modes = args.backends or known
    if not set(modes) <= set(known):
        parser.error(f"on the {args.device} there are {', '.join(known)}.")
    if args.growth and args.device == "gpu":
        parser.error("--growth is measured on the CPU.")
    gpus = {}
    if args.device == "gpu":
        gpus = {mode: run_worker("find_gpu", mode, CASES[0], core=None) for mode in modes}
        if None in gpus.values():
            blind = ", ".join(mode for mode, gpu in gpus.items() if gpu is None)
            parser.error(f"there is no GPU, or none that can be used, for {blind}.")
    args.out.mkdir(parents=True, exist_ok=True)
    if args.growth:
        modes = [mode for mode in modes if mode != "torch-compile"]
        points = measure_growth(modes, max(1, args.repeats // 2), args.core)
        draw_growth(write_csv(points, args.out / "rim_growth.csv"), args.out / "rim_growth.png")
    elif gpus:
        points = measure_layers(modes, args.repeats, None, next(iter(gpus.values())))
        print(markdown(write_csv(points, args.out / "rim_gpu.csv")))
    else:
        points = measure_layers(modes, args.repeats, args.core)
        print(markdown(write_csv(points, args.out / "rim.csv")))


if __name__ == "__main__":
    main()
