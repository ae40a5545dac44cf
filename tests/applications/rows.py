"""One row a recipe: what every application must do, `test_every_application.py` does with each."""

from typing import NamedTuple

import numpy as np

from modzoo.applications import application_of
from modzoo.recipes import application_name


class Row(NamedTuple):
    """A recipe, and how to train it in seconds.

    Attributes:
        recipe: Its name.
        flags: List of flags of a training of two epochs on its embedded data.
        metrics: List of the metrics that it reports.
        plots: Set of the pictures in its run folder.
        inputs: List of inputs, odd ones among them, that its model must take; of an application
            that reads files none.
        options: List of flags of `predict` and `explain`.
        other: List of lists of flags that make other models.
        wrong_calls: List of `(flags of train, what the error says)`.
        is_first: Whether it stands for its application; of an application's other recipes only
            the training and its figures are tested.
    """

    recipe: str
    flags: list
    metrics: list
    plots: set
    inputs: list = ()
    options: list = ()
    other: list = ()
    wrong_calls: list = ()
    is_first: bool = False

    @property
    def application(self):
        return application_name(self.recipe)

    def __str__(self):
        return self.recipe


SENTIMENT = ["--num-active", "2", "--limit", "128", "--units", "8", "--embedding-dim", "8"]
TAGGING = ["--limit", "96", "--units", "8"]
TAGGING_PLOTS = {"history", "gates", "confusion_pos", "confusion_ner", "probes_pos", "probes_ner"}
IMAGES = ["--limit", "48", "--num-layers", "3", "--plain-layers", "0,-1", "--width", "16"]
IMAGES += ["--resolution", "4", "--num-colors", "8"]
ODD_TEXTS = ["", "👍 電影", "word " * 1000, "\u0000\ufffd", "a\u2028b\u00a0c\td", "x" * 10_000]

ROWS = [
    Row(
        "images/mnist_cifar",
        IMAGES,
        [
            *("bits_per_dim", "digit_bits_per_dim", "photograph_bits_per_dim"),
            "between_sides_1",
        ],
        {"history", "sides", "competition", "samples"},
        options=["--num-samples", "3"],
        other=[["--no-competition"], ["--plain-layers", "none"]],
        wrong_calls=[
            (["--width", "30"], "--width must be divisible by --num-heads"),
            (["--num-mechanisms", "3"], "--num-heads by --num-mechanisms; received 16, 4 and 3"),
            (["--plain-layers", "6"], "some of 3 layers, received 6"),
            (["--plain-layers", "0,x"], "such as 0,1,-1, or none; received '0,x'"),
            (["--num-layers", "0"], "--num-layers must be at least 1"),
            (["--num-colors", "1"], "--num-colors must be at least 2"),
            (["--num-colors", "513"], "--num-colors must be at most 512"),
            (["--resolution", "0"], "--resolution must be at least 1"),
            (["--data", "."], "has no folder mnist; expected a folder"),
        ],
        is_first=True,
    ),
    Row(
        "images/digits",
        IMAGES,
        ["bits_per_dim"],
        {"history", "competition", "samples"},
        other=[["--num-mechanisms", "1"]],
        wrong_calls=[(["--data", "."], "holds no MNIST; expected a folder with")],
    ),
    Row(
        "images/cifar10",
        IMAGES,
        ["bits_per_dim"],
        {"history", "competition", "samples"},
        wrong_calls=[(["--data", "."], "holds no CIFAR-10; expected a folder with")],
    ),
    Row(
        "sentiment/sst2",
        SENTIMENT,
        ["accuracy", "macro_recall"],
        {"history", "modules"},
        ["a gorgeous , witty , seductive movie", *ODD_TEXTS],
        other=[["--max-pooling", "--sources", "token,pos,pmi", "--lexicon-cell", "gru"]],
        wrong_calls=[
            (["--sources", "token,affin"], "no source 'affin'"),
            (["--sources", "afinn"], "include the tokens"),
            (["--num-active", "4"], "num_active=4, num_modules=3"),
            (["--token-cell", "elman"], "--token-cell must be one of"),
            (["--units", "0"], "--units must be at least 1"),
            (["--dropout", "1.5"], "--dropout must be in [0, 1)"),
            (["--data", "none"], "no data folder none; expected"),
            (["--data", "."], "has no train.tsv, dev.tsv; expected"),
            (["--data", "."], "read with --text-column and --label-column"),
            (["--data", "none.csv"], "no file or folder none.csv"),
        ],
        is_first=True,
    ),
    Row(
        "sentiment/semeval17",
        SENTIMENT,
        ["accuracy", "macro_recall"],
        {"history", "modules"},
        wrong_calls=[(["--class-balance", "2"], "--class-balance must be between 0 and 1")],
    ),
    Row(
        "sentiment/scores",
        SENTIMENT,
        ["accuracy", "macro_recall", "cosine"],
        {"history", "modules"},
    ),
    Row(
        "tagging/pos_ner",
        TAGGING,
        ["pos_accuracy", "ner_accuracy", "ner_f1"],
        {*TAGGING_PLOTS, "correlation_pos_ner"},
        ["President Tomon left Bakit .", *ODD_TEXTS],
        other=[["--gates", "fixed"], ["--gates", "none"]],
        wrong_calls=[
            (["--gates", "soft"], "--gates must be one of learned, fixed, none, received 'soft'"),
            (["--units", "7"], "--units must be even"),
            (["--num-read", "2"], "--num-read is for --gates fixed"),
            (["--tasks", "pos,pos"], "must name distinct tasks"),
            (["--tasks", "pos,a b"], "must be plain words"),
            (["--tasks", "pos,chunk"], "has no tags 'chunk'; it has: pos, ner"),
            (["--context", "next"], "--context must be one of"),
            (["--data", "none"], "There is no data folder none"),
        ],
        is_first=True,
    ),
    Row(
        "tagging/language_id",
        [*TAGGING, "--character-units", "6", "--head-units", "6"],
        ["language_accuracy"],
        {"history", "gates", "confusion_language", "probes_language"},
        other=[["--gates", "fixed", "--num-read", "2"]],
    ),
]
FIRST = [row for row in ROWS if row.is_first]


def example_batch(model):
    """What a trained model reads: texts, or its functional inputs drawn at random."""
    example = application_of(model).EXAMPLE
    if example is not None:
        return np.array([example, "a b", "\u00e9\u3042 \u00a0x"], dtype=object)
    shape = (2, *model.input_shape[1:])
    return np.random.default_rng(0).integers(0, 8, shape).astype("int32")
