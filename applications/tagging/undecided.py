"""Taggers whose tasks choose nothing: there is nothing to switch off, explain or draw."""

from modzoo.errors import CallError

DECISIONS = INSPECTED = ()


def parts(model):
    return []


def switch_off(model, names):
    for name in names:
        raise CallError(
            f"The model has no gates and no routes, so that there is no {name!r} to disable."
        )


def explained(model, outputs):
    raise CallError(
        "The model has no gates and no routes, so that there is nothing to explain; train one "
        "with --sharing mt_rmn or rrn_rmn, or with --base gates."
    )


def inspected(model, decided, gold):
    return {}
