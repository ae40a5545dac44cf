"""Which mechanism took which word pieces: figure 4 of the paper."""

import itertools
from collections import Counter

import keras
import numpy as np

from modzoo.applications.pretraining.data import encode_passages
from modzoo.applications.pretraining.tokenizer import SPECIAL
from modzoo.errors import CallError

MOST_PASSAGES, MOST_ROWS, COMMON = 2000, 256, 16
BATCH_SIZE = 32
IN_NUMBER, ELSEWHERE = ". in a number", ". elsewhere"


def require_competition(model):
    """Raises unless mechanisms of the model compete."""
    if not model.mechanism_layers or not model.backbone.competition:
        raise CallError("The model has no mechanisms that compete: there is nothing to explain.")


def shares_in_text(model, tokens, competition):
    """The competition at the tokens of a text, the special ones at its ends left out.

    Args:
        model: A task over a `TIMBertBackbone` of competing mechanisms.
        tokens: List of word pieces.
        competition: Array `(time, layers, mechanisms)`, which may be longer.

    Returns:
        Dictionary of `"tokens"`, `"layers"`, `"competition"` and `"repeated"`, as `explain` has
        them.
    """
    ends = slice(1, len(tokens) - 1)
    tokens, c = tokens[ends], competition[ends].astype("float64")
    names = named(tokens)
    counts = Counter(names)
    kept = [n for n in counts if counts[n] > 1 or n in (IN_NUMBER, ELSEWHERE)]
    return {
        "tokens": tokens,
        "layers": model.mechanism_layers,
        "competition": c.transpose(1, 0, 2).round(4).tolist(),
        "repeated": _summaries(names, c, kept),
    }


def common_tokens(model, passages):
    """The competition at the tokens that are most frequent in running text.

    Args:
        model: A task over a `TIMBertBackbone` of competing mechanisms.
        passages: `modzoo.data.passages.Passages`, of which the beginning is read.

    Returns:
        Dictionary of `"layers"`; `"tokens"`: for the most frequent ones, and for full stops
        within numbers and elsewhere, how often they are there, and the least, mean and greatest
        competition, `[layer][mechanism]`; and `"correlation"`, of two layers' competition over all
        tokens, `[mechanism][layer][layer]`.
    """
    preprocessor = model.preprocessor
    tokenizer, length = preprocessor.tokenizer, preprocessor.sequence_length
    text = encode_passages(passages.limit(MOST_PASSAGES), tokenizer, length).limit(MOST_ROWS)
    decisions = model.backbone.decisions_model()
    names, shares = [], []
    rows = text.rows(np.arange(text.num_rows))
    for start in range(0, len(rows), BATCH_SIZE):
        batch = rows[start : start + BATCH_SIZE].astype("int32")
        features = {"token_ids": batch, "padding_mask": batch > 0}
        c = keras.ops.convert_to_numpy(decisions.predict_on_batch(features)["competition"])
        for row, of_row in zip(batch, c, strict=True):
            pieces = [tokenizer.id_to_token(i) for i in row.tolist()]
            names += named(pieces)
            shares.append(of_row)
    shares = np.concatenate(shares).astype("float64")
    counts = Counter(name for name in names if name not in SPECIAL)
    frequent = [n for n, _ in counts.most_common() if n not in (IN_NUMBER, ELSEWHERE)][:COMMON]
    stops = [name for name in (ELSEWHERE, IN_NUMBER) if counts[name]]
    return {
        "layers": model.mechanism_layers,
        "tokens": _summaries(names, shares, [*stops, *frequent]),
        "correlation": _correlation(shares[[name not in SPECIAL for name in names]]),
    }


def _correlation(competition):
    """Between layers, of each mechanism's share `(places, layers, mechanisms)`; 0 where one is
    constant."""
    c = competition - competition.mean(axis=0)
    c = c / np.maximum(np.linalg.norm(c, axis=0), 1e-9)
    return np.einsum("tim,tjm->mij", c, c).round(4).tolist()


def named(tokens):
    """The tokens' names: of full stops also whether they stand within a number."""
    around = zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False)
    return [
        (IN_NUMBER if _is_number(before) and _is_number(after) else ELSEWHERE)
        if token == "."
        else token
        for before, token, after in around
    ]


def _is_number(piece):
    return piece.removeprefix("##").isdecimal()


def _summaries(names, competition, kept):
    """`{name: {"count", "min", "mean", "max"}}` over the places of those names."""
    places = {name: [] for name in kept}
    for place, name in enumerate(itertools.islice(names, len(competition))):
        if name in places:
            places[name].append(place)
    return {
        name: {
            "count": len(found),
            "min": competition[found].min(axis=0).round(4).tolist(),
            "mean": competition[found].mean(axis=0).round(4).tolist(),
            "max": competition[found].max(axis=0).round(4).tolist(),
        }
        for name, found in places.items()
    }
