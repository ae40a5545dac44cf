"""Tags of one corpus in terms of another's: what can be compared, and what cannot."""

import re

# A tag and what other corpora call it, nearest first.
POS_NAMES = {
    "-LRB-": ("LRB", "("),
    "-RRB-": ("RRB", ")"),
    "(": ("LRB", "-LRB-"),
    ")": ("RRB", "-RRB-"),
    "LRB": ("-LRB-", "("),
    "RRB": ("-RRB-", ")"),
    "''": ('"', "``"),
    '"': ("''", "``"),
    ";": (":",),
}
# Kinds of entities by what they have in common. In GMB gpe is a country or its people.
ENTITY_KINDS = {
    **dict.fromkeys(["per", "person", "pers"], "person"),
    **dict.fromkeys(["loc", "location", "geo", "gpe", "geo-loc"], "place"),
    **dict.fromkeys(["org", "organization", "corporation"], "organisation"),
    **dict.fromkeys(["tim", "time", "date"], "time"),
    **dict.fromkeys(["eve", "event"], "event"),
    **dict.fromkeys(["art", "work_of_art", "creative-work"], "work"),
}
SPAN = re.compile("O|[BI]-.+")


def are_spans(labels):
    """Whether tags are spans in IOB2."""
    return any(tag != "O" for tag in labels) and all(SPAN.fullmatch(tag) for tag in labels)


def comparable(gold, predicted, known, labels):
    """Brings gold and predicted tags to a common inventory.

    Where the model knows all gold tags nothing changes. Else a word tag takes the model's name
    for it, and entities are compared by their kind; what a prediction says of kinds that the
    gold tags do not have counts as `O`.

    Args:
        gold, predicted: Lists of lists of tags.
        known: The tags the model knows.
        labels: The tags that occur in `gold`.

    Returns:
        Gold, predicted, and the sorted tags without a counterpart: those of `gold`, which are
        None there, and those of the model.
    """
    known, labels = set(known), set(labels)
    if labels <= known:
        return gold, predicted, [], []
    if are_spans(known) and are_spans(labels):
        return _spans(gold, predicted, known, labels)
    names = {tag: _first(known, (tag, *POS_NAMES.get(tag, ()))) for tag in labels}
    missing = sorted(tag for tag in labels if names[tag] is None)
    return _renamed(gold, names), predicted, missing, []


def _spans(gold, predicted, known, labels):
    kinds, theirs = _kinds(known), _kinds(labels)
    shared = {theirs[tag] for tag in labels} & {kinds[tag] for tag in known}
    gold_names = {tag: _name(tag, theirs[tag], shared) for tag in labels}
    names = {tag: _name(tag, kinds[tag], shared) or "O" for tag in known}
    missing = sorted(tag for tag in labels if gold_names[tag] is None)
    unused = sorted(tag for tag in known if tag != "O" and names[tag] == "O")
    return _renamed(gold, gold_names), _renamed(predicted, names), missing, unused


def _kinds(tags):
    return {tag: ENTITY_KINDS.get(tag[2:].lower(), tag[2:].lower()) for tag in tags}


def _name(tag, kind, shared):
    if tag == "O":
        return "O"
    return f"{tag[0]}-{kind}" if kind in shared else None


def _first(known, names):
    return next((name for name in names if name in known), None)


def _renamed(rows, names):
    return [[names[tag] for tag in tags] for tags in rows]
