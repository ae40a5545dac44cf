"""Training and inference of each application on the three backends.

    python benchmarks/applications.py                       # applications.csv and the table
    python benchmarks/applications.py --presets sentiment_sst2 --backends jax --rounds 3 --out /tmp

Each preset is measured on the embedded data of its recipe, in batches that the recipe's settings
and `modzoo.training.train_batches` make.

- A training step is what `fit` does with a batch: the recipe's loss, gradients and Adam, compiled
  as in the recipe (XLA on JAX, a graph on TensorFlow, eager on PyTorch). Inference is the forward
  pass. The batches are arrays that the preprocessor made before, so that reading text is left out.
- A round passes over all batches. The figure is that of the best round; the first, which
  compiles, is given as `first_s`, training and inference together.
- Each backend has a process of its own, pinned to one core before anything is imported.

Compare backends of one row; examples a second of two applications are of other examples.
"""

import argparse
import json
import time
from pathlib import Path

from processes import measured, write_rows

BACKENDS = ("tensorflow", "jax", "torch")
PRESETS = ("images_mnist_cifar", "sentiment_sst2", "tagging_pos_ner")
HERE = Path(__file__).parent


def losses(model):
    """The loss with which the recipes train a model."""
    import keras

    from modzoo.applications import tagging

    if isinstance(model, tagging.Tagger):
        return tagging.tag_losses(model.tasks)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def examples_of(model, recipe, settings):
    """The training examples of the recipe's embedded data, as its batches take them."""
    from modzoo.applications import images, tagging

    examples = recipe.load(None, "train", settings)
    if isinstance(model, images.ImageTransformer):
        return images.encode_pictures(examples, model.codebook, model.image_size[0])
    if isinstance(model, tagging.Tagger):
        return tagging.LabelledSentences(tagging.in_pieces(model, examples), model.labels)
    return examples


def measure(args):
    """The rows of one backend, in this process."""
    import torch

    torch.set_num_threads(1)
    import keras

    import modzoo
    from modzoo.recipes import open_trained
    from modzoo.training import train_batches

    backend = keras.backend.backend()
    rows = []
    for preset in args.presets:
        trained, recipe = open_trained(preset)
        model, settings = modzoo.load(preset), trained.settings
        batches = train_batches(examples_of(model, recipe, settings), settings.batch_size, seed=0)
        batches = batches.take(args.batches)
        if getattr(model, "preprocessor", None) is not None:
            batches = batches.map(model.preprocessor)
        batches = list(batches.as_numpy_iterator())
        outputs = dict(model.output) if isinstance(model.output, dict) else model.output
        plain = keras.Model(model.input, outputs)  # reads arrays, not strings
        plain.compile(keras.optimizers.Adam(1e-4), loss=losses(model), jit_compile=backend == "jax")

        def train(plain=plain, batches=batches):
            for batch in batches:
                plain.train_on_batch(*batch)

        def predict(plain=plain, batches=batches):
            for x, *_ in batches:
                plain.predict_on_batch(x)

        times = [[seconds(train), seconds(predict)] for _ in range(args.rounds + 1)]
        best = [min(each) for each in zip(*times[1:], strict=True)]
        count = args.batches * settings.batch_size
        rows.append(
            {
                "preset": preset,
                "backend": backend,
                "batch_size": settings.batch_size,
                "parameters": model.count_params(),
                "train_examples_per_s": round(count / best[0], 1),
                "infer_examples_per_s": round(count / best[1], 1),
                "first_s": round(sum(times[0]), 1),
                "batches": args.batches,
                "rounds": args.rounds,
            }
        )
    return rows


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def table(rows):
    """The README's table: a row for each preset, training / inference on each backend."""
    backends = list(dict.fromkeys(row["backend"] for row in rows))
    lines = ["| preset | " + " | ".join(backends) + " |", "|---" * (len(backends) + 1) + "|"]
    for preset in dict.fromkeys(row["preset"] for row in rows):
        of_preset = {row["backend"]: row for row in rows if row["preset"] == preset}
        cells = (
            f"{of_preset[b]['train_examples_per_s']:.0f} / "
            f"{of_preset[b]['infer_examples_per_s']:.0f} ({of_preset[b]['first_s']:.0f} s)"
            for b in backends
        )
        lines.append(f"| `{preset}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--batches", type=int, default=20, help="Batches of a round (20).")
    parser.add_argument("--rounds", type=int, default=10, help="Rounds that are timed (10).")
    parser.add_argument("--core", type=int, default=0, help="CPU core to run on (0).")
    parser.add_argument("--out", type=Path, default=HERE, help="Folder of applications.csv.")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args)))
        return
    rows = [row for backend in args.backends for row in measured(__file__, backend, args.core)]
    write_rows(args.out / "applications.csv", rows)
    print(table(rows))


if __name__ == "__main__":
    main()
