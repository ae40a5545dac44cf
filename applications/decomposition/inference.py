"""What the modules of a monolith say of raw text, and which units they have."""

import numpy as np
from scipy.special import expit

from modzoo.applications.decomposition.asking import (
    cut_remarks,
    margins,
    network_says,
    parts,
    rows_of,
    tokens_of,
    units_of,
)
from modzoo.applications.decomposition.settings import Options
from modzoo.applications.decomposition.translating import explain_translation, predict_translations
from modzoo.applications.interface import Predictions, copy_of, require_words
from modzoo.errors import CallError, some_of

UNDECOMPOSED = (
    "The model is not taken apart yet, so it has no modules; modzoo decompose MODEL --data DIR "
    "--out DIR makes them."
)


def without(model, names):
    """The model without the modules of some labels too, which it then never says; `model` stays
    as it is."""
    known = parts(model)
    for name in names:
        if name not in known:
            has = some_of(known, 20) or "none"
            raise CallError(f"The model has no module {name!r} to disable; it has: {has}.")
    off = [label for label in known if label in {*model.disabled, *names}]
    if known and len(off) == len(known):
        raise CallError("At least one module must stay enabled.")
    copy = copy_of(model)
    copy.disabled = off
    return copy


def predict(model, texts, options=Options()):
    """What the modules say of texts.

    Args:
        model: `Monolith`; one that is not taken apart answers itself.
        texts: List of strings.
        options: `Options`.

    Returns:
        `Predictions`, whose records are `{"input", "label", "scores": {label: p}}`, p the
        probability that its module says yes; of any number of labels `"labels"`, a list; of tags
        `"tokens"` and `"tags"`; of translations `"translation"`, that of the surest module,
        `"into"`, its language, and `"scores"`, how sure each is (see `sureness`).
    """
    if not texts:
        return Predictions([], [])
    if model.kind == "translations":
        return predict_translations(model, texts)
    rows, counts = rows_of(model, texts)
    scores, probabilities = _answers(model, rows)
    starts = np.cumsum([0, *counts])
    records = []
    for text, start, end in zip(texts, starts, starts[1:], strict=False):
        own = _record(model, text, scores[start:end], probabilities[start:end])
        records.append({"input": text, **own})
    lines = [_line(record) for record in records]
    return Predictions(records, lines, remarks=cut_remarks(model, texts))


def _answers(model, x):
    """Scores, of which the greatest is said or, of any number of labels, those above 0; and the
    probabilities."""
    if model.module_masks is None:
        probabilities = network_says(model, x)
        return probabilities - 0.5, probabilities
    found = margins(model, x)
    return found, expit(found)


def _record(model, text, scores, probabilities):
    """The answer for one text, of the rows it is in."""
    labels = model.labels
    if model.kind == "tags":
        tokens = tokens_of(model, text)
        tags = scores.reshape(-1, len(labels)).argmax(-1)[: len(tokens)]
        return {"tokens": tokens, "tags": [labels[i] for i in tags]}
    said = {"scores": {name: float(p) for name, p in zip(labels, probabilities[0], strict=True)}}
    if model.kind == "classes":
        return {"label": labels[int(scores[0].argmax())], **said}
    return {"labels": [labels[i] for i in np.flatnonzero(scores[0] > 0)], **said}


def _line(record):
    if "tags" in record:
        pairs = zip(record["tokens"], record["tags"], strict=True)
        return " ".join(f"{word}/{tag}" for word, tag in pairs)
    if "labels" in record:
        return f"{', '.join(record['labels']) or '-'}  {record['input']}"
    return f"{record['label']}  {record['scores'][record['label']]:.3f}  {record['input']}"


def explain(model, text, options=Options()):
    """Which modules said yes to a text, and which units each has.

    Args:
        model: `Monolith` that is taken apart.
        text: String; of one that is to be tagged, the first `sequence_length` words.
        options: `Options`.

    Returns a dictionary: `"input"`; the answer as `predict` gives it; `"modules"`, their labels;
    `"words"`, those of the text as the network reads them; `"yes"`, a row for the text, or for each
    word that is tagged, of each module's probability of yes; and `"units"`, `{layer:
    [unit][module]}`, the share of the steps at which the module has the unit. Of translations
    `"yes"` has a row for each word that is written, how sure each module was of its own, and
    `"written"` has these words.

    Raises:
        CallError: If the model has no modules, or the text no words.
    """
    if model.module_masks is None:
        raise CallError(UNDECOMPOSED)
    tokens = tokens_of(model, text)
    require_words(tokens, text)
    if model.kind == "translations":
        return explain_translation(model, text)
    rows, _ = rows_of(model, [text])
    scores, probabilities = _answers(model, rows)
    said = _record(model, text, scores, probabilities)
    labels = model.module_labels
    places = [model.labels.index(label) for label in labels]
    yes = probabilities[0][..., places].reshape(-1, len(labels))[: len(tokens)]
    remarks = cut_remarks(model, [text])
    return {
        "input": text,
        **said,
        "modules": labels,
        "words": tokens[: model.sequence_length],
        "yes": np.round(yes, 4).tolist(),
        "units": units_of(model),
        **({"remarks": list(remarks)} if remarks else {}),
    }


def draw(record):
    """The picture of what `explain` returned."""
    from modzoo.plots import draw_modules

    rows, written = ["the text"], record.get("written")
    if written:
        rows = [f"word {i + 1}" for i in range(len(written))]
    elif "tags" in record:
        rows = record["words"]
    return draw_modules(record["modules"], rows, record["yes"], record["units"], written)


def save_plots(run, model, texts):
    """The pictures of a run; the first of `texts` that has words shows the modules at work."""
    from modzoo.plots import draw_history

    run.save_plot("history", draw_history(run.history()))
    example = next((text for text in texts if tokens_of(model, text)), None)
    if example is None:
        run.say(["No text of the test has words, so no picture of the modules is drawn."])
        return
    run.save_plot("modules", draw(explain(model, example)))
