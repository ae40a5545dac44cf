import json

import h5py
import keras
import keras_hub
import numpy as np
import pytest

import modzoo
from modzoo.applications import images, sentiment, tagging
from modzoo.errors import CallError
from modzoo.knowledge import Lexicon, Tokens, load_lexicon
from modzoo.recipes import load_recipe
from modzoo.training import Preset, Run, preset_folder, preset_names, save_preset

Settings = load_recipe("sentiment/sst2").Settings
TEXTS = ["a good film , not a bad one", "dull ; the plot is awful", ""]
FIGURE = {"split": "dev", "examples": 3, "metrics": {"accuracy": 0.5}, "backend": "jax"}


def classifier(other="pmi"):
    lexicon = Lexicon(other, {"good": 1.5, "plot": -0.5})
    sources = [Tokens.learn(TEXTS), load_lexicon("afinn"), lexicon]
    tokenizer = sentiment.SentimentTokenizer(sources)
    backbone = sentiment.SentimentBackbone(
        tokenizer.vocabulary_size(), sources, units=6, embedding_dim=5
    )
    preprocessor = sentiment.SentimentPreprocessor(tokenizer)
    return sentiment.SentimentClassifier(backbone, 2, preprocessor, ["negative", "positive"])


def logits(model):
    return model.predict(np.array(TEXTS, dtype=object), verbose=0)


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", keras.backend.backend())
    model = classifier()
    run = Run(tmp_path / "run", "sentiment/sst2", Settings(units=6))
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "card.md").write_text("A card.")
    save_preset(folder, run, model, FIGURE, "what it says")
    return model, folder


def test_a_preset_predicts_as_its_model(saved):
    model, folder = saved
    loaded = modzoo.load(folder)
    np.testing.assert_allclose(logits(loaded), logits(model), atol=2e-3)
    assert loaded.labels == model.labels
    assert loaded.preprocessor.tokenizer.sources[2].scores == {"good": 1.5, "plot": -0.5}


def test_a_preset_keeps_its_record_and_its_card(saved):
    _, folder = saved
    preset = Preset.open(folder, Settings)
    assert (preset.recipe, preset.settings.units, preset.data) == ("sentiment/sst2", 6, None)
    record = json.loads((folder / "preset.json").read_text())
    assert record["summary"] == "what it says"
    assert record["figure"] == {"split": "dev", "examples": 3, "metrics": {"accuracy": 0.5}}
    assert (folder / "card.md").read_text() == "A card."


def kinds_of(folder):
    """The dtypes of a preset's weights."""
    kinds = set()
    for file in folder.glob("*.weights.h5"):
        with h5py.File(file) as weights:
            weights.visititems(lambda _, item: kinds.add(getattr(item, "dtype", None)))
    return kinds


def test_weights_are_half_precision_and_no_packaged_lexicon_is_copied(saved):
    _, folder = saved
    kinds = kinds_of(folder)
    assert np.dtype("float16") in kinds
    assert np.dtype("float32") not in kinds
    assert {path.name for path in folder.rglob("*.tsv")} == {"pmi.tsv"}


def test_a_damaged_preset(saved):
    _, folder = saved
    (folder / "model.weights.h5").write_bytes(b"")
    with pytest.raises(CallError, match="Cannot read the preset"):
        modzoo.load(folder)
    (folder / "preset.json").write_text("{}")
    with pytest.raises(CallError, match=r"preset\.json: it is not a preset's record"):
        Preset.open(folder, Settings)


@pytest.mark.parametrize(
    "setting, message",
    [
        ({"qqq": 1}, "no setting 'qqq'"),
        ({"epochs": "5"}, "'epochs' must be an integer"),
        ({"epochs": None}, "'epochs' must be an integer"),
        ({"seed": True}, "'seed' must be an integer"),
        ({"sources": 3}, "'sources' must be a list of strings"),
        ({"epochs": 0}, "--epochs must be at least 1"),
        ({"epochs": "5" * 10**5}, r"must be an integer, found '5{79}\.\.\.\.$"),
        ({"q" * 10**5: 1}, r"no setting 'q{80}\.\.\.'\.$"),
    ],
)
def test_a_preset_of_wrong_settings(saved, setting, message):
    _, folder = saved
    record = json.loads((folder / "preset.json").read_text())
    record["settings"] |= setting
    (folder / "preset.json").write_text(json.dumps(record))
    with pytest.raises(CallError, match=message):
        Preset.open(folder, Settings)


def test_a_folder_named_as_a_shipped_preset_is_itself(saved, monkeypatch):
    model, folder = saved
    folder = folder.rename(folder.with_name(preset_names()[0]))
    monkeypatch.chdir(folder.parent)
    loaded = modzoo.load(folder.name)
    np.testing.assert_allclose(logits(loaded), logits(model), atol=2e-3)


def test_a_preset_is_replaced_and_nothing_else(saved, tmp_path):
    model, folder = saved
    run = Run(tmp_path / "run", "sentiment/sst2", Settings(units=6))
    save_preset(folder, run, model, FIGURE, "what it says")
    assert (folder / "card.md").read_text() == "A card."
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("")
    with pytest.raises(CallError, match="something else than a preset"):
        save_preset(tmp_path / "mine", run, model, FIGURE, "what it says")
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_a_preset_holds_nothing_of_others(tmp_path):
    settings = Settings(sources=("token", "afinn", "mpqa"), lexica=str(tmp_path), units=6)
    run = Run(tmp_path / "run", "sentiment/sst2", settings)
    with pytest.raises(CallError, match=r"must stand alone, .* with --lexica"):
        save_preset(tmp_path / "small", run, classifier("mpqa"), FIGURE, "what it says")
    assert not (tmp_path / "small").exists()


@pytest.mark.one_backend
def test_a_preset_does_not_say_where_its_data_were(tmp_path):
    settings = load_recipe("tagging/pos_ner").Settings(ner_data=str(tmp_path))
    run = Run(tmp_path / "run", "tagging/pos_ner", settings)
    save_preset(tmp_path / "small", run, classifier(), FIGURE, "what it says")
    assert (
        json.loads((tmp_path / "small" / "preset.json").read_text())["settings"]["ner_data"] is None
    )


@pytest.mark.parametrize(
    "given, labels",
    [
        ({}, ["negative", "positive"]),
        ({"num_classes": 3}, ["0", "1", "2"]),
        ({"num_classes": 3, "labels": ["a", "b", "c"]}, ["a", "b", "c"]),
        ({"num_classes": 2}, ["0", "1"]),
        ({"labels": ["bad", "good"]}, ["bad", "good"]),
    ],
)
def test_labels_fit_the_classes(given, labels):
    model = sentiment.SentimentClassifier.from_preset("sentiment_sst2", **given)
    assert model.labels == labels
    assert logits(model).shape == (3, len(labels))


@pytest.mark.parametrize(
    "given",
    [{"num_classes": 3, "labels": ["a", "b"]}, {"labels": ["a"]}, {"labels": ["a", "a"]}],
)
def test_labels_that_do_not_fit(given):
    with pytest.raises(ValueError, match="`labels` must be distinct names, one for each class"):
        sentiment.SentimentClassifier.from_preset("sentiment_sst2", **given)


@pytest.mark.one_backend
def test_a_preset_of_another_kind():
    for cls, name in (
        (sentiment.SentimentClassifier, "tagging_pos_ner"),
        (sentiment.SentimentTokenizer, "images_mnist_cifar"),
        (tagging.Tagger, "images_mnist_cifar"),
        (images.ImageTransformer, "sentiment_sst2"),
    ):
        with pytest.raises(ValueError, match=rf"'{name}' holds a \w+, which {cls.__name__}"):
            cls.from_preset(name)


@pytest.mark.one_backend
def test_a_subclass_of_ones_own():
    class Mine(sentiment.SentimentClassifier):
        pass

    mine = Mine.from_preset("sentiment_sst2", num_classes=2)
    assert isinstance(mine, sentiment.SentimentClassifier)


@pytest.mark.one_backend
def test_as_a_preset_of_keras_hub():
    model = keras_hub.models.TextClassifier.from_preset(preset_folder("sentiment_sst2"))
    assert type(model) is sentiment.SentimentClassifier


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'sentiment_sst2'"):
        sentiment.SentimentClassifier.from_preset("sentiment_sst")
