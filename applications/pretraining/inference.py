"""What a masked language model puts in the places of `[MASK]`, and which mechanism read what."""

import keras
import keras_hub
import numpy as np
import tensorflow as tf
from scipy.special import softmax

from modzoo.applications.interface import Predictions, require_words
from modzoo.applications.judged_texts import cut_remarks
from modzoo.applications.pretraining.data import encode_passages
from modzoo.applications.pretraining.inspection import (
    common_tokens,
    require_competition,
    shares_in_text,
)
from modzoo.applications.pretraining.settings import Options
from modzoo.applications.pretraining.tokenizer import SPECIAL
from modzoo.errors import CallError
from modzoo.training import Evaluation, evaluation_batches

BATCH_SIZE = 32
MASK = "[MASK]"
UNKNOWN = SPECIAL.index("[UNK]")


def evaluate(model, passages):
    """Figures on running text, of which every word piece is hidden once.

    Args:
        model: `TIMBertMaskedLM`.
        passages: `modzoo.data.passages.Passages`.

    Returns:
        `Evaluation` with `perplexity`, of a hidden word piece, and `accuracy`, the share of those
        whose likeliest filling is right; its `notes` say how many `word_pieces` there are, its
        `remarks` how many the vocabulary has not.

    Raises:
        CallError: If the vocabulary has no word piece of the text.
    """
    preprocessor = model.preprocessor
    text = encode_passages(passages, preprocessor.tokenizer, preprocessor.sequence_length)
    remarks = _remarks_on_unknown(text, passages.source)
    measures = [
        keras_hub.metrics.Perplexity(from_logits=True, mask_token_id=0, name="perplexity"),
        keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
    ]
    count = 0
    for features, hidden, weights in evaluation_batches(text.in_turns(), BATCH_SIZE):
        logits = model.predict_on_batch(_arrays(features))
        hidden, weights = hidden.numpy(), weights.numpy()
        count += int(weights.sum())
        for measure in measures:
            measure.update_state(hidden, logits, weights)
    metrics = {measure.name: float(measure.result()) for measure in measures}
    notes = {"word_pieces": count}
    return Evaluation(passages.split, len(passages), metrics, notes=notes, remarks=remarks)


def _remarks_on_unknown(text, source):
    """A sentence on the word pieces of `EncodedText` that are `[UNK]`; raises if no others are."""
    frequencies = text.frequencies()
    known, unknown = int(frequencies[len(SPECIAL) :].sum()), int(frequencies[UNKNOWN])
    if not known:
        raise CallError(
            f"The model's vocabulary has none of the word pieces of {source}, so that there is no "
            "perplexity of it; give text in the language that it was trained on."
        )
    if not unknown:
        return ()
    return (
        f"{unknown:,} of {known + unknown:,} word pieces are unknown, [UNK], and are left out of "
        "the figures.",
    )


def _arrays(features):
    return {name: tensor.numpy() for name, tensor in features.items()}


def predict(model, texts, options=Options()):
    """What stands in the places of `[MASK]`.

    Args:
        model: `TIMBertMaskedLM`.
        texts: List of strings.
        options: `Options`.

    Returns:
        `Predictions`, whose records are `{"input", "text", "fillings"}`: the text with the
        likeliest fillings in it; and for each `[MASK]` that was read a dictionary of the
        `options.top` likeliest word pieces and their probabilities.
    """
    records = [None] * len(texts)
    order = np.argsort([len(text) for text in texts], kind="stable")
    for start in range(0, len(texts), BATCH_SIZE):
        places = order[start : start + BATCH_SIZE]
        fillings = _fillings(model, [texts[i] for i in places], options.top)
        for place, found in zip(places, fillings, strict=True):
            text = texts[place]
            records[place] = {"input": text, "text": _filled(text, found), "fillings": found}
    lines = [_line(record) for record in records]
    return Predictions(records, lines, remarks=_remarks(model, texts))


def _remarks(model, texts):
    return cut_remarks(model.preprocessor, model.preprocessor.room, "word pieces", texts)


def _fillings(model, texts, top):
    """For each text the likeliest fillings of its masks, a list of dictionaries."""
    features = _arrays(model.preprocessor.features(tf.constant(texts, tf.string)))
    return fillings_of(model, features, model.predict_on_batch(features), top)


def fillings_of(model, features, logits, top):
    """The likeliest word pieces by logits, `(batch, masks, vocabulary)`, at the masks that there
    are: for each text a list of dictionaries."""
    tokenizer = model.preprocessor.tokenizer
    logits = keras.ops.convert_to_numpy(logits).astype("float64")
    logits[..., : len(SPECIAL)] = -np.inf
    probabilities = softmax(logits, axis=-1)
    best = (-probabilities).argsort(axis=-1, kind="stable")[..., :top]
    counts = (features["token_ids"] == tokenizer.mask_token_id).sum(axis=1)
    return [
        [
            {tokenizer.id_to_token(i): round(float(row[i]), 6) for i in pieces.tolist()}
            for row, pieces in zip(rows[:count], found[:count], strict=True)
        ]
        for rows, found, count in zip(probabilities, best, counts, strict=True)
    ]


def _filled(text, fillings):
    """The text with the likeliest pieces in it; one that continues a word is joined to it."""
    parts = text.split(MASK)
    whole = parts[0]
    for i, part in enumerate(parts[1:]):
        piece = next(iter(fillings[i])) if i < len(fillings) else MASK
        if piece.startswith("##"):
            whole, piece = whole.rstrip(" "), piece[2:]
        whole += piece + part
    return whole


def _line(record):
    if not record["fillings"]:
        return f"no {MASK} was read  {record['input']}"
    said = (
        ", ".join(f"{piece} {share:.3f}" for piece, share in found.items())
        for found in record["fillings"]
    )
    return f"{'; '.join(said)}  {record['input']}"


def explain(model, text, options=Options()):
    """Which mechanism took which word piece of `text`.

    Returns a dictionary: `"input"`; `"tokens"`, word pieces; `"layers"`, those of competing
    mechanisms; `"competition"`, `[layer][token][mechanism]`; `"repeated"`, of tokens that stand
    there several times, and of full stops within numbers and elsewhere, how often, and the least,
    mean and greatest competition, `[layer][mechanism]`; and `"fillings"`, as `predict` has them.

    Raises:
        CallError: If no words are in the text, or no mechanisms in the model.
    """
    require_competition(model)
    (tokens,) = model.preprocessor.pieces([text])
    require_words(tokens[1:-1], text)
    features = _arrays(model.preprocessor.features(tf.constant([text])))
    decided = model.decisions_model().predict_on_batch(features)
    remarks = _remarks(model, [text])
    return {
        "input": text,
        **shares_in_text(model, tokens, keras.ops.convert_to_numpy(decided["competition"])[0]),
        "fillings": fillings_of(model, features, decided["logits"], options.top)[0],
        **({"remarks": list(remarks)} if remarks else {}),
    }


def draw(record):
    """The picture of what `explain` returned."""
    from modzoo.plots import draw_token_competition

    return draw_token_competition(record)


def save_plots(run, model, passages):
    """The pictures of a run, and of the common tokens of `passages` also `inspection.json`."""
    from modzoo.applications.pretraining import EXAMPLE
    from modzoo.plots import draw_common_tokens, draw_history

    run.save_plot("history", draw_history(run.history()))
    if not model.mechanism_layers or not model.backbone.competition:
        return
    run.save_plot("competition", draw(explain(model, EXAMPLE)))
    record = common_tokens(model, passages)
    run.save_record("inspection", record)
    run.save_plot("tokens", draw_common_tokens(record))
