"""Modules in other places than their own: beside a model that is trained anew, or in its stead."""

import itertools

import keras
import numpy as np

from modzoo.applications.decomposition.asking import answers_of, margins, of_labels, parts
from modzoo.applications.decomposition.build import loss
from modzoo.applications.decomposition.data import encoded
from modzoo.applications.decomposition.monolith import Monolith
from modzoo.errors import CallError, some_of
from modzoo.training import steps_per_epoch, train_batches


def reused(settings, model, train, test):
    """Pairs of modules told apart by no more than the two, beside a model trained on the two alone.

    Args:
        settings: `ReuseSettings`; `pairs` of the labels are drawn by its seed.
        model: `Monolith` of classes, with its modules.
        train: `Encoded` for the models that are trained.
        test: `Encoded` on which both are measured.

    Returns:
        List of `{"labels", "examples", "modules", "retrained"}`, the last two accuracies.
    """
    said, rows = margins(model, test.x), []
    for pair in _pairs(settings, model, test):
        names = [model.labels[i] for i in pair]
        own = test.of_labels(pair)
        small = _retrained(settings, model, names, train.of_labels(pair))
        of_modules = said[np.isin(test.y, pair)][:, list(pair)]
        rows.append(
            {
                "labels": names,
                "examples": len(own),
                "modules": _accuracy(of_modules, own.y),
                "retrained": _accuracy(small.predict_on_batch(own.x), own.y),
            }
        )
    return rows


def _pairs(settings, model, test):
    labels = [i for i, name in enumerate(model.labels) if name in parts(model) and i in test.y]
    pairs = list(itertools.combinations(labels, 2))
    drawn = np.random.default_rng(settings.seed).permutation(len(pairs))[: settings.pairs]
    return [pairs[i] for i in sorted(drawn)]


def _retrained(settings, model, labels, train):
    own = {"labels": labels, "module_masks": None, "disabled": []}
    small = Monolith.from_config({**model.get_config(), **own})
    small.compile(keras.optimizers.Adam(settings.learning_rate, clipnorm=1.0), loss(small))
    small.fit(
        train_batches(train, settings.batch_size, settings.seed),
        steps_per_epoch=steps_per_epoch(train, settings.batch_size),
        epochs=settings.epochs,
        shuffle=False,
        verbose=0,
    )
    return small


def require_better(better, train):
    """`better`, the model that `--better` names; raises unless its modules can replace those of a
    model trained on `train`, `TextExamples`."""
    if not (isinstance(better, Monolith) and better.kind == "classes"):
        kind = f" for {better.kind}" if isinstance(better, Monolith) else ""
        raise CallError(
            "--better must name a Monolith that tells classes of texts apart, as a run of "
            f"decomposition/clinc; received a {type(better).__name__}{kind}."
        )
    _require_modules(better, [train.label_names[i] for i in np.unique(train.labels)])
    unknown = [name for name in train.label_names if name not in better.labels]
    if unknown:
        raise CallError(f"--better must name a model that knows {some_of(unknown)}, too.")
    return better


def _require_modules(better, labels):
    if not {*labels} <= {*parts(better)}:
        raise CallError(
            f"--better must name a model with a module for each of {some_of(labels)}; received one "
            f"with modules for {some_of(parts(better)) or 'none'}."
        )


def replaced(model, better, examples):
    """A model's modules replaced, one at a time, by those of another model of the same classes.

    Args:
        model: `Monolith` with its modules, the one that is to be mended.
        better: `Monolith` with its modules.
        examples: `TextExamples` on which it is measured, those whose label has a module.

    Returns:
        Dictionary of `"modules"`, the accuracy before; `"better"`, that of the other's modules; and
        `"replaced"`, `{label: accuracy with that one module replaced}`.
    """
    labels = parts(model)
    _require_modules(better, labels)
    given, raw = encoded(examples, model), encoded(examples, better)
    own = of_labels(model, margins(model, given.x), labels)
    theirs = of_labels(better, margins(better, raw.x), labels)
    y = answers_of(model, given.y, labels, examples.source)
    own, theirs, y = own[y >= 0], theirs[y >= 0], y[y >= 0]
    after = {}
    for i, label in enumerate(labels):
        is_replaced = np.arange(len(labels)) == i
        after[label] = _accuracy(np.where(is_replaced, theirs, own), y)
    return {
        "modules": _accuracy(own, y),
        "better": _accuracy(theirs, y),
        "replaced": after,
    }


def _accuracy(scores, y):
    return float((np.asarray(scores).argmax(-1) == y).mean())
