"""Masked language models from the command line: what is wrong with data or files, and is said."""

import shutil
import zipfile

import keras
import numpy as np
import pytest

import modzoo
from modzoo.applications import pretraining, sentiment
from modzoo.data.passages import Passages
from modzoo.errors import CallError
from tests.applications.rows import ROWS
from tests.backends import randomise

pytestmark = pytest.mark.one_backend
(ROW,) = (row for row in ROWS if row.recipe == "pretraining/mlm")
PIECES = [*pretraining.SPECIAL, *"abcdefghij"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A `.keras` file and a preset folder of a small model."""
    folder = tmp_path_factory.mktemp("saved")
    backbone = pretraining.TIMBertBackbone(len(PIECES), 3, 2, 8, 8, max_sequence_length=16)
    preprocessor = pretraining.TIMBertMaskedLMPreprocessor(pretraining.TIMBertTokenizer(PIECES), 16)
    model = pretraining.TIMBertMaskedLM(backbone, preprocessor)
    model.save(folder / "m.keras")
    model.save_to_preset(str(folder / "preset"))
    return folder


@pytest.mark.parametrize(
    "content, message",
    [
        (b"one\ncaf\xe9\n", "own.txt, line 2: byte 0xe9 is not UTF-8"),
        (b"\n", "own holds no text for the split 'train'"),
        (b"word " * 200_000, "own.txt, line 1: the line has 1,000,000 characters"),
    ],
)
def test_text_that_is_refused(content, message, call, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own.txt").write_bytes(content)
    args = ["train", "pretraining/mlm", *ROW.flags, "--out", tmp_path / "r", "--data"]
    code, out, err = call(*args, tmp_path / "own")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith("modzoo: ") and message in err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    "pieces, message",
    [
        (PIECES[:-1], "holds 14 word pieces, and the model was made for 15"),
        ([*PIECES, "k"], "holds 16 word pieces, and the model was made for 15"),
        ([*PIECES[:-1], "a"], "holds a word piece twice"),
        (PIECES[::-1], r"must begin with \[PAD\], \[UNK\]"),
        ([], "must begin with"),
        ([*PIECES[:-1], "\udce9"], "byte 0xe9 is not UTF-8"),
    ],
)
def test_a_vocabulary_that_does_not_fit_the_weights(pieces, message, saved, tmp_path):
    content = "".join(f"{piece}\n" for piece in pieces).encode("utf-8", "surrogateescape")
    preset = tmp_path / "preset"
    shutil.copytree(saved / "preset", preset)
    (file,) = preset.rglob("vocabulary.txt")
    file.write_bytes(content)
    copy = zipfile.ZipFile(tmp_path / "m.keras", "w")
    with zipfile.ZipFile(saved / "m.keras") as old, copy as new:
        for name in old.namelist():
            new.writestr(name, content if name.endswith("vocabulary.txt") else old.read(name))
    for path in (preset, tmp_path / "m.keras"):
        with pytest.raises(CallError, match=message):
            modzoo.load(path)


def test_text_of_unknown_pieces(saved, tmp_path):
    model = modzoo.load(saved / "m.keras")

    def evaluated(text):
        return pretraining.evaluate(model, Passages(lambda: iter([text]), "test", "own.txt"))

    assert evaluated("a b z c zz").remarks[0].startswith("2 of 5 word pieces are unknown")
    assert evaluated("a b").remarks == ()
    with pytest.raises(CallError, match=r"none of the word pieces of own\.txt"):
        evaluated("z [MASK] [PAD]")


def test_a_fine_tuned_model_is_no_start_of_masked_training(saved):
    start = pretraining.TIMBertClassifier.from_preset(saved / "preset", num_classes=2)
    with pytest.raises(CallError, match=r"--from must be a masked language model, .*Classifier"):
        pretraining.build_masked_lm(pretraining.ModelSettings(), None, start)
    masked = modzoo.load(saved / "m.keras")
    assert pretraining.build_masked_lm(pretraining.ModelSettings(), None, masked) is masked


def test_a_text_of_a_million_characters_is_cut(saved):
    texts = ["a" * 10**6, "a b [MASK] " * 10**5]
    predictions = modzoo.predict(saved / "m.keras", texts)
    assert [len(record["fillings"]) for record in predictions.records] == [0, 4]
    assert predictions.remarks == (
        "1 of 2 texts are longer than 14 word pieces and are cut there.",
    )


def test_fillings_take_the_places_of_masks(saved):
    model = modzoo.load(saved / "m.keras")
    (record,) = modzoo.predict(model, ["a [MASK]b [MASK] ."], top=3).records
    first, second = (next(iter(found)) for found in record["fillings"])
    assert record["text"] == f"a {first}b {second} ."
    for found in record["fillings"]:
        shares = [*found.values()]
        assert len(found) == 3 and shares == sorted(shares, reverse=True)
        assert not {*found} & {*pretraining.SPECIAL}
    (record,) = modzoo.predict(model, ["[MASK]"], top=99).records
    assert sum(record["fillings"][0].values()) == pytest.approx(1, abs=1e-4)


def test_pieces_that_continue_a_word_are_joined_to_it():
    from modzoo.applications.pretraining.inference import _filled

    assert _filled("jump [MASK] the [MASK] [MASK]", [{"##ed": 1.0}, {"dog": 1.0}]) == (
        "jumped the dog [MASK]"
    )


@pytest.mark.parametrize("kind", ["preset", "m.keras"])
def test_a_classifier_is_made_of_a_masked_language_model(kind, saved):
    model = pretraining.TIMBertClassifier.from_preset(saved / kind, num_classes=2)
    assert type(model.preprocessor) is pretraining.TIMBertTextPreprocessor
    assert model.predict(["a b", "c"], verbose=0).shape == (2, 2)
    masked = modzoo.load(saved / "preset")
    for a, b in zip(model.backbone.weights, masked.backbone.weights, strict=True):
        assert (a.numpy() == b.numpy()).all()


def test_others_take_the_encoder_of_a_run(saved, tmp_path):
    (tmp_path / "model.keras").write_bytes((saved / "m.keras").read_bytes())
    model = modzoo.load(saved / "m.keras")
    backbone = pretraining.TIMBertBackbone.from_preset(tmp_path)
    for ours, theirs in zip(backbone.weights, model.backbone.weights, strict=True):
        assert (ours.numpy() == theirs.numpy()).all()
    assert pretraining.TIMBertTokenizer.from_preset(tmp_path).get_vocabulary() == PIECES
    preprocessor = pretraining.TIMBertTextPreprocessor.from_preset(tmp_path)
    assert {*preprocessor(["a [MASK]"])} == {*backbone.input}
    masked = pretraining.TIMBertMaskedLMPreprocessor.from_preset(tmp_path)
    assert {*masked(["a [MASK]"])} == {*model.input}
    with pytest.raises(ValueError, match="a TIMBertMaskedLM, which SentimentClassifier cannot be"):
        sentiment.SentimentClassifier.from_preset(tmp_path)
    (tmp_path / "model.keras").write_bytes(b"")
    with pytest.raises(CallError, match=r"model\.keras .* it is no \.keras file"):
        pretraining.TIMBertBackbone.from_preset(tmp_path)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_servable_says_what_predict_says(precision, saved):
    start = modzoo.load(saved / "m.keras")
    config = {**start.backbone.get_config(), "num_layers": 4, "dtype": precision}
    backbone = pretraining.TIMBertBackbone.from_config(config)
    model = pretraining.TIMBertMaskedLM(backbone, start.preprocessor)
    randomise(model, scale=0.4)
    tolerance = 1e-5 if precision == "float32" else 1e-2
    texts = ["a [MASK]b [MASK] .", "", "[MASK] c"]
    signatures = pretraining.servable(model).signatures
    batch = {"text": np.array(texts, object)}
    served, explained = (signatures[name](batch) for name in ("serving_default", "explain"))
    for i, record in enumerate(pretraining.predict(model, texts).records):
        shares = served["probabilities"][i][: len(record["fillings"])]
        for found, wanted in zip(shares, record["fillings"], strict=True):
            assert found.tolist() == pytest.approx([*wanted.values()], abs=tolerance)
        assert not served["probabilities"][i][len(record["fillings"]) :].any()
        if precision == "float32":  # else pieces are as likely as others
            pieces = served["fillings"][i][: len(record["fillings"])].tolist()
            assert [[*map(bytes.decode, row)] for row in pieces] == [
                [*wanted] for wanted in record["fillings"]
            ]
    record = pretraining.explain(model, texts[0])
    competition = explained["competition"][0][:, 1 : len(record["tokens"]) + 1]
    np.testing.assert_allclose(competition, record["competition"], atol=1e-4 + tolerance)
    kinds = {values.dtype.name for values in explained.values()}
    assert kinds <= {"float32", "int32", "int64", "object"}


def test_strings_are_trained_on(saved):
    model = modzoo.load(saved / "m.keras")
    model.compile(keras.optimizers.Adam(0.02))
    texts = ["a b c d e f g h i j"] * 40
    before = model.evaluate(texts, verbose=0, return_dict=True)["loss"]
    history = model.fit(texts, batch_size=8, epochs=3, verbose=0, validation_data=texts).history
    after = model.evaluate(texts, verbose=0, return_dict=True)["loss"]
    assert after < before - 0.2
    assert len(history["loss"]) == len(history["val_loss"]) == 3
