"""One row a recipe: what every application must do, `test_every_application.py` does with each."""

import wave
from typing import NamedTuple

import keras
import numpy as np

from modzoo.applications import load_application
from modzoo.recipes import application_name
from modzoo.training.settings import flag


def series(suffix, shape=(3, 28, 10)):
    """A function of a folder that writes series of regions to a file there."""

    def write(folder):
        path, values = folder / f"own{suffix}", np.random.default_rng(0).normal(size=shape)
        if suffix == ".npz":
            np.savez(path, series=values, task=["mixed", "cognition", "mixed"])
        else:
            rows = [[i, *values[i, t]] for i, t in np.ndindex(shape[:2])]
            header = ",".join(["series", *(f"f{i}" for i in range(shape[2]))])
            path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]))
        return path

    return write


def sound(seconds=1.5, rate=8000):
    """A function of a folder that writes a tone in noise, of two channels, to a file there."""

    def write(folder):
        rng, times = np.random.default_rng(0), np.arange(int(seconds * rate)) / rate
        tone = 0.3 * np.sin(2 * np.pi * 300 * times) * (times % 1 < 0.5)
        channels = tone[:, None] + rng.normal(0, 0.03, (len(times), 2))
        with wave.open(str(folder / "own.wav"), "wb") as file:
            file.setparams((2, 2, rate, len(times), "NONE", "none"))
            file.writeframes(np.round(32767 * np.clip(channels, -1, 1)).astype("<i2").tobytes())
        return folder / "own.wav"

    return write


class Row(NamedTuple):
    """A recipe, and how to train it in seconds.

    Attributes:
        recipe: Its name.
        flags: List of flags of a training of two epochs on its embedded data.
        metrics: List of the metrics that it reports.
        plots: Set of the pictures in its run folder.
        inputs: List of inputs, odd ones among them, that its model must take: texts, or functions
            of a folder that write a file and return its path. Empty: it does without.
        options: Dictionary of the application's `Options` that keep a test short.
        other: List of lists of flags that make other models.
        wrong_calls: List of `(flags of train, what the error says)`.
        is_first: Whether it stands for its application, or for one of its kinds of models; of
            other recipes only the training and its figures are tested.
    """

    recipe: str
    flags: list
    metrics: list
    plots: set
    inputs: list = ()
    options: dict = {}
    other: list = ()
    wrong_calls: list = ()
    is_first: bool = False

    @property
    def application(self):
        return load_application(application_name(self.recipe))

    @property
    def limit(self):
        """Examples of its training."""
        return int(self.flags[self.flags.index("--limit") + 1])

    @property
    def option_flags(self):
        return [x for name, value in self.options.items() for x in (flag(name), str(value))]

    def make_inputs(self, folder):
        """The inputs, files among them written to `folder`."""
        return [x if isinstance(x, str) else str(x(folder)) for x in self.inputs]

    def __str__(self):
        return self.recipe


HEALTH = ["--limit", "96", "--units", "8", "--embedding-dim", "8"]
SENTIMENT = ["--num-active", "2", "--limit", "128", "--units", "8", "--embedding-dim", "8"]
TAGGING = ["--limit", "96", "--units", "8"]
TAGGING_PLOTS = {"history", "gates", "confusion_pos", "confusion_ner", "probes_pos", "probes_ner"}
FMRI = ["--fold", "0", "--limit", "48", "--units", "4", "--num-layers", "2", "--num-modules", "2"]
IMAGES = ["--limit", "48", "--num-layers", "3", "--plain-layers", "0,-1", "--width", "16"]
IMAGES += ["--resolution", "4", "--num-colors", "8"]
MONOLITH = ["--limit", "160", "--units", "12", "--embedding-dim", "8"]
MODULES = ["accuracy", "monolith_accuracy", "share_kept"]
SPEECH = ["--limit", "4", "--num-layers", "2", "--width", "8", "--channels", "8", "--seconds", "1"]
SPEECH += ["--intermediate-dim", "8", "--attention-window", "8", "--batch-size", "2"]
PRETRAINING = ["--num-layers", "3", "--plain-layers", "0,-1", "--width", "8", "--num-heads", "2"]
PRETRAINING += ["--intermediate-dim", "8"]
MASKED = ["--limit", "96", "--vocabulary-size", "300", "--max-length", "16", "--batch-size", "8"]
ODD_TEXTS = ["", "👍 電影", "word " * 1000, "\u0000\ufffd", "a\u2028b\u00a0c\td", "x" * 10_000]

ROWS = [
    Row(
        "decomposition/clinc",
        MONOLITH,
        MODULES,
        {"history", "modules"},
        ["wake me up at seven", *ODD_TEXTS],
        other=[
            ["--cell", "gru", "--num-layers", "2", "--mode", "unrolled", "--pairs", "1"],
            ["--cell", "simple_rnn", "--activation", "relu", "--rule", "tendency"],
            ["--bidirectional", "--removal", "zero_weights", "--smallest"],
        ],
        wrong_calls=[
            (["--cell", "rnn"], "--cell must be one of lstm, gru, simple_rnn, received 'rnn'"),
            (["--num-layers", "5"], "--num-layers must be at most 4, received 5"),
            (["--mode", "flat"], "--mode must be one of rolled, unrolled"),
            (["--rule", "luck"], "--rule must be one of effect, tendency, random"),
            (["--max-removed", "1"], "--max-removed must be in [0, 1)"),
            (["--pairs", "-1"], "--pairs must be at least 0"),
            (["--better", "none"], "There is no run folder, no preset and no .keras file"),
            (["--better", "sentiment_sst2"], "--better must name a Monolith that tells classes"),
            (["--better", "decomposition_clinc"], "--better must name a model with a module for"),
            (["--num-intents", "1"], "--num-intents must be at least 2"),
            (["--data", "none"], "There is no data folder none; expected"),
            (["--data", "."], "has no data_full.json; expected a folder with"),
        ],
        is_first=True,
    ),
    Row(
        "decomposition/mathqa",
        MONOLITH,
        MODULES,
        {"history", "modules"},
        wrong_calls=[(["--data", "."], "has no train.json, dev.json, test.json; expected")],
    ),
    Row(
        "decomposition/brown",
        MONOLITH,
        MODULES,
        {"history", "modules"},
        ["the streets of Bakit"],
        other=[["--bidirectional"]],
        wrong_calls=[
            (["--reads", "bag"], "A bag of words has no order to tag or"),
            (["--data", "."], "holds no Brown corpus; expected"),
        ],
    ),
    Row(
        "decomposition/tatoeba",
        [*MONOLITH, "--max-length", "8"],
        ["bleu", "monolith_bleu", "share_kept"],
        {"history", "modules"},
        ["the dog sees a cat .", "le chien voit un chat ."],
        other=[["--cell", "gru", "--num-layers", "2", "--mode", "unrolled", "--bidirectional"]],
        wrong_calls=[
            (["--reads", "bag"], "A bag of words has no order to tag or translate"),
            (["--max-length", "1"], "--max-length must be at least 2"),
            (["--max-length", "3"], "has no sentence of at most 2 words"),
            (["--recurrent-dropout", "1"], "--recurrent-dropout must be in [0, 1)"),
            (["--data", "."], "must hold one file of pairs, found none"),
        ],
    ),
    Row(
        "decomposition/toxicity",
        MONOLITH,
        ["accuracy", "micro_f1", "monolith_accuracy", "monolith_micro_f1", "share_kept"],
        {"history", "modules"},
        wrong_calls=[(["--data", "."], "must hold one csv or tsv, found none; expected")],
    ),
    Row(
        "fmri/simulated",
        FMRI,
        ["accuracy", "cognition_accuracy", "mixed_accuracy", "attention_accuracy"],
        {"history", "routes"},
        [series(".npz"), series(".csv")],
        other=[["--routing", "random", "--readout", "last"]],
        wrong_calls=[
            (["--group", "3"], "--group must be one of 1, 2, all, related, apart, changing"),
            (["--sharing", "all"], "--sharing must be one of none, dc_mtl"),
            (["--sharing", "none", "--routing", "all"], "--routing is for --sharing rrn_rmn"),
            (["--fold", "5"], "--fold must be below --folds, received 5 with 5 folds"),
            (["--folds", "1"], "--folds must be at least 2"),
            (["--num-layers", "1"], "--num-layers must be at least 2"),
            (["--num-conditions", "3"], "--num-conditions must divide the 28 steps"),
            (["--cooling", "0"], "--temperature must be above 0, and --cooling in (0, 1]"),
            (["--samples", "15", "--folds", "6"], "5 examples of a class at least, and 6 folds"),
            (["--data", "none"], "no file or folder none"),
            (["--data", "."], "holds no series; expected files .npz"),
        ],
        is_first=True,
    ),
    Row(
        "fmri/haxby",
        FMRI,
        ["accuracy"],
        {"history", "routes"},
        wrong_calls=[(["--folds", "9"], "8 groups, such as runs or participants, at least")],
    ),
    Row(
        "fmri/transfer",
        [*FMRI, "--shared", "untrained"],
        ["accuracy"],
        {"history", "routes"},
        other=[
            ["--shared", "trained"],
            ["--base", "rrn", "--sharing", "none"],
            ["--base", "ic_mtl", "--sharing", "none"],
            ["--sharing", "none"],
        ],
        wrong_calls=[
            (["--new-task", "hearing"], "no task 'hearing'; its tasks are cognition, mixed"),
            (["--base", "girnet"], "num_tasks=1"),
        ],
    ),
    Row(
        "health/ade",
        HEALTH,
        ["micro_f1", "dose_f1", "effect_f1", "accuracy"],
        {"history", "modules"},
        ["Severe headaches after two days of ibuprofen", *ODD_TEXTS],
        other=[["--zero-none", "--num-active", "2", "--sources", "token,invented:drugs,afinn"]],
        wrong_calls=[
            (["--sources", "token,drugs"], "No package carries the gazetteer 'drugs'"),
            (["--sources", "token,drugs", "--gazetteers", "none"], "no folder of gazetteers"),
            (["--sources", "token,mesh:16"], "no gazetteer 'mesh:16'"),
            (["--sources", "token,invented:cars"], "no list 'cars' of invented names"),
            (["--share", "2"], "--share must be between 0 and 1, received 2"),
            (["--category-dim", "0"], "--category-dim must be at least 1"),
            (["--data", "."], "has no DRUG-DOSE.rel, DRUG-AE.rel, ADE-NEG.txt; expected"),
            (["--data", "none"], "no data folder none; expected"),
        ],
        is_first=True,
    ),
    Row(
        "health/medication",
        HEALTH,
        ["micro_f1", "intake_f1", "possible_intake_f1", "accuracy"],
        {"history", "modules"},
        wrong_calls=[(["--data", "none"], "no data folder none; expected")],
    ),
    Row(
        "health/birth_defects",
        HEALTH,
        ["micro_f1", "defect_f1", "possible_defect_f1", "accuracy"],
        {"history", "modules"},
    ),
    Row(
        "images/mnist_cifar",
        IMAGES,
        [
            *("bits_per_dim", "digit_bits_per_dim", "photograph_bits_per_dim"),
            "between_sides_1",
        ],
        {"history", "sides", "competition", "samples"},
        options={"num_samples": 3},
        other=[["--plain-layers", "none"], ["--no-competition"]],
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
        "pretraining/mlm",
        [*PRETRAINING, *MASKED],
        ["perplexity", "accuracy"],
        {"history", "competition", "tokens"},
        ["the [MASK] sees a [MASK] .", *ODD_TEXTS, "[MASK]" * 40],
        other=[
            ["--num-mechanisms", "1", "--decay", "0.5", "--short-epochs", "1"],
            ["--no-competition", "--accumulate", "2"],
        ],
        wrong_calls=[
            (["--vocabulary-size", "50"], "--vocabulary-size must be at least that, received 50"),
            (["--width", "31"], "--width must be divisible by --num-heads"),
            (["--decay", "0"], "--decay must be above 0 and at most 1"),
            (["--accumulate", "0"], "--accumulate must be at least 1"),
            (["--fallback", "utf-9"], "--fallback must be an encoding, such as latin-1"),
            (["--more", "none"], "There is no file or folder"),
            (["--data", "none"], "There is no file or folder none of text"),
            (["--data", "."], "holds no text; expected text files (.txt, .tokens)"),
        ],
        is_first=True,
    ),
    Row(
        "pretraining/glue",
        [*PRETRAINING, "--limit", "128"],
        ["accuracy"],
        {"history", "competition"},
        ["wake me up at seven", *ODD_TEXTS],
        other=[["--num-mechanisms", "1", "--pooling", "first"]],
        wrong_calls=[
            (["--width", "31"], "--width must be divisible by --num-heads"),
            (["--intermediate-dim", "9"], "divisible by --num-mechanisms; received 9 and 2"),
            (["--activation", "tanh"], "--activation must be one of relu, gelu"),
            (["--pooling", "last"], "--pooling must be one of mean, first"),
            (["--seeds", "0"], "--seeds must be at least 1"),
            (["--warm-up-share", "1"], "--warm-up-share must be in [0, 1)"),
            (["--vocabulary-size", "20"], "--vocabulary-size must be at least that, received 20"),
            (["--from", "sentiment_sst2"], "which pretraining/glue cannot train further"),
            (["--data", "none"], "no data folder none; expected"),
            (["--data", "."], "has no dev.tsv, no dev_matched.tsv, no train.tsv; expected"),
            (["--data", "none.csv"], "no file or folder none.csv"),
        ],
        is_first=True,
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
        "speech/dns",
        SPEECH,
        ["pesq_wb", "stoi", "si_sdr", "noisy_pesq_wb", "noisy_stoi", "noisy_si_sdr"],
        {"history", "enhancement"},
        [sound()],
        other=[
            ["--num-mechanisms", "1"],
            ["--target", "log_magnitude", "--no-noise-floor", "--loss", "log_magnitude"],
        ],
        wrong_calls=[
            (["--target", "phase"], "--target must be one of mask, log_magnitude"),
            (["--least-gain", "1"], "--least-gain must be in [0, 1), received 1"),
            (["--channels", "8,x"], "such as 128,128,128; received '8,x'"),
            (
                ["--intermediate-dim", "9"],
                "must be divisible by --num-mechanisms; received 9 and 2",
            ),
            (["--plain-layers", "6"], "some of 2 layers, received 6"),
            (["--snr", "20,-5"], "two numbers from -100 to 100, the least first; received 20,-5"),
            (["--snr", "5"], "--snr must be two numbers, such as -5,20; received '5'"),
            (["--coloured", "2"], "must be a share from 0 to 1, received 2"),
            (["--loss-power", "0"], "--loss-power must be above 0"),
            (["--seconds", "0"], "--seconds must be at least 0.1, received 0"),
            (["--data", "none"], "none"),
        ],
        is_first=True,
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
    Row(
        "tagging/code_mixed",
        [*TAGGING, "--base", "ns_mtl"],
        ["accuracy", "macro_f1", "english_accuracy", "hindi_accuracy"],
        {"history", "routes", "patterns", "confusion_pos", "confusion_english", "confusion_hindi"},
        other=[
            ["--base", "girnet", "--sharing", "none", "--embedding-dim", "0"],
            ["--base", "gates", "--sharing", "none", "--tasks", "pos,hindi"],
            ["--sharing", "mt_rmn", "--routing", "all"],
        ],
        wrong_calls=[
            (["--base", "lstm"], "--base must be one of gates, ns_mtl, cross_stitch, sluice"),
            (["--sharing", "all"], "--sharing must be one of none, dc_mtl, ic_mtl, rrn_rmn"),
            (["--base", "gates"], "--sharing is for the other --base than gates, received mt_rmn"),
            (["--gates", "none"], "--gates is for --base gates, received none with --base ns_mtl"),
            (["--sharing", "none", "--routing", "all"], "--routing is for --sharing rrn_rmn and"),
            (["--base", "girnet", "--tasks", "pos"], "--base girnet reads auxiliary tasks"),
            (["--tasks", "hindi,pos"], "--tasks must be pos, and english, hindi or both"),
            (["--cooling", "2"], "--cooling in (0, 1]; received 5.0 and 2.0"),
            (["--num-layers", "1"], "--num-layers must be at least 2"),
            (["--data", "."], "--english must name a folder of sentences for the task 'english'"),
        ],
    ),
]
FIRST = [row for row in ROWS if row.is_first]


def example_batch(model):
    """What a trained model reads: texts, or arrays drawn at random for its functional inputs."""
    if hasattr(model, "preprocessor"):
        return np.array(["outlawed in South Africa", "a b", "\u00e9\u3042 \u00a0x"], dtype=object)
    rng = np.random.default_rng(0)

    def array(x):
        shape = [n or 5 for n in (2, *x.shape[1:])]
        if "int" in x.dtype:
            return rng.integers(0, 8, shape).astype(x.dtype)
        return rng.normal(size=shape).astype(x.dtype)

    return keras.tree.map_structure(array, model.input)
