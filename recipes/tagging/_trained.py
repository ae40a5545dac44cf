"""What can be done with a trained tagger, whichever recipe trained it."""

import modzoo.applications.tagging as tagging


def evaluate(model, sentences):
    """What a recipe's `evaluate` returns, of these sentences."""
    metrics, unmapped = tagging.evaluate(model, sentences)
    notes = {"unmapped": unmapped} if unmapped else {}
    return sentences.split, len(sentences), metrics, notes


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
