"""Texts and pairs as word pieces, and what is judged of them."""

import json
from dataclasses import dataclass

import keras
import numpy as np
import pytest
import tensorflow as tf

import modzoo
from modzoo.applications import pretraining
from modzoo.applications.pretraining import (
    LinearWarmUp,
    TIMBertBackbone,
    TIMBertClassifier,
    TIMBertMaskedLM,
    TIMBertTextPreprocessor,
    TIMBertTokenizer,
)
from modzoo.applications.pretraining.judging import class_figures, score_figures
from modzoo.applications.pretraining.settings import FineTuningSettings, ModelSettings
from modzoo.data.examples import TextExamples
from modzoo.errors import CallError
from tests.backends import randomise, to_numpy
from tests.reference import tim_bert

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefgh", "##b", "##c", "."]
PAD, UNK, CLS, SEP, MASKED = range(5)
A, B, C, DOT = (PIECES.index(piece) for piece in "abc.")


TOKENIZER = TIMBertTokenizer(PIECES)


@dataclass(frozen=True)
class FineTuning(ModelSettings, FineTuningSettings):
    pass


def preprocessor_of(**options):
    return TIMBertTextPreprocessor(TOKENIZER, **options)


def classifier_of(num_classes=2, pairs=False, competition=True, **options):
    backbone = TIMBertBackbone(
        len(PIECES), 4, 2, 8, 16, max_sequence_length=16, competition=competition, dropout=0.1
    )
    preprocessor = preprocessor_of(sequence_length=16, pairs=pairs)
    model = TIMBertClassifier(backbone, num_classes, preprocessor, **options)
    randomise(model, scale=0.4)
    return model


def rows(features):
    features = to_numpy(features)
    return [
        row[mask].tolist()
        for row, mask in zip(features["token_ids"], features["padding_mask"], strict=True)
    ]


# Word pieces


def test_pieces_of_a_text():
    found = preprocessor_of()(["A bc. [MASK] z", "", "a\tb c"])
    assert rows(found) == [
        [CLS, A, B, PIECES.index("##c"), DOT, MASKED, UNK, SEP],
        [CLS, SEP],
        [CLS, A, B, C, SEP],
    ]
    assert found["token_ids"].shape == (3, 8)
    assert (to_numpy(found["token_ids"])[~to_numpy(found["padding_mask"])] == PAD).all()


def test_a_pair():
    found = preprocessor_of(pairs=True)(["a b\tc", "a\tb\tc", "a", "\tc", ""])
    assert rows(found) == [
        [CLS, A, B, SEP, C, SEP],
        [CLS, A, SEP, B, C, SEP],
        [CLS, A, SEP, SEP],
        [CLS, SEP, C, SEP],
        [CLS, SEP, SEP],
    ]


@pytest.mark.parametrize("lengths", [(9, 2), (2, 9), (9, 9), (1, 4), (4, 3), (0, 9), (3, 3)])
def test_the_longer_text_of_a_pair_is_cut_first(lengths):
    preprocessor = preprocessor_of(pairs=True, sequence_length=9)
    text = "\t".join(" ".join(piece * n) for piece, n in zip("ab", lengths, strict=True))
    (found,) = rows(preprocessor([text]))
    kept = list(lengths)
    while sum(kept) > 6:
        kept[1 if kept[1] >= kept[0] else 0] -= 1
    assert found == [CLS, *[A] * kept[0], SEP, *[B] * kept[1], SEP]
    assert preprocessor.num_cut([text]) == (sum(lengths) > 6)


def test_batches_are_no_longer_than_the_model_reads():
    preprocessor = preprocessor_of(sequence_length=12)
    assert preprocessor(["a " * 11])["token_ids"].shape == (1, 12)
    assert preprocessor(["a " * 3])["token_ids"].shape == (1, 8)
    assert preprocessor.num_cut(["a " * 11, "a " * 10, "x" * 10**6]) == 1
    assert preprocessor.pieces(["a bz"]) == [["[CLS]", "a", "[UNK]", "[SEP]"]]


def test_arrays_and_datasets_are_read_alike():
    preprocessor, texts = preprocessor_of(pairs=True), ["a b\tc", "a"]
    (batch,) = tf.data.Dataset.from_tensor_slices(texts).batch(2).map(preprocessor)
    assert rows({k: v.numpy() for k, v in batch.items()}) == rows(preprocessor(texts))


@pytest.mark.parametrize(
    "pieces, message",
    [
        (PIECES[1:], r"must begin with \[PAD\]"),
        ([*PIECES, "a"], "a word piece twice"),
    ],
)
@pytest.mark.one_backend
def test_vocabularies_that_are_none(pieces, message):
    with pytest.raises(ValueError, match=message):
        TIMBertTokenizer(pieces)


@pytest.mark.one_backend
def test_a_vocabulary_that_does_not_fit():
    backbone = TIMBertBackbone(9, 1, 2, 4, 8, 1, max_sequence_length=16)
    with pytest.raises(ValueError, match="is of 16 word pieces, and the backbone's weights"):
        TIMBertClassifier(backbone, 2, preprocessor_of(sequence_length=16))
    backbone = TIMBertBackbone(16, 1, 2, 4, 8, 1, max_sequence_length=16)
    with pytest.raises(ValueError, match=r"at most 16 word pieces\. Received: sequence_length=17"):
        TIMBertMaskedLM(backbone, preprocessor_of(sequence_length=17))


# The model


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_logits(pooling):
    model = classifier_of(3, pooling=pooling)
    features = model.preprocessor(["a b c", "a . c d e f g h a"])
    found = to_numpy(model.decisions_model().predict_on_batch(features))
    mask = to_numpy(features["padding_mask"])
    states = [row[keep] for row, keep in zip(found["sequence"], mask, strict=True)]
    pooled = np.stack([s.mean(0) if pooling == "mean" else s[0] for s in states])
    kernel, bias = model.output_dense.get_weights()
    np.testing.assert_allclose(found["logits"], pooled @ kernel + bias, atol=1e-5)
    assert found["competition"].shape == (2, 16, 1, 2)
    np.testing.assert_allclose(
        model.predict_on_batch(np.array(["a b c", "a . c d e f g h a"], object)),
        found["logits"],
        atol=1e-6,
    )


def test_scores_begin_in_the_middle():
    model = classifier_of(1, pairs=True, scores=(1, 5))
    assert model.labels == []
    model.output_dense.set_weights([np.zeros((8, 1)), np.array([0.5])])
    assert to_numpy(model.predict_on_batch(np.array(["a\tb"], object))).tolist() == [[4.0]]


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "options, message",
    [
        ({"labels": ["x", "x"]}, "must be distinct names"),
        ({"labels": ["x"]}, "must be distinct names"),
        ({"scores": (0, 5)}, "`num_classes` then 1"),
        ({"num_classes": 1, "scores": (5, 5)}, "the least and the highest"),
        ({"pooling": "last"}, "`pooling` must be one of"),
    ],
)
def test_classifiers_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        classifier_of(**options)


def test_a_preset_of_the_masked_model_becomes_a_classifier(tmp_path):
    pretrained = TIMBertMaskedLM(
        TIMBertBackbone(len(PIECES), 4, 2, 8, 16, max_sequence_length=128), preprocessor_of()
    )
    pretrained.save_to_preset(str(tmp_path / "p"))
    model = TIMBertClassifier.from_preset(str(tmp_path / "p"), num_classes=3, labels=[*"xyz"])
    for ours, theirs in zip(model.backbone.weights, pretrained.backbone.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    assert model.predict_on_batch(np.array(["a b"], object)).shape == (1, 3)
    model.save_to_preset(str(tmp_path / "q"))
    model.save(tmp_path / "m.keras")
    expected = model.predict_on_batch(np.array(["a b"], object))
    for path in (tmp_path / "q", tmp_path / "m.keras"):
        again = modzoo.load(path)
        assert again.labels == [*"xyz"]
        np.testing.assert_allclose(
            again.predict_on_batch(np.array(["a b"], object)), expected, atol=1e-6
        )
    lines = (tmp_path / "q/assets/tokenizer/vocabulary.txt").read_text()
    (tmp_path / "q/assets/tokenizer/vocabulary.txt").write_text(f"{lines}more\n")
    with pytest.raises(modzoo.errors.CallError, match="17 word pieces, and the model was made"):
        modzoo.load(tmp_path / "q")


# What is said of texts


def examples_of(texts, labels, names=(), **options):
    return TextExamples(texts, np.array(labels), list(names), "dev", "A table", **options)


def test_figures_of_classes():
    model = classifier_of(labels=["x", "y"])
    model.output_dense.set_weights([np.zeros((8, 2)), np.array([0.0, 1.0])])
    found = pretraining.evaluate(model, examples_of(["a", "b c", "a b"], [0, 1, 1], "yx"))
    assert found.metrics == pytest.approx({"accuracy": 1 / 3, "f1": 0.5, "matthews": 0})
    assert (found.split, found.examples) == ("dev", 3)


@pytest.mark.one_backend
def test_figures_are_those_of_the_field():
    gold, said = np.array([0, 0, 1, 1, 1, 0]), np.array([0, 1, 1, 1, 0, 0])
    figures = class_figures(gold, said)
    hits, false, missed = 2, 1, 1
    assert figures["f1"] == pytest.approx(2 * hits / (2 * hits + false + missed))
    assert figures["matthews"] == pytest.approx(np.corrcoef(gold, said)[0, 1])
    assert class_figures(np.array([0, 1, 2]), np.array([0, 1, 1])) == {"accuracy": 2 / 3}
    gold, said = np.array([1.0, 2, 4, 3]), np.array([1.0, 3, 9, 5])
    figures = score_figures(gold, said)
    assert figures["pearson"] == pytest.approx(np.corrcoef(gold, said)[0, 1])
    assert figures["spearman"] == pytest.approx(1)
    assert score_figures(gold, np.ones(4)) == {"pearson": 0, "spearman": 0}


def test_scores_of_pairs():
    model = classifier_of(1, pairs=True, scores=(0, 5))
    texts = ["a b\tc", "a\ta", "a"]
    examples = examples_of(texts, [1.0, 2.5, 4.0], pairs=True, scores=(0, 5))
    outputs = to_numpy(model.predict_on_batch(np.array(texts, object)))[:, 0]
    found = pretraining.evaluate(model, examples)
    assert found.metrics["pearson"] == pytest.approx(np.corrcoef(examples.labels, outputs)[0, 1])
    assert found.remarks[0].startswith("1 of 3 texts have no tab to divide a pair")
    said = pretraining.predict(model, texts)
    assert [r["score"] for r in said.records] == pytest.approx(np.clip(outputs, 0, 5), abs=1e-5)
    assert said.lines[0].endswith("  a b\tc") and said.remarks


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "options, message",
    [
        ({"pairs": True}, "A table is of pairs of texts, and the model is not"),
        ({"scores": (0, 5)}, "A table is of scores, and the model is not of scores"),
        ({"names": "xz"}, "has the label 'z', which the model does not know"),
    ],
)
def test_examples_of_another_kind(options, message):
    model = classifier_of(labels=["x", "y"])
    with pytest.raises(CallError, match=message):
        pretraining.evaluate(model, examples_of(["a"], [0], **{"names": "xy", **options}))


@pytest.mark.one_backend
def test_a_run_shows_a_text_with_words():
    drawn = {}

    class Run:
        def history(self):
            return [{"epoch": 0, "loss": 0.5, "val_loss": 0.4}]

        def save_plot(self, name, figure):
            drawn[name] = figure

    pretraining.save_judging_plots(Run(), classifier_of(), ["", " . ", "a bc d"])
    assert set(drawn) == {"history", "competition"}
    pretraining.save_judging_plots(Run(), classifier_of(), [""])


def test_explaining_a_pair():
    model = classifier_of(1, pairs=True, scores=(0, 5))
    record = pretraining.explain(model, "a bc\tb")
    assert record["tokens"] == ["a", "b", "##c", "[SEP]", "b"]
    assert record["score"] == pretraining.predict(model, ["a bc\tb"]).records[0]["score"]
    shares = np.array(record["competition"])
    assert shares.shape == (1, 5, 2)
    np.testing.assert_allclose(shares.sum(-1), 1, atol=1e-3)
    plain = classifier_of(competition=False)
    with pytest.raises(CallError, match="nothing to explain"):
        pretraining.explain(plain, "a")


@pytest.mark.one_backend
@pytest.mark.parametrize("options", [{"labels": ["x", "y"]}, {"num_classes": 1, "scores": (0, 5)}])
def test_a_servable_says_what_predict_says(options):
    model = classifier_of(pairs="scores" in options, **options)
    texts = ["a bc\tb", "", "a"]
    signatures = pretraining.servable(model).signatures
    answer = signatures["explain"]({"text": np.array(texts, object)})
    served = signatures["serving_default"]({"text": np.array(texts, object)})
    for i, record in enumerate(pretraining.predict(model, texts).records):
        if "score" in record:
            assert served["score"][i] == pytest.approx(record["score"], abs=1e-5)
        else:
            assert served["label"][i].decode() == record["label"]
            assert served["scores"][i] == pytest.approx(list(record["scores"].values()), abs=1e-6)
    record = pretraining.explain(model, texts[0])
    tokens = [token.decode() for token in answer["tokens"][0] if token]
    assert tokens[1:-1] == record["tokens"]
    np.testing.assert_allclose(
        answer["competition"][0][:, 1 : len(tokens) - 1], record["competition"], atol=1e-4
    )
    assert answer["layers"][0].tolist() == record["layers"]


# Fine-tuning


def test_a_pretrained_model_keeps_its_backbone():
    backbone = TIMBertBackbone(len(PIECES), 4, 2, 8, 16, max_sequence_length=16, dropout=0.0)
    start = TIMBertMaskedLM(backbone, preprocessor_of(sequence_length=16))
    settings = FineTuning(tuning_dropout=0.2, pooling="first")
    examples = examples_of(["a\tb"], [2.0], pairs=True, scores=(0, 5))
    model = pretraining.build_classifier(settings, examples, start)
    assert (model.scores, model.preprocessor.pairs, model.pooling) == ((0, 5), True, "first")
    assert (model.backbone.dropout, model.dropout) == (0.2, 0.2)
    for ours, theirs in zip(model.backbone.weights, backbone.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    randomise(model, scale=0.4)
    further = FineTuning(tuning_dropout=0.0)
    again = pretraining.build_classifier(further, examples, model)
    assert (again.backbone.dropout, again.dropout, again.pooling) == (0, 0, "first")
    for ours, theirs in zip(again.weights, model.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    further = FineTuning(pooling="mean")
    assert pretraining.build_classifier(further, examples, model).pooling == "mean"
    classes = examples_of(["a\tb"], [0], "xy", pairs=True)
    other = pretraining.build_classifier(settings, classes, model)
    assert other.labels == ["x", "y"]
    assert pretraining.chosen_by(other) == ("val_accuracy", "max")
    assert pretraining.chosen_by(model) == ("val_loss", "min")


def test_a_step_of_training_reaches_every_weight():
    model = classifier_of(1, pairs=True, scores=(0, 5))
    settings = FineTuning(epochs=1, learning_rate=0.1, warm_up_share=0.0)
    jit = keras.backend.backend() == "jax"
    model.compile(**pretraining.classifier_training(settings, model, 2), jit_compile=jit)
    before = [weight.numpy() for weight in model.trainable_variables]
    model.train_on_batch(np.array(["a b\tc", "a\tb"], object), np.array([1.0, 5.0]))
    for old, weight in zip(before, model.trainable_variables, strict=True):
        assert np.abs(weight.numpy() - old).max() > 0, weight.path


@pytest.mark.slow
@pytest.mark.one_backend
def test_seeds_are_summed_up(call, tmp_path):
    (tmp_path / "own.csv").write_text(
        "one,two,label\n" + "".join(f"a{i % 7},b{i},{i % 2}\n" for i in range(120))
    )
    flags = ["--data", tmp_path / "own.csv", "--text-column", "one", "--pair-column", "two"]
    flags += ["--seeds", "2", "--epochs", "1", "--width", "8", "--num-heads", "2", "--json"]
    flags += ["--intermediate-dim", "8", "--num-layers", "3", "--plain-layers", "0,-1"]
    code, out, err = call("train", "pretraining/glue", *flags, "--out", tmp_path / "r")
    assert code == 0, err
    report = json.loads(out)
    runs = [json.loads((tmp_path / "r" / f"seed_{s}/metrics.json").read_text()) for s in (0, 1)]
    assert report["runs"] == [run["metrics"] for run in runs]
    values = [run["metrics"]["accuracy"] for run in runs]
    assert report["metrics"]["accuracy"] == pytest.approx(np.mean(values))
    assert report["median"]["accuracy"] == pytest.approx(np.median(values))
    assert report["deviation"]["accuracy"] == pytest.approx(np.std(values, ddof=1))
    (tmp_path / "r" / "metrics.json").unlink()  # as if it had been killed before
    code, again, err = call(
        "train", "pretraining/glue", *flags, "--out", tmp_path / "r", "--resume"
    )
    assert code == 0, err
    assert json.loads(again) == report
    code, _, err = call("predict", tmp_path / "r", "a\tb")
    assert code == 2 and "is of several models, seed_0, seed_1" in err


# The step size


def test_the_step_size_rises_and_falls():
    for warm_up, decay in ((2, 1.0), (0, 1.0), (3, 0.5), (5, 0.05)):
        rate = LinearWarmUp(0.6, 12, warm_up, decay)
        found = [float(keras.ops.convert_to_numpy(rate(step))) for step in range(14)]
        expected = [tim_bert.rate(step, 0.6, 12, warm_up, decay) for step in range(14)]
        np.testing.assert_allclose(found, expected, atol=1e-6)
    with pytest.raises(ValueError, match="below `steps`"):
        LinearWarmUp(0.6, steps=2, warm_up=2)
    with pytest.raises(ValueError, match=r"`decay` must be in \(0, 1\]. Received: decay=0"):
        LinearWarmUp(0.6, steps=3, warm_up=2, decay=0)
