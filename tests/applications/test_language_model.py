"""A language model in the tokens' place: frozen, fine-tuned, adapted by LoRA."""

import dataclasses
import json
import types
import zipfile

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

import modzoo
from modzoo.applications import pretraining, sentiment
from modzoo.data.examples import TextExamples
from modzoo.errors import CallError
from modzoo.knowledge import WordVectors
from modzoo.training import SlowedAdam, TrainingSettings, recorder
from tests import language_models as tiny
from tests.backends import to_numpy

pytest.importorskip("safetensors")
TEXTS = ["a GOOD film , not a bad one", "dull ; the story is unaffordable", "fine", ""]
EXAMPLES = TextExamples(TEXTS, np.array([1, 0, 1, 0]), ["negative", "positive"], "train", "x")
MODES = {
    "frozen": {},
    "fine_tuned": {"lm_mode": "fine_tuned"},
    "lora": {"lm_mode": "fine_tuned", "lora_rank": 2},
}


@dataclasses.dataclass(frozen=True)
class Settings(sentiment.ModelSettings, sentiment.TextTrainingSettings):
    pass


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MODZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return str(tiny.bert_folder(tmp_path_factory.mktemp("bert")))


def settings(place, **options):
    options = {"sources": ("token", "afinn"), "units": 4, "embedding_dropout": 0.0, **options}
    return Settings(language_model=place, **options)


def classifier(place, **options):
    return sentiment.build_classifier(settings(place, **options), EXAMPLES)


def predicted(model, texts=TEXTS):
    return model.predict(np.array(texts, dtype=object), verbose=0)


def fit(model, optimizer="adam"):
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches = tf.data.Dataset.from_tensors((np.array(TEXTS, dtype=object), EXAMPLES.labels))
    return model.fit(batches, shuffle=False, verbose=0).history["loss"][0]


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_a_words_vector_is_that_of_its_pieces(pooling):
    backbone = keras_hub.models.RobertaBackbone(9, 1, 2, 4, 8, max_sequence_length=6, dropout=0)
    ids = np.array([[[0, 5, 6, 7, 2], [0, 8, 2, 1, 1]], [[0, 5, 2, 1, 1], [0, 2, 1, 1, 1]]])
    words = np.array([[[0, 1, 1, 3, 0], [0, 3, 0, -1, -1]], [[0, 1, 0, -1, -1], [0, 0, *3 * [-1]]]])
    mask = np.array([[True, True, True], [True, False, False]])
    layer = WordVectors(backbone, pooling)
    found = to_numpy(layer(np.stack([ids, words], -1).astype("int32"), mask))
    inputs = {"token_ids": ids.reshape(4, 5), "padding_mask": words.reshape(4, 5) >= 0}
    states = to_numpy(backbone(inputs)).reshape(2, 10, 4)
    expected = np.zeros((2, 3, 4))
    for text, word in np.argwhere(mask):
        own = states[text][words[text].reshape(-1) == word + 1]
        if len(own):
            expected[text, word] = own.mean(0) if pooling == "mean" else own[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert not found[0, 1].any()
    assert found[0, 2].any()


@pytest.mark.parametrize("mode", ["frozen", "fine_tuned"])
def test_it_is_trained_saved_and_explained(bert, mode, tmp_path):
    model = classifier(bert, **MODES[mode])
    assert np.isfinite(fit(model, sentiment.adam(model, settings(bert), 1e-2)))
    expected = predicted(model)
    assert sentiment.explain(model, TEXTS[0])["modules"] == ["token", "afinn"]
    model.save(tmp_path / "m.keras")
    again = modzoo.load(tmp_path / "m.keras")
    atol = 2e-3 if mode == "frozen" else 1e-5  # those of the cache are rounded
    np.testing.assert_allclose(predicted(again), expected, atol=atol)
    if mode == "fine_tuned":
        off = sentiment.without(again, ["afinn"])
        assert np.isfinite(predicted(off)).all()
        return
    again.save_to_preset(str(tmp_path / "preset"))
    preset = sentiment.SentimentClassifier.from_preset(str(tmp_path / "preset"))
    np.testing.assert_allclose(predicted(preset), predicted(again), atol=1e-5)


def test_vectors_are_computed_once(bert, cache, monkeypatch):
    def counted(model):
        tokens, count = model.preprocessor.tokenizer.tokens, []
        remember = tokens._remember
        monkeypatch.setattr(
            tokens, "_remember", lambda *rows: count.append(len(rows[0])) or remember(*rows)
        )
        return model, count

    model, count = counted(classifier(bert))
    first = predicted(model)
    assert sum(count) == 4
    np.testing.assert_array_equal(predicted(model), first)
    fit(model)
    assert sum(count) == 4
    predicted(model, [*TEXTS, "a new film"])
    assert sum(count) == 5
    model, count = counted(classifier(bert))  # of another process
    predicted(model)
    assert not count
    model, count = counted(classifier(bert, lm_pooling="first"))
    predicted(model)
    assert sum(count) == 4
    assert len(list(cache.rglob("*.features"))) == 9


@pytest.mark.one_backend
def test_what_is_kept_may_be_exact(bert, cache):
    def vectors(**options):
        model = classifier(bert, **options)
        return to_numpy(model.preprocessor(np.array(TEXTS, dtype=object))["token"])

    live = vectors(lm_cache_gb=0.0)
    assert not cache.exists()
    np.testing.assert_allclose(vectors(lm_cache_dtype="float32"), live, atol=1e-6)


def test_it_takes_steps_of_its_own_size(bert):
    model = classifier(bert, **MODES["fine_tuned"])
    language_model = model.backbone.language_model
    # Of a row that is read twice TensorFlow's Adam does not add the gradients.
    slowed = [w for w in language_model.trainable_variables if "embedding" not in w.path]
    before, others = values(slowed), values(model.output_dense.weights)
    options = dataclasses.replace(settings(bert), learning_rate=1e-2, lm_learning_rate=1e-4)
    optimizer = sentiment.adam(model, options, options.learning_rate)
    assert isinstance(optimizer, SlowedAdam)
    fit(model, optimizer)

    def largest(old, new):
        return max(np.abs(a - b).max() for a, b in zip(old, new, strict=True))

    # Adam's first step is of the step size wherever there is a gradient.
    np.testing.assert_allclose(largest(before, values(slowed)), 1e-4, rtol=0.02)
    np.testing.assert_allclose(largest(others, values(model.output_dense.weights)), 1e-2, rtol=0.02)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(optimizer)))
    again = keras.saving.deserialize_keras_object(config)
    assert (again.slowed, again.factor) == (optimizer.slowed, optimizer.factor)


def values(variables):
    return [to_numpy(variable.value) for variable in variables]


def lora_weights(model):
    return [w for w in model.trainable_variables if "lora" in w.path]


def test_lora_trains_small_maps_alone(bert, tmp_path):
    model = classifier(bert, **MODES["lora"])
    language_model = model.backbone.language_model
    assert len(lora_weights(model)) == 4
    trained = {
        w.path.rpartition("self_attention_layer/")[2] for w in language_model.trainable_variables
    }
    maps = {f"{map}/{w}" for map in ("query", "value") for w in ("lora_kernel_a", "lora_kernel_b")}
    assert trained == {*maps, "query/bias", "value/bias"}
    fit(model)
    model.save(tmp_path / "m.keras")
    again = modzoo.load(tmp_path / "m.keras")  # merged
    assert not any(to_numpy(w.value).any() for w in lora_weights(again))
    further = sentiment.build_classifier(settings(bert, **MODES["lora"]), EXAMPLES, start=again)
    np.testing.assert_allclose(predicted(further), predicted(model), atol=1e-5)
    fit(further)
    assert any(to_numpy(w.value).any() for w in lora_weights(further) if "kernel_b" in w.path)


@pytest.mark.one_backend
def test_lora_goes_on_where_it_was_stopped(bert, tmp_path):
    model = classifier(bert, **MODES["lora"])
    fit(model)
    run = types.SimpleNamespace(
        path=tmp_path, history_file=tmp_path / "none", settings=TrainingSettings()
    )
    recorder._save(run, model, [{}], False)
    again = classifier(bert, **MODES["lora"])
    again.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert recorder.restore(run, again) == 1
    for a, b in zip(again.weights, model.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a.value), to_numpy(b.value))


@pytest.mark.one_backend
def test_the_zoos_own_bert(tmp_path):
    tokenizer = pretraining.TIMBertTokenizer(tiny.WORD_PIECES)
    backbone = pretraining.TIMBertBackbone(len(tiny.WORD_PIECES), 3, 2, 8, 8, plain_layers=(0, -1))
    backbone.save_to_preset(str(tmp_path / "own"))
    tokenizer.save_to_preset(str(tmp_path / "own"))
    place = str(tmp_path / "own")
    model = classifier(place)
    vectors = model.preprocessor(np.array(TEXTS, dtype=object))["token"]
    (pieces,) = tokenizer(["fine"])
    ids = np.array([[2, *np.array(pieces), 3]])
    states = backbone({"token_ids": ids, "padding_mask": ids >= 0})
    expected = to_numpy(states)[0, 1:-1].mean(0)
    np.testing.assert_allclose(to_numpy(vectors)[2, 0], expected, atol=2e-3)
    with pytest.raises(CallError, match="no queries and values of attention that LoRA can adapt"):
        classifier(place, **MODES["lora"])


@pytest.mark.one_backend
def test_elmo(tmp_path):
    place = str(tiny.elmo_folder(tmp_path / "elmo"))
    model = classifier(place)
    fit(model)
    model.save(tmp_path / "m.keras")
    again = modzoo.load(tmp_path / "m.keras")
    np.testing.assert_allclose(predicted(again), predicted(model), atol=2e-3)
    with pytest.raises(CallError, match="cannot be fine-tuned"):
        classifier(place, lm_mode="fine_tuned")


@pytest.mark.one_backend
@pytest.mark.parametrize("family, mode", [("bert", "frozen"), ("roberta", "fine_tuned")])
def test_it_is_served(family, mode, tmp_path):
    from modzoo.serving.formats import write_saved_model
    from modzoo.serving.graph import read_graph

    place = tiny.bert_folder(tmp_path / "lm") if family == "bert" else None
    place = place or tiny.roberta_folder(tmp_path / "lm")
    model = classifier(str(place), **MODES[mode], lm_cache_gb=0.0)
    write_saved_model(sentiment.servable(model), tmp_path / "served")
    read_graph(tmp_path / "served")  # raises where an operation is none that servables have
    served = tf.saved_model.load(str(tmp_path / "served")).signatures["serving_default"]
    scores = served(text=tf.constant(TEXTS))["scores"].numpy()
    np.testing.assert_allclose(scores, tf.nn.softmax(predicted(model)), atol=1e-5)


@pytest.mark.one_backend
def test_a_file_of_a_stranger(bert, tmp_path):
    classifier(bert).save(tmp_path / "m.keras")

    def written(name, change):
        with (
            zipfile.ZipFile(tmp_path / "m.keras") as old,
            zipfile.ZipFile(tmp_path / name, "w") as new,
        ):
            for member in old.namelist():
                new.writestr(member, change(member, old.read(member)))
        return tmp_path / name

    def other_class(member, content):
        return content.replace(b"keras_hub>BertBackbone", b"keras>Dense")

    def cut(member, content):
        return content[: len(content) // 2] if member.endswith("token.npz") else content

    def of_objects(member, content):
        if not member.endswith("token.npz"):
            return content
        np.savez(tmp_path / "evil.npz", weight_00000=np.array([print], object))
        return (tmp_path / "evil.npz").read_bytes()

    for name, change, message in (
        ("a.keras", other_class, "Cannot read"),
        ("b.keras", cut, "Cannot read .*token.npz"),
        ("c.keras", of_objects, "Cannot read .*token.npz"),
    ):
        with pytest.raises(CallError, match=message):
            modzoo.load(written(name, change))


@pytest.mark.one_backend
def test_settings_that_do_not_fit():
    for wrong, message in (
        ({"lora_rank": 2}, "--lora-rank is of a language model that is fine-tuned"),
        ({"lm_mode": "thawed"}, "--lm-mode must be one of frozen, fine_tuned"),
        ({"lm_learning_rate": 0.0}, "--lm-learning-rate must be positive"),
        ({"lm_cache_gb": -1.0}, "--lm-cache-gb must be at least 0"),
        ({"lm_cache_dtype": "int8"}, "--lm-cache-dtype must be one of"),
    ):
        with pytest.raises(CallError, match=message):
            settings("somewhere", **wrong)


def test_batches_read_at_once_have_the_vectors_of_batches_read_in_turn(bert):
    model = classifier(bert)
    texts = tf.data.Dataset.from_tensor_slices([f"{a} {b}" for a in TEXTS for b in "abcdefgh"])
    batches = texts.batch(2)
    at_once = batches.map(model.preprocessor.features, num_parallel_calls=8).as_numpy_iterator()
    tokens = classifier(bert).preprocessor.tokenizer.tokens
    tokens.cache = None
    for batch, found in zip(batches, at_once, strict=True):
        words = model.preprocessor.split(batch)
        np.testing.assert_allclose(found["token"], tokens.annotate(words), atol=2e-3)
