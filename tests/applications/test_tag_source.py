import keras
import numpy as np
import pytest
import tensorflow as tf

from modzoo.applications import tagging
from modzoo.errors import CallError
from modzoo.training import preset_folder

SENTENCES = [
    ["outlawed", "in", "South", "Africa"],
    ["it", "has", "n't", "been", "a", "very", "dull", "film", "."],
    ["字", "x" * 10_000],
]
VECTORS = {"DT": np.ones(3, "float32"), "NN": np.full(3, 2.0, "float32")}


def tagger():
    tokenizer = tagging.CharacterTokenizer.learn(SENTENCES[:2])
    backbone = tagging.TaggingBackbone(tokenizer.vocabulary_size(), 2, 6, 4, 6)
    labels = {"pos": ["DT", "JJ", "NN"], "ner": ["O", "B-geo"]}
    return tagging.Tagger(backbone, labels, tagging.TaggingPreprocessor(tokenizer), 5)


def padded(sentences):
    return tf.ragged.constant(sentences).to_tensor("")


def names(source, sentences):
    numbers = source.tag(padded(sentences)).numpy()
    return [[source.tags[i] for i in row if i >= 0] for row in numbers]


@pytest.fixture(scope="module")
def shipped():
    return tagging.TagSource.load(f"{preset_folder('tagging_pos_ner')}/pos.npz")


def test_the_shipped_source_tags_as_the_shipped_tagger(shipped):
    model = tagging.Tagger.from_preset("tagging_pos_ner")
    assert names(shipped, SENTENCES) == tagging.predict_tags(model, SENTENCES)["pos"]
    assert names(shipped, SENTENCES)[0] == ["VBN", "IN", "NNP", "NNP"]


def test_vectors_stand_for_tags(shipped):
    words = padded(SENTENCES)
    vectors, numbers = shipped(words).numpy(), shipped.tag(words).numpy()
    assert vectors.shape == (3, 9, 20)
    np.testing.assert_array_equal(numbers < 0, words.numpy() == b"")
    np.testing.assert_array_equal(vectors[numbers >= 0], shipped.vectors[numbers[numbers >= 0]])
    assert not vectors[numbers < 0].any()
    assert not shipped(tf.constant([[""], [""]])).numpy().any()


def test_it_works_in_graphs_and_exported_ones(shipped, tmp_path):
    module = tf.Module()
    module.source = shipped

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.string)])
    def serve(words):
        return shipped(words)

    module.serve = serve
    module.tables = shipped.preprocessor.tokenizer.ids
    expected = shipped(padded(SENTENCES)).numpy()
    np.testing.assert_array_equal(serve(padded(SENTENCES)), expected)
    tf.saved_model.save(module, str(tmp_path))
    exported = tf.saved_model.load(str(tmp_path))
    np.testing.assert_array_equal(exported.serve(padded(SENTENCES)), expected)


def test_a_tagger_is_frozen(tmp_path):
    model = tagger()
    if keras.backend.backend() != "tensorflow":
        with pytest.raises(CallError, match="frozen on TensorFlow"):
            tagging.TagSource.freeze(model, "pos", VECTORS)
        return
    source = tagging.TagSource.freeze(model, "pos", VECTORS)
    assert names(source, SENTENCES) == tagging.predict_tags(model, SENTENCES)["pos"]
    np.testing.assert_array_equal(source.vectors, [[1] * 3, [0] * 3, [2] * 3])  # JJ has none
    source.save(tmp_path / "pos.npz")
    again = tagging.TagSource.load(tmp_path / "pos.npz")
    words = padded(SENTENCES)
    np.testing.assert_array_equal(again(words), source(words))
    assert again.tags == ["DT", "JJ", "NN"]


def test_a_damaged_source(tmp_path):
    (tmp_path / "pos.npz").write_bytes(b"PK")
    with pytest.raises(CallError, match=r"Cannot read .*pos\.npz"):
        tagging.TagSource.load(tmp_path / "pos.npz")


def test_vectors_of_tags_that_stand_in_the_same_places_are_near():
    sentences = [["IN", noun, "CC"] for noun in ("NN", "NNP")] * 100
    sentences += [["TO", verb, "RB"] for verb in ("VBD", "VBZ")] * 100
    vectors = tagging.learn_tag_vectors(sentences, dimensions=8, window=2, epochs=20)
    assert {vector.shape for vector in vectors.values()} == {(8,)}

    def cosine(a, b):
        a, b = vectors[a], vectors[b]
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    assert cosine("NN", "NNP") > cosine("NN", "VBD")
    assert cosine("VBD", "VBZ") > cosine("VBZ", "NNP")
    again = tagging.learn_tag_vectors(sentences, dimensions=8, window=2, epochs=20)
    np.testing.assert_array_equal(again["NN"], vectors["NN"])
