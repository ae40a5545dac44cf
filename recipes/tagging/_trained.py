"""What can be done with a trained tagger, whichever recipe trained it."""

import sys

import modzoo.applications.tagging as tagging

UNMAPPED = {
    "not_known": "tags the model does not know, counted as wrong",
    "not_in_data": "tags of the model that these sentences are not annotated with, taken as O",
}


def evaluate(model, sentences):
    """What a recipe's `evaluate` returns, of these sentences."""
    metrics, unmapped = tagging.evaluate(model, sentences)
    for task, missing in unmapped.items():
        for name, tags in missing.items():
            print(f"{task}: {UNMAPPED[name]}: {', '.join(tags)}", file=sys.stderr)
    notes = {"unmapped": unmapped} if unmapped else {}
    return sentences.split, len(sentences), metrics, notes


def save_metrics(run, config, train, figures):
    """Writes a training's figures, and the share of padding among its words."""
    from modzoo.training import padded_share

    *most, notes = figures
    share = padded_share(train, config.batch_size, config.seed)
    return run.save_metrics(*most, {**notes, "padded": round(share, 4)})


def disable(model, units):
    tagging.disable(model, units)


def predict(model, texts):
    return tagging.predict(model, texts)


def explain(model, text):
    from modzoo.explain import draw_gates

    record = tagging.explain(model, text)
    return record, draw_gates(record)


def save_plots(run, model, sentences, example):
    """The pictures of a run, and what they show as `inspection.json`."""
    from modzoo.explain import (
        draw_confusion,
        draw_gate_correlation,
        draw_history,
        draw_probes,
    )
    from modzoo.files import write_json

    run.save_plot("history", draw_history(run.history()))
    run.save_plot("gates", explain(model, example)[1])
    record = tagging.inspect(model, sentences)
    write_json(run.path / "inspection.json", record)
    for task, confusion in record["confusion"].items():
        run.save_plot(f"confusion_{task}", draw_confusion(task, confusion))
    for task, probes in record["probes"].items():
        run.save_plot(f"probes_{task}", draw_probes(task, probes))
    for pair, correlation in record["correlation"].items():
        name = "correlation_" + pair.replace(", ", "_")
        run.save_plot(name, draw_gate_correlation(pair, correlation))
