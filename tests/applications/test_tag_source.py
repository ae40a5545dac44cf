"""The tagging application's models as a source of knowledge."""

import numpy as np
import pytest
import tensorflow as tf

from modzoo.applications import tagging
from modzoo.knowledge import Material, Tags, Words, learn_tag_vectors, make_sources

SENTENCES = [
    ["outlawed", "in", "South", "Africa"],
    ["it", "has", "n't", "been", "a", "very", "dull", "film", "."],
    ["字", "x" * 10_000, "\0"],
    [],
]
VECTORS = {"DT": np.ones(3, "float32"), "NN": np.full(3, 2.0, "float32")}


def tagger(**kwargs):
    tokenizer = tagging.CharacterTokenizer.learn([*SENTENCES[:2], ["\0"]])
    backbone = tagging.TaggingBackbone(tokenizer.vocabulary_size(), 2, 6, 4, 6, **kwargs)
    labels = {"pos": [*"ABCDEF", "DT", "JJ", "NN"], "ner": [*"abcdef", "O", "B-geo"]}
    return tagging.Tagger(backbone, labels, tagging.TaggingPreprocessor(tokenizer), 5)


def randomised(model):
    """Weights that float16 knows, and so large that tags differ."""
    rng = np.random.default_rng(0)
    drawn = [3 * rng.normal(size=w.shape) for w in model.get_weights()]
    model.set_weights([weight.astype("float16") for weight in drawn])
    for layer in model.hidden_layers + model.logit_layers:
        layer.bias.assign(np.zeros(layer.bias.shape))
    return model


def padded(sentences):
    words = tf.ragged.constant(sentences, dtype=tf.string).to_tensor("")
    return Words(words, words)


def names(source, sentences):
    rows = source.describe(padded(sentences))
    return [row[: len(words)] for row, words in zip(rows, sentences, strict=True)]


@pytest.fixture(scope="module")
def shipped():
    return make_sources(["pos"], Material())[0]


def test_the_shipped_source_tags_as_the_shipped_tagger(shipped):
    model = tagging.Tagger.from_preset("tagging_pos_ner")
    assert names(shipped, SENTENCES) == tagging.predict_tags(model, SENTENCES)["pos"]
    assert names(shipped, SENTENCES)[0] == ["VBN", "IN", "NNP", "NNP"]


def test_real_sentences(shipped, data_dir):
    model = tagging.Tagger.from_preset("tagging_pos_ner")
    tokens = tagging.load_sentences(data_dir / "gmb_ner", "test").tokens[:200]
    assert names(shipped, tokens) == tagging.predict_tags(model, tokens)["pos"]


def test_vectors_stand_for_tags(shipped):
    words = padded(SENTENCES)
    vectors, numbers = shipped.annotate(words).numpy(), shipped.numbers(words.written).numpy()
    assert vectors.shape == (4, 9, 20)
    np.testing.assert_array_equal(numbers < 0, words.written.numpy() == b"")
    np.testing.assert_array_equal(vectors[numbers >= 0], shipped.vectors[numbers[numbers >= 0]])
    assert not vectors[numbers < 0].any()
    assert not shipped.annotate(padded([[""], [""]])).numpy().any()


def test_it_works_in_graphs_and_exported_ones(shipped, tmp_path):
    module = tf.Module()
    module.sources = [shipped]

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.string)])
    def serve(words):
        return shipped.annotate(Words(words, words))

    module.serve = serve
    words = padded(SENTENCES)
    expected = shipped.annotate(words).numpy()
    np.testing.assert_array_equal(serve(words.written), expected)
    tf.saved_model.save(module, str(tmp_path))
    exported = tf.saved_model.load(str(tmp_path))
    np.testing.assert_array_equal(exported.serve(words.written), expected)


@pytest.mark.parametrize(
    "task, options",
    [
        ("pos", {}),
        ("ner", {"context": "current"}),
        ("ner", {"gate_mode": "fixed"}),
        ("pos", {"gate_mode": "none"}),
    ],
)
def test_a_tagger_is_frozen(task, options, tmp_path):
    model = randomised(tagger(**options))
    vectors = {"O": VECTORS["NN"]} if task == "ner" else VECTORS
    source = Tags.freeze(model, task, vectors)
    tagged = tagging.predict_tags(model, SENTENCES)[task]
    assert names(source, SENTENCES) == tagged
    assert len({tag for row in tagged for tag in row}) > 1
    for tag, vector in zip(source.tags, source.vectors, strict=True):
        np.testing.assert_array_equal(vector, vectors.get(tag, np.zeros(3)))
    source.save_assets(tmp_path)
    again = Tags.from_config({"name": task, "width": 3})
    again.load_assets(tmp_path)
    np.testing.assert_array_equal(
        again.annotate(padded(SENTENCES)), source.annotate(padded(SENTENCES))
    )
    assert again.tags == source.tags == model.labels[task]


def test_gates_that_are_off_stay_off():
    model = tagging.without(randomised(tagger()), ["0", "pos:3"])
    weights = model.task_weights("pos")
    assert weights["open_gates"].tolist() == [0, 1, 1, 0, 1, 1]
    tagged = tagging.predict_tags(model, SENTENCES)["pos"]
    assert names(Tags.freeze(model, "pos", VECTORS), SENTENCES) == tagged


def test_vectors_of_tags_that_stand_in_the_same_places_are_near():
    sentences = [["IN", noun, "CC"] for noun in ("NN", "NNP")] * 100
    sentences += [["TO", verb, "RB"] for verb in ("VBD", "VBZ")] * 100
    vectors = learn_tag_vectors(sentences, dimensions=8, window=2, epochs=20)
    assert {vector.shape for vector in vectors.values()} == {(8,)}

    def cosine(a, b):
        a, b = vectors[a], vectors[b]
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    assert cosine("NN", "NNP") > cosine("NN", "VBD")
    assert cosine("VBD", "VBZ") > cosine("VBZ", "NNP")
    again = learn_tag_vectors(sentences, dimensions=8, window=2, epochs=20)
    np.testing.assert_array_equal(again["NN"], vectors["NN"])
