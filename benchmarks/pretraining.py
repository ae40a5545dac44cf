"""Word pieces a second in pretraining: TIM-BERT beside BERT of as many parameters.

    python benchmarks/pretraining.py                    # pretraining.csv and the table
    python benchmarks/pretraining.py --backends torch --rounds 5 --out /tmp/results

A training step of a masked language model on one core, optimizer included: 32 rows of 64 word
pieces, of which ten are hidden, a vocabulary of 8,000, six layers, AdamW, no dropout. In turn:

- `TIMBertMaskedLM` in the size of `pretraining/mlm`, three of its layers of two mechanisms;
- the same as its variant `bert`, one mechanism in each layer, of as many parameters;
- `keras_hub.models.BertMaskedLM`, as wide and deep as that variant, what a user would pick instead:
  with Keras' own loss, as it is compiled by default, and its own activation, a GELU.

Seconds are the processor's, so that other work on the machine counts little. The models are timed
in one process, in turn (A B C A B C ...), so that a change of the machine's speed meets all of
them; the figure is the least of `--rounds`. First steps, which trace and compile, are left out.
Each backend has a process of its own, pinned to one core before anything is imported. Compare
within a backend and a precision.
"""

import argparse
import json
import time
from pathlib import Path

import torch  # before TensorFlow
from processes import measured, write_rows

BACKENDS = ("tensorflow", "jax", "torch")
POLICIES = ("float32", "mixed_bfloat16")
HERE = Path(__file__).parent
ROWS, LENGTH, HIDDEN = 32, 64, 10
TIM, BERT, HUB = "TIMBertMaskedLM", "TIMBertMaskedLM, bert", "keras_hub BertMaskedLM"
WARM_UP = 2


def models():
    """The models, by their names."""
    import keras_hub

    from modzoo.applications.pretraining import (
        VARIANTS,
        ModelSettings,
        TIMBertMaskedLM,
        build_backbone,
    )

    settings = ModelSettings()
    bert = ModelSettings(**VARIANTS["bert"])
    vocabulary = settings.vocabulary_size
    hub = keras_hub.models.BertBackbone(
        vocabulary,
        num_layers=bert.num_layers,
        num_heads=bert.num_heads,
        hidden_dim=bert.width,
        intermediate_dim=bert.intermediate_dim,
        max_sequence_length=bert.max_length,
        dropout=0.0,
    )
    return {
        TIM: TIMBertMaskedLM(build_backbone(settings, vocabulary)),
        BERT: TIMBertMaskedLM(build_backbone(bert, vocabulary)),
        HUB: keras_hub.models.BertMaskedLM(hub),
    }


def step_of(name, model):
    """A function that takes a training step, compiled as the recipe compiles it."""
    import keras
    import numpy as np

    from modzoo.applications.pretraining import WordPieceCrossEntropy

    of_keras = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.AdamW(1e-3),
        of_keras if name == HUB else WordPieceCrossEntropy(),
        weighted_metrics=[],
        jit_compile=keras.backend.backend() == "jax",
    )
    rng = np.random.default_rng(0)
    ids = rng.integers(5, 8000, (ROWS, LENGTH)).astype("int32")
    places = np.sort([rng.permutation(LENGTH)[:HIDDEN] for _ in ids]).astype("int32")
    there = np.ones(ids.shape, bool)
    features = {"token_ids": ids, "padding_mask": there, "mask_positions": places}
    if name == HUB:
        features |= {"padding_mask": there.astype("int32"), "segment_ids": 0 * ids}
    return lambda: model.train_on_batch(features, ids[:, :HIDDEN])


def seconds(function):
    start = time.process_time()
    function()
    return time.process_time() - start


def measure(args):
    """The rows of one backend, in this process."""
    torch.set_num_threads(1)
    import keras

    rows = []
    for policy in args.policies:
        keras.config.set_dtype_policy(policy)
        keras.utils.set_random_seed(0)
        built = models()
        steps = {name: step_of(name, model) for name, model in built.items()}
        rounds = [
            {name: seconds(step) for name, step in steps.items()}
            for _ in range(WARM_UP + args.rounds)
        ][WARM_UP:]
        least = {name: min(each[name] for each in rounds) for name in steps}
        rows += [
            {
                "backend": keras.backend.backend(),
                "precision": policy,
                "name": name,
                "parameters": built[name].count_params(),
                "pieces_per_second": round(ROWS * LENGTH / least[name]),
                "vs_bert": round(least[BERT] / least[name], 3),
                "vs_keras_hub": round(least[HUB] / least[name], 3),
                "rounds": args.rounds,
            }
            for name in steps
        ]
    return rows


def table(rows):
    """A row for each model and precision, a column for each backend: word pieces a second, and
    how many times as many as BERT's."""
    backends = list(dict.fromkeys(row["backend"] for row in rows))
    lines = [
        "| | precision | parameters | " + " | ".join(backends) + " |",
        "|---" * (len(backends) + 3) + "|",
    ]
    for name, precision in dict.fromkeys((row["name"], row["precision"]) for row in rows):
        own = [row for row in rows if (row["name"], row["precision"]) == (name, precision)]
        cells = (f"{row['pieces_per_second']:,} ({row['vs_bert']:.2f})" for row in own)
        lines.append(f"| {name} | {precision} | {own[0]['parameters']:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--policies", nargs="+", choices=POLICIES, default=POLICIES)
    parser.add_argument("--rounds", type=int, default=10, help="Steps that are timed (10).")
    parser.add_argument("--core", type=int, default=0, help="CPU core to run on (0).")
    parser.add_argument("--out", type=Path, default=HERE, help="Folder of the CSV file.")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args)))
        return
    rows = [row for backend in args.backends for row in measured(__file__, backend, args.core)]
    write_rows(args.out / "pretraining.csv", rows)
    print(table(rows))


if __name__ == "__main__":
    main()
