"""Sentences per second of the tagger beside the same architecture in plain PyTorch.

    python benchmarks/tagging.py --data GMB         # tagging.csv and the table
    python benchmarks/tagging.py                    # on generated sentences
    python benchmarks/tagging.py --backends jax --batches 4 --rounds 3 --out /tmp/results

The yardstick, `PlainTagger`, is what one writes with `torch.nn.LSTM`: packed sequences, each
distinct word of a batch read once, one gate per task, one MLP per task. Both are given the same
batches, as arrays laid out as each wants them, so that reading text is not measured; on JAX
with sizes rounded up, as JAX gets them in training.

- A training step is the forward pass, the tasks' cross-entropies, gradients and Adam.
  Inference is the forward pass alone.
- Both are timed in one process, in turn, round after round; the figure is that of the best
  round. The first round, which compiles, is left out.
- Each backend has a process of its own, pinned to one core before anything is imported.

A ratio above 1 means that the tagger is faster than the yardstick. `padded` is the share of the
positions of an epoch's batches that hold no word.
"""

import argparse
import json
import time
from pathlib import Path

from processes import measured, write_rows

BACKENDS = ("tensorflow", "jax", "torch")
HERE = Path(__file__).parent


def plain_tagger(num_characters, n, num_labels):
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    class PlainTagger(nn.Module):
        def __init__(self):
            super().__init__()
            self.characters = nn.Embedding(num_characters, n)
            self.spelling = nn.LSTM(n, n // 2, bidirectional=True, batch_first=True)
            self.context = nn.LSTM(n, n // 2, bidirectional=True, batch_first=True)
            self.gate = nn.Linear(2 * n, len(num_labels) * n)
            self.heads = nn.ModuleList(
                nn.Sequential(nn.Linear(n, 2 * n), nn.ReLU(), nn.Linear(2 * n, count))
                for count in num_labels
            )

        def forward(self, characters, words, mask):
            packed = self.pack(self.characters(characters), (characters > 0).sum(1))
            _, (last, _) = self.spelling(packed)
            vectors = torch.cat([last[0], last[1]], -1)[words]
            states, _ = self.context(self.pack(vectors, mask.sum(1)))
            states, _ = pad_packed_sequence(states, batch_first=True, total_length=mask.shape[1])
            before = nn.functional.pad(states[:, :-1], (0, 0, 1, 0))
            gates = torch.sigmoid(self.gate(torch.cat([before, vectors], -1)))
            gates = gates.chunk(len(self.heads), -1)
            return [head(states * g) for head, g in zip(self.heads, gates, strict=True)]

        def pack(self, x, lengths):
            lengths = lengths.clamp(min=1)
            return pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)

    return PlainTagger()


def plain_features(tokenizer, words):
    """What `PlainTagger` reads: the distinct words, which of them stands where, and the mask."""
    import numpy as np

    distinct, places = np.unique(words, return_inverse=True)
    characters = tokenizer.tokenize(distinct)[:, :64].to_tensor(0).numpy()
    return {
        "characters": characters,
        "words": places.reshape(words.shape),
        "padding_mask": words != b"",
    }


def torch_passes(net, batches):
    """Functions that train on, and predict, all batches once."""
    import torch

    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    tensors = []
    for x, y, weights in batches:
        inputs = [torch.tensor(x[name]) for name in ("characters", "words", "padding_mask")]
        targets = [
            (torch.tensor(y[task]).long().flatten(), torch.tensor(weights[task]).flatten())
            for task in y
        ]
        tensors.append((inputs, targets))

    def train():
        for inputs, targets in tensors:
            loss = 0.0
            for logits, (target, weight) in zip(net(*inputs), targets, strict=True):
                each = torch.nn.functional.cross_entropy(
                    logits.flatten(0, 1), target, reduction="none"
                )
                loss = loss + (each * weight).sum() / weight.sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def predict():
        with torch.no_grad():
            for inputs, _ in tensors:
                net(*inputs)

    return train, predict


def keras_passes(model, batches):
    import keras

    from modzoo.applications import tagging

    plain = keras.Model(model.input, dict(model.output))  # reads arrays, not strings
    plain.compile(
        keras.optimizers.Adam(2e-3),
        loss=tagging.tag_losses(model.tasks),
        jit_compile=keras.backend.backend() == "jax",
    )

    def train():
        for x, y, weights in batches:
            plain.train_on_batch(x, y, weights)

    def predict():
        for x, _, _ in batches:
            plain.predict_on_batch(x)

    return train, predict


def measure(args):
    """The rows of one backend, in this process."""
    import torch

    torch.set_num_threads(1)
    import keras
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")

    from modzoo.applications import tagging
    from modzoo.data.tag_grammar import generate_tagged_sentences
    from modzoo.training import padded_share, train_batches

    if args.data is None:
        sentences = generate_tagged_sentences("train")
    else:
        sentences = tagging.load_sentences(args.data, "train").only(["pos", "ner"])
    labels = {task: sentences.labels(task) for task in sentences.tasks}
    tokenizer = tagging.CharacterTokenizer.learn(sentences.tokens)
    n = args.units
    backbone = tagging.TaggingBackbone(tokenizer.vocabulary_size(), 2, n, n, n)
    model = tagging.Tagger(backbone, labels, tagging.TaggingPreprocessor(tokenizer), 2 * n)
    num_labels = [len(names) for names in labels.values()]
    net = plain_tagger(tokenizer.vocabulary_size(), n, num_labels)

    examples = tagging.LabelledSentences(sentences, labels)
    raw = train_batches(examples, args.batch_size, seed=0).take(args.batches)
    prepared = list(raw.map(model.preprocessor).as_numpy_iterator())
    plain = [(plain_features(tokenizer, words), *rest) for words, *rest in raw.as_numpy_iterator()]
    passes = {
        "modzoo Tagger": keras_passes(model, prepared),
        "torch.nn.LSTM": torch_passes(net, plain),
    }
    best = {name: [float("inf")] * 2 for name in passes}
    for round_ in range(args.rounds + 1):
        for name, functions in passes.items():
            for i, function in enumerate(functions):
                start = time.perf_counter()
                function()
                if round_:
                    best[name][i] = min(best[name][i], time.perf_counter() - start)
    count = args.batches * args.batch_size
    parameters = {
        "modzoo Tagger": model.count_params(),
        "torch.nn.LSTM": sum(p.numel() for p in net.parameters()),
    }
    yardstick = best["torch.nn.LSTM"]
    return [
        {
            "backend": keras.backend.backend(),
            "model": name,
            "units": n,
            "batch_size": args.batch_size,
            "parameters": parameters[name],
            "train_sentences_per_s": round(count / seconds[0], 1),
            "infer_sentences_per_s": round(count / seconds[1], 1),
            "train_of_torch": round(yardstick[0] / seconds[0], 3),
            "infer_of_torch": round(yardstick[1] / seconds[1], 3),
            "padded": round(padded_share(examples, args.batch_size, seed=0), 4),
        }
        for name, seconds in best.items()
    ]


def table(rows):
    lines = [
        "| backend | training, sentences/s | of plain PyTorch's | inference | of plain PyTorch's |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        if row["model"] == "modzoo Tagger":
            figures = (
                f"{row['train_sentences_per_s']:.0f}",
                f"{row['train_of_torch']:.2f}",
                f"{row['infer_sentences_per_s']:.0f}",
                f"{row['infer_of_torch']:.2f}",
            )
            lines.append(f"| {row['backend']} | {' | '.join(figures)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="Folder of tagged sentences (generated ones).")
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--batches", type=int, default=20, help="Batches of a round (20).")
    parser.add_argument("--rounds", type=int, default=10, help="Rounds that are timed (10).")
    parser.add_argument("--core", type=int, default=0, help="CPU core to run on (0).")
    parser.add_argument("--out", type=Path, default=HERE, help="Folder of tagging.csv.")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args)))
        return
    rows = [row for backend in args.backends for row in measured(__file__, backend, args.core)]
    write_rows(args.out / "tagging.csv", rows)
    print(table(rows))


if __name__ == "__main__":
    main()
