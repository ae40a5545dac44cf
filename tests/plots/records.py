"""Records to draw: plain ones, and what people and other programs send."""

import numpy as np

WORDS = ["the", "film", "is", "not", "a", "very", "good", "one"]
ODD = [
    *("👍😀", "電影", "שלום", "مرحبا", "x\u0302e\u0301", "Z\u0338\u034eal\u0337go"),
    *("a\u202eb", "\u200b", "c\nd\x00e", "$x_1$", "$$", "\\frac", "{}", "%#_^&", "W" * 40, " a "),
    *("x" * 100_000, "\u0301" * 500, "\ufffd", "\ud800"),
]


def history(epochs, names=("accuracy", "loss")):
    rng = np.random.default_rng(0)
    columns = [prefix + name for prefix in ("", "val_") for name in names]
    return [
        {"epoch": float(epoch), **dict(zip(columns, rng.random(len(columns)), strict=True))}
        for epoch in range(epochs)
    ]


def diverged():
    return [{"epoch": float(epoch), "loss": float("nan")} for epoch in range(2)]


def activity(tokens=WORDS, active=None):
    """A record of two modules; `lexicon` knows every third word."""
    count = len(tokens)
    known = [1.5 if t % 3 == 0 else None for t in range(count)]
    return {
        "tokens": list(tokens),
        "modules": ["token", "lexicon"],
        "active": active or [[True] * count] * 2,
        "attention": [[0.25] * count, [0.75 if value else 0.5 for value in known]],
        "annotations": {"lexicon": known},
    }


def ablation(shown=None, metric="accuracy", seeds=3, spread=0.1):
    """A record whose rows have the values `shown`, and runs that differ by `spread`."""
    shown = {"sources": ["token", "token,afinn"]} if shown is None else shown
    count = max(map(len, shown.values()), default=1)
    rng = np.random.default_rng(0)
    rows = []
    for i in range(count):
        runs = [None if spread is None else 0.8 + spread * rng.random() for _ in range(seeds)]
        mean = None if spread is None else float(np.mean(runs))
        deviation = None if mean is None or seeds == 1 else float(np.std(runs, ddof=1))
        difference = {"mean": 0.1, "deviation": 0.2, "p": 0.5} if mean else None
        rows.append(
            {
                "shown": {name: values[i] for name, values in shown.items()},
                "metrics": {metric: mean},
                "deviation": {metric: deviation},
                "runs": [{metric: run} for run in runs],
                "difference": {metric: difference} if mean else {},
            }
        )
    plan = {"recipe": "sentiment/sst2", "seeds": list(range(seeds))}
    return {"plan": plan, "metric": metric, "split": "test", "examples": 2000, "rows": rows}


def source_activity(modules=("token", "afinn", "vader"), lexica=("afinn", "vader")):
    """A record of modules of which the last one's source is silent everywhere."""
    modules = list(modules)
    of = {"words": 900, "active": 0.8, "lost_to_silent": 0.1, "attention": 0.4}
    silent = {"words": 0, "active": None, "lost_to_silent": None, "attention": None}
    activity = {name: {**of, "active_in_silence": 0.3} for name in modules}
    activity[modules[-1]] = {**silent, "active_in_silence": 1.0}
    competition = [
        {"modules": [a, b], "words": 0, "first_ahead": None, "second_ahead": None}
        if b == modules[-1]
        else {"modules": [a, b], "words": 90, "first_ahead": 0.99, "second_ahead": 0.01}
        for i, a in enumerate(modules)
        for b in modules[i + 1 :]
    ]
    idle = {"idle": 0.63, "lost_to_silent": 0.2, "behind": 0.7, "idle_elsewhere": 0.1}
    return {
        "split": "dev",
        "examples": 872,
        "words": 17048,
        "modules": modules,
        "activity": activity,
        "competition": competition,
        "agreement": {"lexica": list(lexica), "words": 40, "modules": {modules[0]: idle}},
    }


# Means over words, of pos: high for units 0 to 3; of ner: high for units 0, 4 and 5.
POS, NER = [0.9, 0.8, 0.7, 0.6, 0.1, 0.2, 0.3, 0.4], [0.8, 0.1, 0.2, 0.3, 0.6, 0.9, 0.4, 0.2]


def gates(tokens=WORDS, mode="learned", tasks=("pos", "ner"), means=(POS, NER), **changes):
    """A record whose gates are `means` at every word, but for `changes` of `{task: rows}`."""
    count = len(tokens)
    return {
        "tokens": list(tokens),
        "tasks": list(tasks),
        **{task: [f"{task.upper()}{i}" for i in range(count)] for task in tasks},
        "gates": {
            task: changes.get(task, [list(row)] * count)
            for task, row in zip(tasks, means, strict=True)
        },
        "gate_mode": mode,
    }


def enhancement(names=("noisy", "enhanced", "clean"), mechanisms=2, layers=(1, 2, 5), frames=40):
    rng = np.random.default_rng(0)
    record = {
        "input": "station $1$ 電.wav",
        "start": 1.5,
        "frame_seconds": 0.016,
        "spectra": {name: rng.uniform(-100, 0, (frames, 257)).tolist() for name in names},
        "layers": list(layers),
    }
    if not layers:
        return record
    shares = rng.dirichlet([1.0] * mechanisms, (len(layers), frames))
    return record | {
        "competition": shares.tolist(),
        "entropy": np.sort(rng.uniform(0, 1, (len(layers), 5))).tolist(),
        "correlation": np.corrcoef(shares[..., 0]).reshape(len(layers), -1).tolist(),
    }


def competition(pictures=3, mechanisms=2, sides=("digit", "photograph"), size=(4, 8)):
    shares = np.linspace(0, 1, pictures * size[0] * size[1]).reshape(1, pictures, *size, 1)
    if mechanisms == 2:
        shares = np.concatenate([shares, 1 - shares], axis=-1)
    else:
        shares = np.full((1, pictures, *size, mechanisms), 1 / mechanisms)
    return {
        "pictures": np.zeros((pictures, *size, 3), int).tolist(),
        "sides": list(sides),
        "layers": [2],
        "competition": shares.tolist(),
        **({"between_sides": [0.93]} if len(sides) > 1 else {}),
    }


def confusion(labels):
    n = len(labels)
    return {"labels": list(labels), "counts": (np.eye(n, dtype=int) * 9 + 1).tolist()}


def probes(tags):
    return {tag: {"unit": 3, "auc": 0.9, "words": 10 + i} for i, tag in enumerate(tags)}


def correlation(units):
    values = np.linspace(-1, 1, units).round(4).tolist()
    return {"units": values, "above": units // 4, "below": units // 4}


def routes(tasks=("left", "right"), steps=5, layers=2, modules=3):
    """Arguments of `draw_routes`: `0:0` is read by all tasks, `0:1` by the first alone, others by
    none at half of the steps."""
    rates = np.full((len(tasks), steps, layers, modules), 0.2)
    rates[:, :, 0, 0] = 0.8
    rates[0, :, 0, 1] = 0.6
    reads = rates[0].round()
    return [*tasks], rates, np.ones((steps, layers, modules, modules)), reads, tasks[0]


def modules(labels="abc", rows=("the text",), units=12, layers=("lstm_0",)):
    """What `draw_modules` takes."""
    rng = np.random.default_rng(0)
    kept = {layer: rng.integers(0, 2, (units, len(labels))) for layer in layers}
    return list(labels), list(rows), rng.random((len(rows), len(labels))), kept


def units_of(labels="abc", layers=("lstm_0",), units=12):
    """What `draw_units` takes."""
    rng = np.random.default_rng(0)
    return list(labels), {
        layer: {label: rng.integers(0, 2, units) for label in labels} for layer in layers
    }


def overlap(labels):
    """What `draw_overlap` takes."""
    return list(labels), 1 - np.random.default_rng(0).random((len(labels),) * 2) / 2


def writing():
    """What `draw_modules` takes of modules that write words."""
    labels, _, yes, units = modules(["eng", "fra"])
    written = [["the", "le"], ["extraordinarily", "extraordinairement"], ["", "$chat$"]]
    return labels, ["word 1", "word 2", "word 3"], np.resize(yes, (3, 2)), units, written


def removal(rules=("effect", "tendency", "random"), metric="accuracy"):
    """What `draw_removal` takes."""
    figures = {"share_kept": 0.8, "composition": 0.93}
    row = {"metric": metric}
    return [
        {"rule": rule, "share": s, "removed": s, "composition": 0.95 - 0.3 * i * s, **row}
        for i, rule in enumerate(rules)
        for s in (0, 0.2, 0.5, 0.9)
    ], figures


def token_competition(tokens=WORDS, layers=(2, 3), mechanisms=2):
    """Shares of mechanisms in the tokens of a text."""
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(mechanisms), (len(layers), len(tokens)))
    return {"tokens": list(tokens), "layers": list(layers), "competition": shares.tolist()}


def common_tokens(tokens=WORDS, layers=(2, 3), mechanisms=2):
    """How the shares of mechanisms go in common tokens."""
    rng = np.random.default_rng(0)
    found = {}
    for i, token in enumerate(tokens):
        low, mean, high = np.sort(rng.random((3, len(layers), mechanisms)), axis=0).tolist()
        found[token] = {"count": i + 1, "min": low, "mean": mean, "max": high}
    return {"layers": list(layers), "tokens": found}
