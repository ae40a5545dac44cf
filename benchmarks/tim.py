"""Time of `modzoo.layers.TIMBlock` beside a Transformer block of the same width.

    python benchmarks/tim.py                        # tim.csv, tim_generation.csv, the tables
    python benchmarks/tim.py --backends jax torch --repeats 10 --out /tmp/results
    python benchmarks/tim.py --device gpu           # on JAX and PyTorch: tim_gpu.csv, ...

`TIMBlock` with one, two and four mechanisms is measured against
`keras_hub.layers.TransformerEncoder` on the same backend, run in the same mode, and against
eager `torch.nn.TransformerEncoderLayer`: batch 8, 128 steps, width 512, 16 heads, feed-forward
2048, post-norm, no dropout, float32.

- A training step is the forward pass, the mean square of the output as the loss, and the
  gradient of every weight; there is no optimizer and no gradient of the input. Inference is
  the forward pass alone.
- The blocks are timed in one process, in turn (A B C A B C ...), so that a change of the
  machine's speed meets all of them; ratios are of the minima. The first calls, which trace and
  compile, are left out.
- Each backend has a process of its own, pinned to one core before anything is imported. On a
  GPU times are until it is done.
- Generation: a causal `TIMEncoder` of 6 layers, three of them of two mechanisms (width 200, 10
  heads, the sizes of the paper's image model) writes 392 steps, each a function of the one
  before, for a batch of 16, a grid of images. With the cache a step is a pass over one
  position, without a pass over all 392 of them, which is how a compiled function of fixed
  shapes goes about it. The loop is in Python, around a compiled step (eager on torch), so that
  every backend pays for its calls; of few rows, on torch, they are most of the time. Without
  the cache only `--steps` of the steps are run, at equal cost each, and scaled up.

A ratio below 1 means that `TIMBlock` is faster. `arithmetic` is the share of the plain block's
multiply-adds in the forward pass, derived from the shapes. Compare ratios, not milliseconds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from processes import write_rows

MODES = ("tensorflow", "tensorflow-xla", "jax", "torch")
GPU_MODES = ("jax", "torch")
HERE = Path(__file__).parent
BATCH, TIME, WIDTH, HEADS, INTERMEDIATE = 8, 128, 512, 16, 2048
MECHANISMS = (1, 2, 4)
HUB, TORCH = "keras_hub.layers.TransformerEncoder", "torch.nn.TransformerEncoderLayer"
GENERATED, IMAGES = 392, 16
WARM_UP = 3


def multiply_adds(num_mechanisms, width=WIDTH, time=TIME, communication=64):
    """Of the forward pass's matrix products, for one position."""
    n = num_mechanisms
    maps = (4 * width * width + 2 * width * INTERMEDIATE) // n + 2 * time * width
    if n == 1:
        return maps
    return maps + 4 * width * communication + 2 * n * n * communication + width


# In a process of its own, with one backend


def build(name):
    """The block, built, by its name in the table."""
    import keras
    import keras_hub
    import torch

    from modzoo.layers import TIMBlock

    if name == TORCH:
        block = torch.nn.TransformerEncoderLayer(
            WIDTH, HEADS, INTERMEDIATE, dropout=0.0, batch_first=True
        )
        return block.to(torch_device())
    keras.utils.set_random_seed(0)
    if name == HUB:
        block = keras_hub.layers.TransformerEncoder(INTERMEDIATE, HEADS)
    else:
        n = int(name.split()[-1])
        alone = {"competition": False, "communication": False} if n == 1 else {}
        block = TIMBlock(INTERMEDIATE, HEADS, n, **alone)
    block.build((BATCH, TIME, WIDTH))
    return block


def functions(mode, block):
    """`(train, infer)`: functions of nothing that return when the result is there."""
    import numpy as np
    import torch

    inputs = np.random.default_rng(0).normal(size=(BATCH, TIME, WIDTH)).astype("float32")
    if isinstance(block, torch.nn.TransformerEncoderLayer):
        return torch_functions(block, list(block.parameters()), inputs)
    variables = [variable.value for variable in block.trainable_variables]
    if mode == "torch":
        return torch_functions(block, variables, inputs)
    if mode == "jax":
        return jax_functions(block, variables, inputs)
    return tensorflow_functions(block, variables, inputs, jit_compile=mode == "tensorflow-xla")


def torch_device():
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"  # hidden with --device cpu


def torch_functions(block, parameters, inputs):
    import torch

    device = torch_device()
    x = torch.tensor(inputs, device=device)

    def done():
        if device == "cuda":
            torch.cuda.synchronize()

    def train():
        torch.autograd.grad(block(x).square().mean(), parameters)
        done()

    def infer():
        with torch.no_grad():
            block(x)
        done()

    return train, infer


def jax_functions(block, variables, inputs):
    import jax

    others = [variable.value for variable in block.non_trainable_variables]
    x = jax.numpy.asarray(inputs)

    @jax.jit
    def forward(variables, x):
        return block.stateless_call(variables, others, x)[0]

    gradient = jax.jit(jax.grad(lambda variables, x: (forward(variables, x) ** 2).mean()))
    return (
        lambda: jax.block_until_ready(gradient(variables, x)),
        lambda: jax.block_until_ready(forward(variables, x)),
    )


def tensorflow_functions(block, variables, inputs, jit_compile):
    import tensorflow as tf

    x = tf.constant(inputs)

    @tf.function(jit_compile=jit_compile)
    def gradient(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(block(x)))
        return loss, tape.gradient(loss, variables)

    forward = tf.function(block, jit_compile=jit_compile)
    return lambda: gradient(x)[0].numpy(), lambda: forward(x).numpy()


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def interleave(calls, repeats):
    """Times `{name: function}` in turn; returns `{name: (min ms, median ms)}`."""
    rounds = [
        {name: seconds(call) for name, call in calls.items()} for _ in range(WARM_UP + repeats)
    ][WARM_UP:]
    times = {name: [1e3 * each[name] for each in rounds] for name in calls}
    return {name: (min(ms), statistics.median(ms)) for name, ms in times.items()}


def measure_blocks(mode, repeats):
    """One row for each block."""
    names = [*(f"TIMBlock {n}" for n in MECHANISMS), HUB, TORCH]
    blocks = {name: build(name) for name in names}
    passes = {name: functions(mode, block) for name, block in blocks.items()}
    train, infer = (
        interleave({name: each[i] for name, each in passes.items()}, repeats) for i in (0, 1)
    )
    rows = []
    for name, block in blocks.items():
        n = int(name.split()[-1]) if name.startswith("TIMBlock") else 1
        counted = block.parameters() if name == TORCH else block.weights
        row = {
            "backend": mode,
            "block": name,
            "parameters": sum(v.numel() for v in counted)
            if name == TORCH
            else block.count_params(),
            "arithmetic": round(multiply_adds(n) / multiply_adds(1), 3),
        }
        for part, times in (("train", train), ("infer", infer)):
            least, median = times[name]
            row |= {f"{part}_ms_min": round(least, 2), f"{part}_ms_median": round(median, 2)}
            row |= {
                f"{part}_vs_{short}": round(least / times[other][0], 3)
                for short, other in (("keras_hub", HUB), ("torch", TORCH))
            }
        rows.append(row)
    return rows


def compiled(mode, function):
    """`function` of arrays, compiled as the mode has it."""
    if mode == "jax":
        import jax

        return jax.jit(function)
    if mode == "torch":
        import torch

        return torch.no_grad()(function)
    import tensorflow as tf

    return tf.function(function, jit_compile=mode == "tensorflow-xla")


def measure_generation(mode, repeats, steps, width=200, heads=10):
    """Seconds for `GENERATED` steps with the cache and without, in one row."""
    import keras
    from keras import ops

    from modzoo.layers import TIMEncoder

    keras.utils.set_random_seed(0)
    encoder = TIMEncoder(6, 4 * width, heads, causal=True, normalize_first=True)
    encoder.build((IMAGES, GENERATED, width))
    first = keras.random.normal((IMAGES, 1, width))

    @lambda f: compiled(mode, f)
    def cached_step(x, cache, index):
        return encoder(x, self_attention_cache=cache, self_attention_cache_update_index=index)

    @lambda f: compiled(mode, f)
    def full_step(sequence, index):
        y = ops.slice(encoder(sequence), (0, index, 0), (IMAGES, 1, width))
        return ops.slice_update(sequence, (0, index + 1, 0), y)

    indices = list(range(GENERATED))
    if mode != "torch":  # traced once, for all of them
        indices = [ops.convert_to_tensor(i, dtype="int32") for i in indices]

    def with_cache():
        x, cache = first, encoder.initial_cache(IMAGES, GENERATED)
        for index in indices:
            x, cache = cached_step(x, cache, index)
        return ops.convert_to_numpy(x)

    def without_cache():
        sequence = ops.slice_update(ops.zeros((IMAGES, GENERATED, width)), (0, 0, 0), first)
        for index in indices[:steps]:
            sequence = full_step(sequence, index)
        return ops.convert_to_numpy(sequence)

    with_cache(), without_cache()
    cached = min(seconds(with_cache) for _ in range(repeats))
    full = min(seconds(without_cache) for _ in range(repeats)) * GENERATED / steps
    return {
        "backend": mode,
        "tokens": GENERATED,
        "batch": IMAGES,
        "cache_s": round(cached, 3),
        "no_cache_s": round(full, 3),
        "times_faster": round(full / cached, 1),
    }


def has_gpu(mode):
    """Whether a backend finds a GPU here."""
    if mode == "jax":
        import jax

        return any(device.platform == "gpu" for device in jax.devices())
    return torch_device() == "cuda"


def measure(mode, args):
    import torch  # before TensorFlow

    if args.device == "gpu" and not has_gpu(mode):
        return None
    torch.set_num_threads(1)
    if mode.startswith("tensorflow"):
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    blocks = measure_blocks(mode, args.repeats)
    return {"blocks": blocks, "generation": measure_generation(mode, 2, args.steps)}


# In the process that was started by hand


def run(mode, args):
    """Measures one backend in a process of its own, on a core or on the GPU."""
    environment = {
        **os.environ,
        "KERAS_BACKEND": mode.split("-")[0],
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # leaves room for torch's block
    }
    if args.device == "cpu":
        environment |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        environment |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}

    def pin():
        os.sched_setaffinity(0, {args.core})

    command = [sys.executable, __file__, "--measure", mode, *sys.argv[1:]]
    done = subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        preexec_fn=pin if args.device == "cpu" else None,
    )
    return json.loads(done.stdout.splitlines()[-1])


def tables(blocks, generation):
    def cells(row, part):
        return (
            f"{row[f'{part}_ms_min']:.0f} ({row[f'{part}_ms_median']:.0f})",
            f"{row[f'{part}_vs_keras_hub']:.2f}",
            f"{row[f'{part}_vs_torch']:.2f}",
        )

    lines = [
        "| backend | block | arithmetic | training ms: min (median) | of keras_hub's | "
        "of torch.nn's | inference ms | of keras_hub's | of torch.nn's |",
        "|---" * 9 + "|",
    ]
    for row in blocks:
        figures = (*cells(row, "train"), *cells(row, "infer"))
        name = row["block"].split(".")[-1]
        lines.append(
            f"| {row['backend']} | {name} | {row['arithmetic']:.2f} | {' | '.join(figures)} |"
        )
    lines += [
        "",
        f"| backend | {GENERATED} steps with cache, s | without, s | times faster |",
        "|---" * 4 + "|",
    ]
    for row in generation:
        lines.append(
            f"| {row['backend']} | {row['cache_s']:.2f} | {row['no_cache_s']:.1f} | "
            f"{row['times_faster']:.0f} |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backends", nargs="+", choices=MODES, help="(all of the device)")
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--repeats", type=int, default=30, help="Rounds that are timed (30).")
    parser.add_argument("--steps", type=int, default=5, help="Steps without the cache (5).")
    parser.add_argument("--core", type=int, default=0, help="CPU core to run on (0).")
    parser.add_argument("--out", type=Path, default=HERE, help="Folder of the CSV files.")
    parser.add_argument("--measure", choices=MODES, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args.measure, args)))
        return
    known = GPU_MODES if args.device == "gpu" else MODES
    modes = args.backends or known
    if not set(modes) <= set(known):
        parser.error(f"on the {args.device} there are {', '.join(known)}.")
    results = {mode: run(mode, args) for mode in modes}
    if None in results.values():
        blind = ", ".join(mode for mode, result in results.items() if result is None)
        parser.error(f"there is no GPU, or none that can be used, for {blind}.")
    blocks = [row for result in results.values() for row in result["blocks"]]
    generation = [result["generation"] for result in results.values()]
    name = "tim_gpu" if args.device == "gpu" else "tim"
    write_rows(args.out / f"{name}.csv", blocks)
    write_rows(args.out / f"{name}_generation.csv", generation)
    print(tables(blocks, generation))


if __name__ == "__main__":
    main()
