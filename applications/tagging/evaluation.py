import warnings

import numpy as np
import sklearn.metrics
from seqeval.metrics import f1_score

from modzoo.applications.tagging.inference import cut_remarks, predict_tags
from modzoo.applications.tagging.tag_maps import are_spans, comparable
from modzoo.errors import CallError, some_of
from modzoo.training import Evaluation

UNMAPPED = {
    "not_known": "tags the model does not know, counted as wrong",
    "not_in_data": "tags of the model that these sentences are not annotated with, taken as O",
}


def evaluate(model, sentences):
    """Figures on tagged sentences, of those tasks that both have.

    Args:
        model: `Tagger`.
        sentences: `TaggedSentences`.

    Returns:
        `Evaluation`. `<task>_accuracy` is the share of words with the right tag; where some
        gold tags have no counterpart in the model such words count as wrong, and
        `<task>_accuracy_mapped` leaves them out. `<task>_f1`, for spans in IOB2, is the
        micro-averaged F1 of whole entities (seqeval's default mode). The note `"unmapped"` names
        what could not be compared: for each task the tags `"not_known"` to the model and those
        `"not_in_data"`. Figures of the sentences' primary task, if there is one, go without its
        name; `macro_f1`, the mean of the F1 of the tags that occur, is of it alone.
    """
    tasks = [task for task in model.tasks if task in sentences.tags]
    if not tasks:
        raise CallError(
            f"The model tags {', '.join(model.tasks)}; {sentences.source} has only: "
            f"{some_of(sentences.tasks)}."
        )
    predicted = predict_tags(model, sentences.tokens)
    metrics, unmapped = {}, {}
    for task in tasks:
        tagged = [i for i, tags in enumerate(sentences.tags[task]) if tags is not None]
        figures, missing = score(
            [sentences.tags[task][i] for i in tagged],
            [predicted[task][i] for i in tagged],
            model.labels[task],
            macro=task == sentences.primary,
        )
        prefix = "" if task == sentences.primary else f"{task}_"
        metrics |= {f"{prefix}{name}": value for name, value in figures.items()}
        if missing:
            unmapped[task] = missing
    remarks = cut_remarks(model, sentences.tokens) + tuple(
        f"{task}: {UNMAPPED[name]}: {some_of(tags)}"
        for task, missing in unmapped.items()
        for name, tags in missing.items()
    )
    notes = {"unmapped": unmapped} if unmapped else {}
    return Evaluation(sentences.split, len(sentences), metrics, notes, remarks)


def score(gold, predicted, known, macro=False):
    """Figures of one task, `{name: value}`, and the tags without a counterpart.

    Args:
        gold: List of one list of tags for each sentence.
        predicted: The same.
        known: The tags that may be predicted.
        macro: Whether to add the mean of the tags' F1.
    """
    labels = {tag for tags in gold for tag in tags}
    gold, predicted, not_known, not_in_data = comparable(gold, predicted, known, labels)
    flat = [tag for tags in gold for tag in tags]
    right = np.array(flat, dtype=object) == np.array(
        [tag for tags in predicted for tag in tags], dtype=object
    )
    figures = {"accuracy": float(np.mean(right)) if flat else float("nan")}
    if not_known:
        mapped = np.array([tag is not None for tag in flat])
        figures["accuracy_mapped"] = float(np.mean(right[mapped])) if mapped.any() else 0.0
    if macro:
        names, found = (
            np.array([str(tag) for row in rows for tag in row]) for rows in (gold, predicted)
        )
        figures["macro_f1"] = float(
            sklearn.metrics.f1_score(
                names, found, labels=np.unique(names), average="macro", zero_division=0
            )
        )
    if are_spans(labels):
        gold = [["O" if tag is None else tag for tag in tags] for tags in gold]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what no sentence has
            figures["f1"] = float(f1_score(gold, predicted, zero_division=0))
    missing = {"not_known": not_known, "not_in_data": not_in_data}
    return figures, {name: tags for name, tags in missing.items() if tags}
