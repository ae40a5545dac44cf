"""What can be done with a trained sentiment model, whichever recipe trained it."""

import sys

import modzoo.applications.sentiment as sentiment


def evaluate(load, model, config, data, split, limit):
    """Evaluates on what `load`, one of the application's loaders, reads."""
    examples = load(data, split, config).limit(limit)
    metrics = sentiment.evaluate(model, examples, verbose=int(sys.stderr.isatty()))
    return examples.split, len(examples), metrics


def disable(model, modules):
    sentiment.disable(model, modules)


def predict(model, texts):
    return sentiment.predict(model, texts)


def explain(model, text):
    from modzoo.explain import draw_activity

    record = sentiment.explain(model, text)
    probability = record["scores"][record["label"]]
    return record, draw_activity(record, f"{record['label']}, {probability:.2f}")
