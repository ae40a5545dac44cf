"""What a fine-tuned `TIMBertClassifier` says of texts and pairs, and which mechanism read them."""

import numpy as np
from scipy import stats
from scipy.special import softmax
from sklearn import metrics

from modzoo.applications.interface import Predictions, require_words
from modzoo.applications.judged_texts import (
    BATCH_SIZE,
    class_judgement,
    class_numbers,
    cut_remarks,
    outputs_of,
)
from modzoo.applications.pretraining.inspection import require_competition, shares_in_text
from modzoo.errors import CallError
from modzoo.training import Evaluation, evaluation_batches, evaluation_order


def evaluate(model, examples):
    """Figures on labelled texts.

    Args:
        model: `TIMBertClassifier`.
        examples: `TextExamples`.

    Returns:
        `Evaluation`: of classes `accuracy`, and of two classes `f1`, of the second one, and
        `matthews`, the correlation; of scores `pearson` and `spearman`.
    """
    require_kind(model, examples)
    texts = evaluation_batches(examples, BATCH_SIZE).map(lambda text, label: text)
    outputs = np.asarray(model.predict(texts, verbose=0), "float64")
    order = evaluation_order(examples)
    if model.scores is None:
        figures = class_figures(class_numbers(model, examples)[order], outputs.argmax(-1))
        if model.num_classes > 2:
            figures = {"accuracy": figures["accuracy"]}
    else:
        figures = score_figures(examples.labels[order], outputs[:, 0])
    remarks = text_remarks(model, examples.texts)
    return Evaluation(examples.split, len(examples), figures, remarks=remarks)


def require_kind(model, examples):
    """Raises unless examples are labelled with what the model gives: classes or scores, of single
    texts or pairs."""
    for of, given, wanted in (
        ("scores", examples.scores is not None, model.scores is not None),
        ("pairs of texts", examples.pairs, model.preprocessor.pairs),
    ):
        if given != wanted:
            raise CallError(
                f"{examples.source} is {'' if given else 'not '}of {of}, and the model is "
                f"{'' if wanted else 'not '}of {of}."
            )


def class_figures(gold, predicted):
    """Accuracy; and of two classes, 0 and 1, F1 of 1 and the correlation of Matthews."""
    figures = {"accuracy": np.mean(gold == predicted)}
    if max(gold.max(), predicted.max()) < 2:
        figures["f1"] = metrics.f1_score(gold, predicted, zero_division=0)
        figures["matthews"] = metrics.matthews_corrcoef(gold, predicted)
    return {name: float(value) for name, value in figures.items()}


def score_figures(gold, predicted):
    """Correlations of Pearson and of Spearman; 0 where one side is constant."""
    if len(gold) < 2 or not (np.ptp(gold) and np.ptp(predicted)):
        return {"pearson": 0.0, "spearman": 0.0}
    return {
        "pearson": float(stats.pearsonr(gold, predicted).statistic),
        "spearman": float(stats.spearmanr(gold, predicted).statistic),
    }


def text_remarks(model, *texts):
    """Sentences on texts that are cut, or are no pair where one is wanted."""
    preprocessor = model.preprocessor
    remarks = cut_remarks(preprocessor, preprocessor.room, "word pieces", *texts)
    if not preprocessor.pairs:
        return remarks
    single = sum("\t" not in text for some in texts for text in some)
    if not single:
        return remarks
    return (
        *remarks,
        f"{single} of {sum(map(len, texts))} texts have no tab to divide a pair; their second text "
        "is taken as empty.",
    )


def predict(model, texts, options=None):
    """What the model says of texts; pairs have a tab between.

    Returns:
        `Predictions`, whose records are `{"input", "label", "scores": {label: probability}}`, or
        `{"input", "score"}`.
    """
    records = [
        {"input": text, **_judgement(model, row)}
        for text, row in zip(texts, outputs_of(model, texts), strict=True)
    ]
    return Predictions(records, [_line(r) for r in records], remarks=text_remarks(model, texts))


def _judgement(model, outputs):
    if model.scores is not None:
        return {"score": float(np.clip(outputs[0], *model.scores))}
    return class_judgement(softmax(outputs), model.labels)


def _line(record):
    if "score" in record:
        return f"{record['score']:.2f}  {record['input']}"
    return f"{record['label']}  {record['scores'][record['label']]:.3f}  {record['input']}"


def explain(model, text, options=None):
    """How the mechanisms shared each word piece of `text` between them.

    Returns a dictionary: `"input"`; the judgement, as `predict` gives it; `"tokens"`, word pieces;
    `"layers"`, those of competing mechanisms; `"competition"`, `[layer][token][mechanism]`; and
    `"repeated"`, as `modzoo.applications.pretraining.inspection.shares_in_text` has it.

    Raises:
        CallError: If no words are in the text, or no mechanisms that compete in the model.
    """
    require_competition(model)
    require_words(text.split(), text)
    (tokens,) = model.preprocessor.pieces([text])
    features = model.preprocessor(np.array([text], dtype=object))
    decided = model.decisions_model().predict_on_batch(features)
    competition, outputs = (np.asarray(decided[name])[0] for name in ("competition", "logits"))
    remarks = text_remarks(model, [text])
    return {
        "input": text,
        **_judgement(model, outputs),
        **shares_in_text(model, tokens, competition),
        **({"remarks": list(remarks)} if remarks else {}),
    }


def save_judging_plots(run, model, texts):
    """The pictures of a run, of the first of `texts` with a word in it."""
    from modzoo.plots import draw_history, draw_token_competition

    run.save_plot("history", draw_history(run.history()))
    example = next((text for text in texts if any(map(str.isalnum, text))), None)
    if example and model.mechanism_layers and model.backbone.competition:
        run.save_plot("competition", draw_token_competition(explain(model, example)))
