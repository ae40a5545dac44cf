"""What every application offers: the one interface through which its trained models are used.

The command line, the Python twins of its commands and the tests work through it alone, so
that an application is used by being there.
"""

import os
from dataclasses import dataclass
from typing import Protocol

from modzoo.errors import CallError
from modzoo.files import read_lines


class Application(Protocol):
    """The names of a package `modzoo.applications.<name>`; importing it imports no backend.

    Where its networks are of Keras' recurrent layers it may offer `decomposable` too: a function
    of the model and its examples for training, validation and test, as `evaluate` takes them,
    that returns what `modzoo decompose` works from.

    Where what its parts do can be counted over many examples it may offer three functions more:
    `inspect`, of a model and examples as `evaluate` takes them, which returns a dictionary of
    JSON values; and of that dictionary `inspection_lines`, a list of lines for people, and
    `draw_inspection`, the pictures, `{name: figure}`.

    Attributes:
        MODELS: Names of the classes of its trained models.
        CLASSES: Names of all classes of the package that Keras must know to load one.
        INPUT: `Texts` or `Files`: what `predict` and `explain` read.
        OUTPUT: Suffix of the file that `predict` writes, `".png"`; None if it writes none.
        EXAMPLE: An input on which to show it; None if it needs none.
        HELP: What `predict` and `explain` do with an input, `{verb: sentence}`.
        LAYOUT: How `--distribute model` splits the weights among devices, `{regular expression
            of their paths: axes}`, an axis None or `"model"`.
        ModelSettings: What a trained model has fixed, a dataclass that extends
            `BaseModelSettings`; its recipes' `Settings` extend it, `--from` compares it.
        Options: What else `predict` and `explain` are told, a dataclass of `setting`s.
    """

    MODELS: tuple
    CLASSES: tuple
    INPUT: object
    OUTPUT: str | None
    EXAMPLE: object
    HELP: dict
    LAYOUT: dict
    ModelSettings: type
    Options: type

    def parts(self, model):
        """The names of the parts that can be switched off: a list."""

    def without(self, model, parts):
        """A model of the same weights with `parts` off too; `model` stays as it is."""

    def evaluate(self, model, examples):
        """An `Evaluation` of the model on what its recipes' `load` returns."""

    def predict(self, model, inputs, options):
        """`Predictions`, one for each of the list `inputs`."""

    def explain(self, model, input, options):
        """What the parts of the model did with one input: a dictionary of JSON values, among
        them `"remarks"`, a list of sentences, if there are some."""

    def draw(self, record):
        """The picture of what `explain` returned: a `matplotlib.figure.Figure`."""

    def servable(self, model):
        """The model as it is served, a `modzoo.serving.Servable`; on TensorFlow alone."""


@dataclass(frozen=True)
class Predictions:
    """What a model says of its inputs.

    Attributes:
        records: List of dictionaries of JSON values.
        lines: List of strings that say the same to people.
        save: Function of a path that writes the file of an application that has an `OUTPUT`.
        remarks: Sentences for the person who reads them.
    """

    records: list
    lines: list
    save: object = None
    remarks: tuple = ()


@dataclass(frozen=True)
class Texts:
    """Inputs that are texts: arguments, and the lines of a file or of standard input."""

    metavar = "TEXT"

    def read(self, arguments, file=None, verb="read"):
        """The inputs; bytes of an argument that are no UTF-8 are replaced."""
        texts = [*_listed(arguments), *_lines(file)]
        texts = [x.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for x in texts]
        if not texts:
            raise CallError(f"There is nothing to {verb}; give a {self.metavar}.")
        return texts


@dataclass(frozen=True)
class Files:
    """Inputs that are files.

    Attributes:
        suffixes: Tuple of those that can be read, for people.
        optional: Whether the model can do without.
        one_to_one: Whether a model that writes a file writes one for each, and of several into a
            folder.
        streamed: What `predict - --out -` reads from standard input and writes to standard
            output as it comes, for people; None: it does not. Its application then offers
            `stream(model, source, sink)` of two binary files.
    """

    suffixes: tuple
    optional: bool = False
    one_to_one: bool = False
    streamed: str | None = None
    metavar = "FILE"

    def read(self, arguments, file=None, verb="read"):
        """The paths: arguments, and the lines of a file."""
        paths = [*_listed(arguments), *_lines(file)]
        if not paths and not self.optional:
            raise CallError(f"There is nothing to {verb}; give a {self.metavar}.")
        return paths


def _listed(arguments):
    """The arguments, of which one alone need not be in a list."""
    if isinstance(arguments, (str, os.PathLike)):
        arguments = [arguments]
    return [os.fspath(argument) for argument in arguments]


def _lines(file):
    if file is None:
        return []
    return [line for _, line in read_lines("/dev/stdin" if file == "-" else file)]


def printable(path):
    """A path as text: the names of files need not be UTF-8."""
    return None if path is None else os.fsencode(path).decode("utf-8", "replace")


def require_words(words, text):
    """Raises unless there are words in a text that is to be explained."""
    if not words:
        raise CallError(
            f"There are no words to explain in the text; received {text[:40]!r}, give one that "
            "has some."
        )


def copy_of(model):
    """A model of the same class, configuration and weights that has not been called yet.

    It is not compiled. A preprocessor is shared, since its assets are no part of the
    configuration.
    """
    config = model.get_config()
    has_preprocessor = config.get("preprocessor") is not None
    if has_preprocessor:
        config["preprocessor"] = None
    copy = type(model).from_config(config)
    copy.set_weights(model.get_weights())
    if has_preprocessor:
        copy.preprocessor = model.preprocessor
    return copy
