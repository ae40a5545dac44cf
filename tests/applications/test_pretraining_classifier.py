"""Texts and pairs as word pieces, and what is judged of them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import modzoo
from modzoo.applications.pretraining import (
    LinearWarmUp,
    TIMBertBackbone,
    TIMBertClassifier,
    TIMBertMaskedLM,
    TIMBertTextPreprocessor,
    TIMBertTokenizer,
)
from tests.backends import randomise, to_numpy

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefgh", "##b", "##c", "."]
PAD, UNK, CLS, SEP, MASKED = range(5)
A, B, C, DOT = (PIECES.index(piece) for piece in "abc.")


TOKENIZER = TIMBertTokenizer(PIECES)


def preprocessor_of(**options):
    return TIMBertTextPreprocessor(TOKENIZER, **options)


def classifier_of(num_classes=2, pairs=False, **options):
    backbone = TIMBertBackbone(
        len(PIECES), 4, 2, 8, 16, max_sequence_length=16, dropout=0.1, activation="relu"
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


# The step size


def test_the_step_size_rises_and_falls():
    rate = LinearWarmUp(0.6, steps=10, warm_up=2)
    found = [float(keras.ops.convert_to_numpy(rate(step))) for step in range(11)]
    expected = [0.2, 0.4, *(0.6 * left / 8 for left in range(8, -1, -1))]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    with pytest.raises(ValueError, match="below `steps`"):
        LinearWarmUp(0.6, steps=2, warm_up=2)
