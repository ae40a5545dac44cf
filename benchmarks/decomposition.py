"""Examples per second of taking a recurrent network apart and of running its modules together.

    python benchmarks/decomposition.py                     # decomposition.csv and the tables
    python benchmarks/decomposition.py --backends torch --rounds 3 --labels 10 --out /tmp/results

The network is of the size of the recipe for CLINC150: texts of 15 words, an embedding of 50, an
LSTM of 100 units, a softmax over `--labels`; weights and texts are random, since time does not
depend on them. It stands beside what the paper's tool does: a loop in NumPy over examples, and
over steps in each.

- Observation: the examples of `--observed` labels, 100 with the label and 100 without for each,
  from arrays to the scores of all units, by the paper's tendency and by the effect on the margin.
  The loop collects the states of each example at each step, and works out the same tendencies.
- Composition: arrays of 1, 32 and 256 examples in, the margins of all modules out. The loop runs
  the modules one after the other for each example, with the weights of removed units at 0. The
  network itself, `predict_on_batch` on the same arrays, is timed beside it: a module is as large
  as the network, so that all of them one after the other would take it as many times.
- All are timed in one process, in turn (A B C A B C ...), so that a change of the machine's speed
  meets all of them; the figure is the least of `--rounds`. First calls, which trace and compile,
  are left out. The loop's time does not hang on the number of examples, so that it is timed on
  `--looped` of them.
- Before anything is timed, margins and tendencies of the loop and of the package are compared.
- Each backend has a process of its own, pinned to one core before anything is imported.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch  # before TensorFlow
from processes import measured, write_rows

BACKENDS = ("tensorflow", "jax", "torch")
HERE = Path(__file__).parent
WORDS, STEPS, WIDTH, UNITS = 5000, 15, 50, 100
POSITIVES = 100
BATCHES = (1, 32, 256)
TENDENCY, EFFECT, COMPOSITION = "observation, tendency", "observation, effect", "composition"


def network(num_labels):
    import keras

    return keras.Sequential(
        [
            keras.Input((STEPS,), dtype="int32"),
            keras.layers.Embedding(WORDS, WIDTH, mask_zero=True),
            keras.layers.LSTM(UNITS, name="cell"),
            keras.layers.Dense(num_labels),
        ]
    )


class Loop:
    """The network in NumPy, an example at a time.

    Args:
        model: The Keras model.
        modules: `ModuleSet` of it.
    """

    def __init__(self, model, modules):
        self.embeddings, *self.cell, self.kernel, self.bias = model.get_weights()
        kept = [np.tile(modules.masks[label]["cell"][0], 4) for label in modules.labels]
        self.cells = [[weight * mask for weight in self.cell] for mask in kept]

    def states(self, ids, cell):
        """Those after each step, `(steps, units)`."""
        kernel, recurrent, bias = cell
        h = c = np.zeros(UNITS, "float32")
        found = []
        for x in self.embeddings[ids]:
            i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4)
            c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
            h = _sigmoid(o) * np.tanh(c)
            found.append(h)
        return np.array(found)

    def margins(self, x):
        """The margins of all modules, `(examples, labels)`."""
        labels = range(len(self.cells))
        return np.array([[self._margin(ids, label) for label in labels] for ids in x])

    def _margin(self, ids, label):
        logits = self.states(ids, self.cells[label])[-1] @ self.kernel + self.bias
        return logits[label] - np.delete(logits, label).mean()

    def tendencies(self, x, is_positive):
        """The difference of the mean states of both kinds without outliers, `(units,)`."""
        found = []
        for kind in (True, False):
            states = np.concatenate([self.states(ids, self.cell) for ids in x[is_positive == kind]])
            values = np.abs(states).astype("float64")
            distance = np.abs(values - np.median(values, axis=0))
            kept = distance < 2 * np.median(distance, axis=0)
            found.append((values * kept).sum(0) / kept.sum(0))
        return found[0] - found[1]


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measure(args):
    """The rows of one backend, in this process."""
    torch.set_num_threads(1)
    import keras

    from modzoo.decomposition import decompose
    from modzoo.decomposition.decomposing import study_of

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    model = network(args.labels)
    y = np.arange(max(args.labels * POSITIVES, BATCHES[-1])) % args.labels
    x = rng.integers(1, WORDS, (len(y), STEPS))
    modules = decompose(model, (x, y), rule="random", max_removed=0.2)
    only = modules.labels[: args.observed]
    study = study_of(model, (x, y), None, only, None, "rolled", "mask", POSITIVES, None, seed=0)
    loop = Loop(model, modules)
    first = study.observed[0]
    _require_equal(modules.margins(x[:4]), loop.margins(x[:4]))
    tendencies = study.scores("tendency")["cell"][0, 0]
    wanted = loop.tendencies(x[first.rows], first.is_positive)
    _require_equal(np.minimum(wanted, 0), np.where(np.isfinite(tendencies), tendencies, 0))

    looped = x[first.rows], first.is_positive
    calls = {
        TENDENCY: lambda: study.scores("tendency"),
        EFFECT: lambda: study.scores("effect"),
        "loop, observation": lambda: loop.tendencies(*looped),
        "loop, composition": lambda: loop.margins(x[: args.looped]),
    }
    for size in BATCHES:
        batch = x[:size].astype("int32")
        calls[size, "modules"] = lambda batch=batch: modules.composition.predict_on_batch(batch)
        calls[size, "network"] = lambda batch=batch: model.predict_on_batch(batch)
    rounds = [{key: seconds(call) for key, call in calls.items()} for _ in range(args.rounds + 1)]
    least = {key: min(each[key] for each in rounds[1:]) for key in calls}

    observed = sum(len(each.rows) for each in study.observed)
    by_loop = len(first.rows) / least["loop, observation"]
    shared = {"backend": keras.backend.backend(), "rounds": args.rounds}
    rows = [
        _row(shared, name, len(only), observed, observed / least[name], by_loop)
        for name in (TENDENCY, EFFECT)
    ]
    by_loop = args.looped / least["loop, composition"]
    for size in BATCHES:
        row = _row(shared, COMPOSITION, args.labels, size, size / least[size, "modules"], by_loop)
        row["networks_time"] = round(
            least[size, "modules"] / (args.labels * least[size, "network"]), 3
        )
        rows.append(row)
    return rows


def _row(shared, name, modules, examples, speed, by_loop):
    return {
        "name": name,
        "modules": modules,
        "examples": examples,
        "examples_per_second": round(speed, 1),
        "loop_examples_per_second": round(by_loop, 2),
        "times_the_loop": round(speed / by_loop, 1),
        "networks_time": "",
        **shared,
    }


def _require_equal(found, wanted):
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def table(rows):
    """As Markdown, a row for each case, a column for each backend."""
    backends = list(dict.fromkeys(row["backend"] for row in rows))
    lines = [
        f"| | modules | examples | {' | '.join(backends)} |",
        "|---" * (len(backends) + 3) + "|",
    ]
    for key in dict.fromkeys((row["name"], row["modules"], row["examples"]) for row in rows):
        cells = []
        for row in rows:
            if (row["name"], row["modules"], row["examples"]) == key:
                cell = f"{row['examples_per_second']:,.0f} ({row['times_the_loop']:.0f} x)"
                if row["networks_time"] != "":
                    cell += f", {row['networks_time']:.2f}"
                cells.append(cell)
        name, modules, examples = key
        lines.append(f"| {name} | {modules} | {examples:,} | {' | '.join(cells)} |")
    lines += [
        "",
        "Examples a second (times those of the loop), of compositions the time beside that of the "
        "network once for each module.",
    ]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--labels", type=int, default=150, help="Of the network (150).")
    parser.add_argument("--observed", type=int, default=10, help="Labels that are observed (10).")
    parser.add_argument("--looped", type=int, default=4, help="Examples of the loop (4).")
    parser.add_argument("--rounds", type=int, default=10, help="Rounds that are timed (10).")
    parser.add_argument("--core", type=int, default=0, help="CPU core to run on (0).")
    parser.add_argument("--out", type=Path, default=HERE, help="Folder of the CSV file.")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args)))
        return
    rows = [row for backend in args.backends for row in measured(__file__, backend, args.core)]
    write_rows(args.out / "decomposition.csv", rows)
    print(table(rows))


if __name__ == "__main__":
    main()
