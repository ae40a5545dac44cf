"""What a trained classifier says of raw text, and why."""

import keras
import numpy as np
import tensorflow as tf
from scipy.special import softmax

from modzoo.applications import judged_texts
from modzoo.applications.annotated_texts.settings import Options
from modzoo.applications.interface import Predictions, copy_of, require_words
from modzoo.applications.judged_texts import BATCH_SIZE, class_judgement, class_numbers, outputs_of
from modzoo.errors import CallError
from modzoo.training import Evaluation, evaluation_batches, evaluation_order


def parts(model):
    """Names of the modules, which are those of their sources."""
    return [source.name for source in model.backbone.sources]


def without(model, names):
    """The model with the modules of some sources switched off too; `model` stays as it is.

    A module that is off is never active and no other reads from it; the rest compete for the
    active places. Activity shows when a module works, this what its work is worth.
    """
    known = parts(model)
    for name in names:
        if name not in known:
            raise CallError(
                f"The model has no module {name!r} to disable; it has: {', '.join(known)}."
            )
    off = {*model.backbone.rim.disabled, *map(known.index, names)}
    if len(off) == len(known):
        raise CallError("At least one module must stay enabled.")
    copy = copy_of(model)
    copy.backbone.rim.disabled = off
    return copy


def evaluate(model, examples, measures):
    """Figures on labelled texts.

    Args:
        model: `AnnotatedTextClassifier`.
        examples: `TextExamples` of classes that the model knows.
        measures: List of `keras.metrics.Metric` of classes and logits.

    Returns:
        `Evaluation` with a metric for each of the measures, under its name.
    """
    gold = class_numbers(model, examples)[evaluation_order(examples)]
    texts = evaluation_batches(examples, BATCH_SIZE).map(lambda text, label: text)
    logits = model.predict(texts, verbose=0)
    for measure in measures:
        measure.update_state(gold, logits)
    metrics = {measure.name: float(measure.result()) for measure in measures}
    remarks = cut_remarks(model, examples.texts)
    return Evaluation(examples.split, len(examples), metrics, remarks=remarks)


def cut_remarks(model, *texts):
    """Sentences that say how many of some lists of texts are cut at the preprocessor's length."""
    return judged_texts.cut_remarks(model, "words", *texts)


def predict(model, texts, options=Options()):
    """What the model says of texts.

    Args:
        model: `AnnotatedTextClassifier`.
        texts: List of strings.
        options: `Options`.

    Returns:
        `Predictions`, whose records are `{"input", "label", "scores": {label: probability}}`;
        where the classes are scores also `"score"`, their mean.
    """
    probabilities = softmax(outputs_of(model, texts), axis=-1)
    records = [
        {"input": text, **_judgement(row, model)}
        for text, row in zip(texts, probabilities, strict=True)
    ]
    lines = [_line(record) for record in records]
    return Predictions(records, lines, remarks=cut_remarks(model, texts))


def _line(record):
    line = f"{record['label']}  {record['scores'][record['label']]:.3f}"
    if "score" in record:
        line += f"  mean {record['score']:+.2f}"
    return f"{line}  {record['input']}"


def explain(model, text, options=Options()):
    """Which module read which token of `text`.

    Returns a dictionary: the input, the judgement as `predict` gives it; `"tokens"`;
    `"modules"`, named after their sources; `"active"` and `"attention"`, for each module a
    list along the tokens; `"pooling"`, the weight of each token's state in the judgement;
    and `"annotations"`, `{source: list}` of scores, None where a lexicon does not know a token,
    of terms, and of parts of speech. If there is `"says_none"`, it names the gazetteers whose
    modules read a vector of its own where no term covers a word.

    Raises:
        CallError: If there are no words in `text`.
    """
    preprocessor = model.preprocessor
    (tokens,) = preprocessor.words([text])
    require_words(tokens, text)
    features = preprocessor(np.array([text], dtype=object))
    decisions = {
        name: keras.ops.convert_to_numpy(value)[0].astype("float64")
        for name, value in model.decisions_model().predict_on_batch(features).items()
    }
    remarks = cut_remarks(model, [text])
    time = len(tokens)
    words = preprocessor.split(tf.constant([text]))
    backbone = model.backbone
    categories = [source.name for source in backbone.sources if source.is_category]
    says_none = categories if not backbone.zero_none else []
    said = {source.name: source.describe(words) for source in preprocessor.tokenizer.sources}
    return {
        "input": text,
        **_judgement(softmax(decisions["logits"]), model),
        "tokens": tokens,
        "modules": parts(model),
        "active": [[bool(x) for x in row] for row in decisions["activity"][:time].T],
        "attention": [[round(float(x), 4) for x in row] for row in decisions["attention"][:time].T],
        "pooling": [round(float(x), 4) for x in decisions["pooling"][:time]],
        "annotations": {name: rows[0][:time] for name, rows in said.items() if rows is not None},
        **({"says_none": says_none} if says_none else {}),
        **({"remarks": list(remarks)} if remarks else {}),
    }


def draw(record):
    """The picture of what `explain` returned."""
    from modzoo.plots import draw_activity

    probability = record["scores"][record["label"]]
    verdict = f"Verdict: {record['label']}, probability {probability:.2f}"
    if "score" in record:
        verdict += f", mean score {record['score']:+.2f}"
    return draw_activity(record, verdict)


def save_plots(run, model, example):
    """The pictures of a run; `example`: the text of which they show the modules at work."""
    from modzoo.plots import draw_history

    run.save_plot("history", draw_history(run.history()))
    run.save_plot("modules", draw(explain(model, example)))


def _judgement(probabilities, model):
    judgement = class_judgement(probabilities, model.labels)
    scores = model.class_scores
    return judgement if scores is None else {**judgement, "score": float(probabilities @ scores)}
