"""Which knowledge sources there are: the one table of their kinds and names.

It imports none of them, so that flags can be read before TensorFlow and Keras are imported.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from modzoo.errors import CallError

# A kind is a subclass of `Source`: the module that defines it, and the names it has sources of; in
# `mesh:NUMBER` what follows the colon is anything.
KINDS = {
    "Tokens": ("modzoo.knowledge.tokens", ("token",)),
    "Lexicon": ("modzoo.knowledge.lexicon", ("afinn", "mpqa", "nrc", "opinion", "vader", "pmi")),
    "Tags": ("modzoo.knowledge.tags", ("pos",)),
    "Gazetteer": (
        "modzoo.knowledge.gazetteer",
        (
            *("drugs", "diseases", "birth_defects", "pregnancy", "adr"),
            *("mesh:NUMBER", "list:FILE", "invented:LIST"),
        ),
    ),
    # In place of `Tokens`, under its name.
    "LanguageModel": ("modzoo.knowledge.language_model", ()),
    "WordPieces": ("modzoo.knowledge.word_pieces", ()),
    "Elmo": ("modzoo.knowledge.elmo", ()),
}


@dataclass(frozen=True)
class Material:
    """What sources are made of; each takes from it what it needs.

    Attributes:
        texts: List of the training texts.
        labels: Integer array `(len(texts),)`, indices into `label_names`.
        label_names: List of the classes' names.
        style: How texts are split into words, `"reviews"` or `"tweets"`.
        min_count: Integer, how often a word must occur to be in the vocabulary.
        folders: Dictionary from what published files hold, as in `"lexica"`, to the folder
            they are in, or None.
        token: The `Source` of a language model that stands for the tokens, or None: an embedding
            of the vocabulary.
    """

    texts: list = ()
    labels: object = ()
    label_names: list = ()
    style: str = "reviews"
    min_count: int = 1
    folders: dict = field(default_factory=dict)
    token: object = None


def source_names():
    """The names of all sources, for the command line."""
    return tuple(name for _, names in KINDS.values() for name in names)


def get(identifier):
    """A source, from a name or a configuration without its data yet.

    Args:
        identifier: `Source`, which is returned as it is; its configuration, a dictionary
            `{"kind": ..., "name": ...}`; or a name, such as `"afinn"`.

    Raises:
        CallError: If there is no such kind or name, or the configuration is not the kind's.
    """
    if isinstance(identifier, str):
        identifier = {"kind": _kind_of(identifier), "name": identifier}
    if not isinstance(identifier, Mapping):
        from modzoo.knowledge.source import Source

        if isinstance(identifier, Source):
            return identifier
        raise CallError(f"A source is a name or a configuration; received {identifier!r}.")
    config = dict(identifier)
    kind = config.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise CallError(f"There is no kind of source {kind!r}; there is: {', '.join(KINDS)}.")
    try:
        return _class_of(kind).from_config(config)
    except (KeyError, TypeError, ValueError) as error:
        raise CallError(f"{dict(identifier)} describes no source: {error}") from error


def distinct(identifiers):
    """The sources of names, configurations or sources (see `get`), one for each module.

    Raises:
        ValueError: If they are not distinct, or the tokens are not among them.
    """
    sources = [get(identifier) for identifier in identifiers]
    names = [source.name for source in sources]
    if len(set(names)) != len(names) or "token" not in names or "padding_mask" in names:
        raise ValueError(
            "`sources` must be distinct and include the tokens, and `padding_mask` is the name "
            f"of another input. Received: {names}."
        )
    return sources


def make_sources(names, material):
    """The sources of these names with their data, ready for a tokenizer.

    Args:
        names: Names of sources.
        material: `Material`.

    Raises:
        CallError: If there is no such source, or it cannot be made of this material.
    """
    return [_class_of(_kind_of(name)).make(name, material) for name in names]


def check_sources(names, num_active=None):
    """Raises unless the sources are known, distinct and include the tokens, and so many modules,
    one for each source, can be active."""
    for name in names:
        _kind_of(name)
    if len(set(names)) != len(names) or "token" not in names:
        raise CallError(
            "The sources must be distinct and include the tokens, as in token,afinn; "
            f"received {','.join(names)!r}."
        )
    if num_active is not None and not 1 <= num_active <= len(names):
        raise CallError(
            "Between 1 and all modules can be active, and each source has one; received "
            f"num_active={num_active}, num_modules={len(names)}."
        )


def _kind_of(name):
    prefix, colon, rest = name.partition(":")
    for kind, (_, names) in KINDS.items():
        if name in names or (rest and any(known.startswith(prefix + colon) for known in names)):
            return kind
    raise CallError(f"There is no source {name!r}; there is: {', '.join(source_names())}.")


def _class_of(kind):
    return getattr(importlib.import_module(KINDS[kind][0]), kind)
