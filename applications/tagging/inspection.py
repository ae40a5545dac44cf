"""What the gates and the units of a trained tagger are about, over many sentences."""

import itertools

import numpy as np
from scipy.stats import rankdata

from modzoo.applications.tagging.inference import draw, explain, in_pieces, model_outputs

MAX_WORDS = 20000


def inspect(model, sentences):
    """Reads `MAX_WORDS` words or fewer of tagged sentences.

    Returns a dictionary of

    - `"words"`: their number;
    - `"confusion"`: `{task: {"labels", "counts"}}`, rows are gold tags, columns predicted ones;
    - `"probes"`: `{task: {tag: {"unit", "auc", "words"}}}`, the unit that by itself tells the
      tag from the others best, as the task reads it, and the area under its ROC curve: 0.5
      is guessing, 1 knowing;
    - `"correlation"`: for two tasks `a`, `b` with learned gates `{"a, b": {"units": the Pearson
      correlation of their gates over the words unit by unit, "above": how many exceed 0.5,
      "below": how many are under -0.5}}`.
    """
    lengths = np.cumsum([len(tokens) for tokens in sentences.tokens])
    sentences = sentences.limit(max(1, int(np.searchsorted(lengths, MAX_WORDS))))
    sentences = in_pieces(model, sentences)
    tasks = [task for task in model.tasks if task in sentences.tags]
    gates, gated, best, gold = ({task: [] for task in model.tasks} for _ in range(4))
    for places, outputs in model_outputs(model, sentences.tokens, "logits", "gates", "gated"):
        for row, place in enumerate(places):
            words = len(sentences.tokens[place])
            for task in model.tasks:
                gates[task].append(outputs["gates"][task][row, :words])
                gated[task].append(outputs["gated"][task][row, :words])
                best[task].append(outputs["logits"][task][row, :words].argmax(-1))
                tags = sentences.tags[task][place] if task in tasks else None
                gold[task] += [None] * words if tags is None else tags
    gates, gated, best = (
        {task: np.concatenate(rows).astype("float64") for task, rows in each.items()}
        for each in (gates, gated, best)
    )
    pairs = itertools.combinations(model.tasks, 2) if model.backbone.gate_mode == "learned" else ()
    return {
        "words": len(gold[model.tasks[0]]),
        "confusion": {t: _confusion(gold[t], best[t].astype(int), model.labels[t]) for t in tasks},
        "probes": {t: probes(gated[t], gold[t]) for t in tasks},
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


def _confusion(gold, best, labels):
    places = {name: i for i, name in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), int)
    for tag, column in zip(gold, best, strict=True):
        if tag in places:
            counts[places[tag], column] += 1
    return {"labels": labels, "counts": counts.tolist()}


def save_plots(run, model, sentences, example):
    """The pictures of a run, and what they show as `inspection.json`.

    Args:
        run: The `Run`.
        model: `Tagger`.
        sentences: `TaggedSentences` to inspect.
        example: The text of which they show the gates.
    """
    from modzoo.plots import draw_confusion, draw_gate_correlation, draw_history, draw_probes

    run.save_plot("history", draw_history(run.history()))
    run.save_plot("gates", draw(explain(model, example)))
    record = inspect(model, sentences)
    run.save_record("inspection", record)
    for task, confusion in record["confusion"].items():
        run.save_plot(f"confusion_{task}", draw_confusion(task, confusion))
    for task, probes_of_task in record["probes"].items():
        run.save_plot(f"probes_{task}", draw_probes(task, probes_of_task))
    for pair, figures in record["correlation"].items():
        name = "correlation_" + pair.replace(", ", "_")
        run.save_plot(name, draw_gate_correlation(pair, figures))
