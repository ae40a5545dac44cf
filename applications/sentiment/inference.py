"""What a trained classifier says of raw text, and why."""

import keras
import numpy as np
import tensorflow as tf
from scipy.special import softmax
from sklearn.metrics import accuracy_score, recall_score

from modzoo.applications.sentiment.sources import class_scores
from modzoo.errors import CallError
from modzoo.training import evaluation_batches


def disable(model, sources):
    """Switches off the modules of `sources`, in a model that has not been called yet.

    A module that is off is never active and no other reads from it; the rest compete for the
    active places. Activity shows when a module works, this what its work is worth.
    """
    known = [source.name for source in model.backbone.sources]
    for source in sources:
        if source not in known:
            raise CallError(
                f"The model has no module {source!r} to disable; it has: {', '.join(known)}."
            )
    if set(sources) == set(known):
        raise CallError("At least one module must stay enabled.")
    model.backbone.rim.disabled = [known.index(source) for source in sources]


def evaluate(model, examples, verbose=0):
    """Figures on labelled examples, `{name: value}`.

    `accuracy` and `macro_recall`, the mean of the classes' recalls; where the classes are
    scores also `cosine`, between the gold scores and the means of the predicted ones.
    """
    places = [_place(model, name, examples) for name in examples.label_names]
    batches, order = evaluation_batches(examples)
    logits = model.predict(batches.map(lambda text, label: text), verbose=verbose)
    gold = np.array(places)[examples.labels[order]]
    predicted = np.argmax(logits, axis=-1)
    recalls = recall_score(gold, predicted, labels=np.unique(gold), average="macro")
    metrics = {"accuracy": accuracy_score(gold, predicted), "macro_recall": recalls}
    scores = class_scores(model.labels)
    if scores is not None:
        means = softmax(logits, axis=-1) @ scores
        norms = np.linalg.norm(scores[gold]) * np.linalg.norm(means)
        metrics["cosine"] = scores[gold] @ means / norms if norms else 0.0
    return {name: float(value) for name, value in metrics.items()}


def _place(model, label, examples):
    if label not in model.labels:
        raise CallError(
            f"{examples.source} has the label {label!r}, which the model does not know; its "
            f"classes are {', '.join(model.labels)}."
        )
    return model.labels.index(label)


def predict(model, texts):
    """For each text `{"input", "label", "scores": {label: probability}}`; where the classes are
    scores also `"score"`, their mean."""
    probabilities = softmax(model.predict(np.array(texts, dtype=object), verbose=0), axis=-1)
    return [
        {"input": text, **_judgement(row, model.labels)}
        for text, row in zip(texts, probabilities, strict=True)
    ]


def explain(model, text):
    """Which module read which token of `text`.

    Returns a dictionary: the input, the judgement as `predict` gives it; `"tokens"`;
    `"modules"`, named after their sources; `"active"` and `"attention"`, for each module a
    list along the tokens; `"pooling"`, the weight of each token's state in the judgement;
    and `"annotations"`, `{source: list}` of scores, None where a lexicon does not know a token,
    and of parts of speech.
    """
    preprocessor = model.preprocessor
    features = preprocessor(np.array([text], dtype=object))
    decisions = {
        name: keras.ops.convert_to_numpy(value)[0].astype("float64")
        for name, value in model.decisions_model()(features, training=False).items()
    }
    (tokens,) = preprocessor.words([text])
    time = len(tokens)
    words = preprocessor.split(tf.constant([text]))
    annotations = {}
    for source in preprocessor.tokenizer.sources:
        described = source.describe(words)
        if described is not None:
            annotations[source.name] = described[0][:time]
    return {
        "input": text,
        **_judgement(softmax(decisions["logits"]), model.labels),
        "tokens": tokens,
        "modules": [source.name for source in model.backbone.sources],
        "active": [[bool(x) for x in row] for row in decisions["activity"][:time].T],
        "attention": [[round(float(x), 4) for x in row] for row in decisions["attention"][:time].T],
        "pooling": [round(float(x), 4) for x in decisions["pooling"][:time]],
        "annotations": annotations,
    }


def _judgement(probabilities, labels):
    judgement = {
        "label": labels[int(np.argmax(probabilities))],
        "scores": {name: float(p) for name, p in zip(labels, probabilities, strict=True)},
    }
    scores = class_scores(labels)
    return judgement if scores is None else {**judgement, "score": float(probabilities @ scores)}
