"""A monolith as what `modzoo.decomposition` takes apart."""

import numpy as np

from modzoo.applications.decomposition.data import encoded
from modzoo.decomposition import decompose
from modzoo.decomposition.subject import Part, Subject
from modzoo.errors import some_of
from modzoo.training.progress import Progress


def take_apart(run, model, train, held_back):
    """The monolith of a run with its modules, which the run's model file then holds.

    Args:
        run: `Run`, whose settings are `DecompositionSettings`.
        model: `Monolith`.
        train: `Encoded`, those of training, of whose labels modules are made.
        held_back: `Encoded`, on which `--smallest` measures what a module may lack.

    Returns:
        `Monolith`.
    """
    settings = run.settings
    labels = _occurring(model, train)
    if len(labels) < len(model.labels):
        missing = some_of(label for label in model.labels if label not in labels)
        run.say([f"No module for {missing}: no example of training has it."])
    modules = decompose(
        model.network(),
        (train.x, train.y),
        model.labels,
        only=labels,
        groups=train.groups,
        vocabulary=_vocabulary(model),
        seed=settings.seed,
        progress=Progress(),
        **settings.arguments(_part(held_back)),
    )
    whole = model.with_modules(modules)
    run.replace_model(whole)
    return whole


def decomposable(model, train, validation, test):
    """A monolith as a `modzoo.decomposition.Subject`: what `modzoo decompose` works from.

    Args:
        model: `Monolith`.
        train, validation, test: Labelled examples of its kind, to observe, to hold back and to
            measure on.
    """
    parts = (encoded(examples, model) for examples in (train, validation, test))
    return Subject(
        model.network(),
        *map(_part, parts),
        model.labels,
        _vocabulary(model),
    )


def _part(examples):
    return Part(examples.x, examples.y, examples.groups)


def _vocabulary(model):
    return model.vocabulary if model.reads == "words" else None


def _occurring(model, examples):
    """The labels of which there is a positive example: of others there is nothing to observe."""
    if model.kind == "translations":
        return [label for label in model.labels if label in examples.groups]
    y = examples.y
    found = y.any(0) if model.kind == "labels" else np.isin(range(len(model.labels)), y)
    return [label for label, is_there in zip(model.labels, found, strict=True) if is_there]
