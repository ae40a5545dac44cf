"""The knowledge sources a sentiment model can read, by their names on the command line."""

import logging
from pathlib import Path

import numpy as np

from modzoo.errors import CallError
from modzoo.knowledge.lexicon import load_lexicon
from modzoo.training import preset_folder

LOGGER = logging.getLogger("modzoo")

TAG_SOURCE = "pos.npz"

LEXICA = ("afinn", "mpqa", "nrc", "opinion", "vader", "pmi")
# Width of a source's annotation of one token: a lexicon's are score and presence, a part of
# speech's is its vector. (The tokens' is the embedding's.)
ANNOTATION_DIMS = {**dict.fromkeys(LEXICA, 2), "pos": 20}
SOURCES = ("token", *ANNOTATION_DIMS)


def check_sources(sources, num_active=None):
    """Raises unless `sources` are known, distinct and include the tokens, and so many modules,
    one for each source, can be active."""
    for source in sources:
        if source not in SOURCES:
            raise CallError(f"There is no source {source!r}; there is: {', '.join(SOURCES)}.")
    if len(set(sources)) != len(sources) or "token" not in sources:
        raise CallError(
            "The sources must be distinct and include the tokens, as in token,afinn; "
            f"received {','.join(sources)!r}."
        )
    if num_active is not None and not 1 <= num_active <= len(sources):
        raise CallError(
            "Between 1 and all modules can be active, and each source has one; received "
            f"num_active={num_active}, num_modules={len(sources)}."
        )


def load_lexica(sources, folder=None, examples=None, style="reviews"):
    """The lexica among `sources`, as a list of `modzoo.knowledge.Lexicon`.

    Args:
        sources: Names of sources; those that are no lexica are passed over.
        folder: Folder of published lexica. Default: those that packages carry.
        examples: `TextExamples` that `"pmi"` is learned from.
        style: How their texts are split into words, `"reviews"` or `"tweets"`.

    What is odd in a lexicon's file is logged, with the line, as warnings of `modzoo`.
    """
    lexica = [
        _learn_pmi(examples, style) if name == "pmi" else load_lexicon(name, folder)
        for name in sources
        if name in LEXICA
    ]
    for lexicon in lexica:
        for remark in lexicon.remarks:
            LOGGER.warning(remark)
    return lexica


def load_tag_source(sources):
    """The tagger among `sources`, the one that comes with the preset `tagging_pos_ner`, or None."""
    if "pos" not in sources:
        return None
    from modzoo.applications.tagging import TagSource

    return TagSource.load(Path(preset_folder("tagging_pos_ner"), TAG_SOURCE))


def _learn_pmi(examples, style):
    from modzoo.knowledge import learn_pmi_lexicon, normal_words

    if examples is None:
        raise CallError("The source pmi is learned from labelled texts; give examples.")
    positive, negative = _poles(examples.label_names)
    return learn_pmi_lexicon(
        examples.texts,
        examples.labels,
        positive,
        negative,
        lambda texts: normal_words(texts, style),
    )


def _poles(label_names):
    """Indices of the positive and of the negative classes."""
    scores = _numbers(label_names)
    if scores is None:
        known = {"negative": -1, "positive": 1}
        scores = np.array([known.get(name.lower(), 0) for name in label_names])
    else:
        scores = scores - (scores.min() + scores.max()) / 2
    poles = np.flatnonzero(scores > 0).tolist(), np.flatnonzero(scores < 0).tolist()
    if not all(poles):
        raise CallError(
            "The source pmi needs positive and negative classes, by name or by number; "
            f"the classes are {', '.join(label_names)}."
        )
    return poles


def class_scores(label_names):
    """The classes' scores, an array, where their names are at least three numbers, else None."""
    scores = _numbers(label_names)
    return None if scores is None or len(scores) < 3 else scores


def _numbers(label_names):
    """The classes' names as finite numbers, an array, else None."""
    try:
        numbers = np.array([float(name) for name in label_names])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
