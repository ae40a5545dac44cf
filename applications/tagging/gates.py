"""Taggers whose tasks read shared units under gates: the gates' names, and what they did."""

import itertools

import numpy as np
from scipy.stats import rankdata

from modzoo.errors import CallError

DECISIONS = ("gates",)
PICTURE = "gates"  # of what `explain` returns, in a run
INSPECTED = ("gates", "read")


def parts(model):
    """Names of the gate units: `"7"` is the gates of all tasks, `"ner:7"` that of one task."""
    units = range(model.backbone.task_gate.units)
    return [*map(str, units), *(f"{task}:{unit}" for task in model.tasks for unit in units)]


def switch_off(model, names):
    """Sets some gates of `parts` to 0 too."""
    known, gate = set(parts(model)), model.backbone.task_gate
    switched = list(gate.disabled)
    for name in names:
        if name not in known:
            raise CallError(
                f"The model has no gate {name!r} to disable; name a unit from 0 to "
                f"{gate.units - 1}, or TASK:UNIT with a task of: {', '.join(model.tasks)}."
            )
        task, colon, unit = name.rpartition(":")
        switched.append((model.tasks.index(task), int(unit)) if colon else int(unit))
    gate.disabled = switched


def explained(model, outputs):
    """What `explain` says beside the tags, of the decisions on one sentence's words."""
    gates = {task: rows.round(4).tolist() for task, rows in outputs["gates"].items()}
    return {"gates": gates, "gate_mode": model.backbone.gate_mode}


def inspected(model, decided, gold):
    """What `inspect` says beside the tags.

    Args:
        model: `Tagger`.
        decided: `{name of INSPECTED: {task: list of arrays (words, units)}}`.
        gold: `{task: list of tags, or None, along all words}`.

    Returns:
        Dictionary of

        - `"probes"`: `{task: {tag: {"unit", "auc", "words"}}}`, the unit that by itself tells
          the tag from the others best, as the task reads it, and the area under its ROC curve:
          0.5 is guessing, 1 knowing;
        - `"correlation"`: for two tasks `a`, `b` with learned gates `{"a, b": {"units": the
          Pearson correlation of their gates over the words unit by unit, "above": how many
          exceed 0.5, "below": how many are under -0.5}}`.
    """
    gates, read = (
        {task: np.concatenate(rows).astype("float64") for task, rows in decided[name].items()}
        for name in INSPECTED
    )
    pairs = itertools.combinations(model.tasks, 2) if model.backbone.gate_mode == "learned" else ()
    return {
        "probes": {task: probes(read[task], gold[task]) for task in gold},
        "correlation": {f"{a}, {b}": correlation(gates[a], gates[b]) for a, b in pairs},
    }


def correlation(a, b):
    """Pearson correlation of each column of `a` with that of `b`; 0 where one is constant."""
    a, b = a - a.mean(0), b - b.mean(0)
    spread = np.sqrt((a**2).sum(0) * (b**2).sum(0))
    units = np.divide((a * b).sum(0), spread, out=np.zeros(a.shape[1]), where=spread > 1e-12)
    return {
        "units": units.round(4).tolist(),
        "above": int((units > 0.5).sum()),
        "below": int((units < -0.5).sum()),
    }


def probes(units, gold):
    """For each tag the column of `units` that tells it from the others best."""
    known = np.array([tag is not None for tag in gold])
    ranks = rankdata(units[known], axis=0)
    gold = np.array(gold, dtype=object)[known]
    found = {}
    for tag in sorted(set(gold)):
        here = gold == tag
        n, others = int(here.sum()), int((~here).sum())
        if n and others:
            area = (ranks[here].sum(0) - n * (n + 1) / 2) / (n * others)
            area = np.maximum(area, 1 - area)
            unit = int(area.argmax())
            found[tag] = {"unit": unit, "auc": round(float(area[unit]), 4), "words": n}
    return found


def draw(record):
    """The picture of what `explain` returned."""
    from modzoo.plots import draw_gates

    return draw_gates(record)
