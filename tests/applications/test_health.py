import logging
import zipfile

import keras
import numpy as np
import pytest

import modzoo
from modzoo.applications import health
from modzoo.applications.annotated_texts.category_embedding import CategoryEmbedding
from modzoo.data.examples import TextExamples
from modzoo.errors import CallError

TEXTS = ["Rash after two days of Zorvane", "no dry-mouth with zorvanes", "fine", ""]
EXAMPLES = TextExamples(
    TEXTS, np.array([1, 2, 2, 0]), ["dose", "effect", "neither"], "train", "four texts"
)
SOURCES = ("token", "list:drugs.txt", "adr")
NAMES = ["token", "list_drugs_txt", "adr"]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "medical"
    folder.mkdir()
    (folder / "drugs.txt").write_text("Zorvane\nKelpidol forte\n")
    (folder / "ADR_lexicon.tsv").write_text("c1\tdry mouth\tSIDER\nc1\trash\tCHV\n")
    return folder


def classifier(folder, **settings):
    settings = {"sources": SOURCES, "units": 4, "embedding_dim": 6, "category_dim": 5} | settings
    settings = health.ModelSettings(gazetteers=str(folder), **settings)
    return health.build_classifier(settings, EXAMPLES)


def predicted(model):
    return model.predict(np.array(TEXTS, dtype=object), verbose=0)


@pytest.mark.parametrize("zero_none", [False, True])
def test_categories_are_rows_of_one_table(zero_none):
    layer = CategoryEmbedding(2, 3, zero_none)
    first, second = np.zeros((2, 2, 4, 1), "float32")
    first[0, 1], second[0, 1], second[1, 3] = 1, 1, 1
    found = [keras.ops.convert_to_numpy(x) for x in layer([first, second])]
    (table,) = layer.get_weights()
    assert table.shape == (2 if zero_none else 3, 3)
    none = np.zeros(3) if zero_none else table[2]
    for i, (vectors, members) in enumerate(zip(found, (first, second), strict=True)):
        expected = np.where(members > 0, table[i], none)
        np.testing.assert_allclose(vectors, expected, atol=1e-6)
    shapes = layer.compute_output_shape([(2, 4, 1), (2, 4, 1)])
    assert shapes == [(2, 4, 3), (2, 4, 3)]


def test_words_are_annotated_and_explained(folder):
    model = classifier(folder)
    record = health.explain(model, TEXTS[1])
    assert record["modules"] == NAMES == health.parts(model)
    assert record["annotations"] == {
        "list_drugs_txt": [None, None, None, "Zorvane"],
        "adr": [None, "dry mouth", None, None],
    }
    off = health.without(model, ["adr"])
    assert not any(health.explain(off, TEXTS[1])["active"][2])


@pytest.mark.parametrize("zero_none", [False, True])
def test_a_silent_gazetteer_is_the_null_input_only_with_zero_none(folder, zero_none):
    record = health.explain(classifier(folder, zero_none=zero_none), "Rash after two days")
    attention = np.array(record["attention"])[NAMES.index("list_drugs_txt")]
    assert (attention[1:] == 0.5).all() == zero_none  # at the first word the query is zero


def test_silent_gazetteers_take_no_turn(folder):
    model = classifier(folder, num_active=1)
    assert model.backbone.silent_sources == "idle"
    active = np.array(health.explain(model, TEXTS[0])["active"])
    assert active.sum(0).max() == 1
    assert active[0, 1:5].all()  # where no gazetteer speaks the tokens are read


def test_a_saved_model_holds_no_terms_and_finds_them_again(folder, tmp_path, caplog, monkeypatch):
    monkeypatch.delenv("MODZOO_GAZETTEERS", raising=False)
    model = classifier(folder)
    expected = predicted(model)
    model.save(tmp_path / "m.keras")
    model.save_to_preset(tmp_path / "preset")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert not any(b"Kelpidol" in archive.read(name) for name in archive.namelist())
    assert not any(b"Kelpidol" in path.read_bytes() for path in (tmp_path / "preset").rglob("*.*"))
    for name in ("m.keras", "preset"):
        again = modzoo.load(tmp_path / name, gazetteers=folder)
        np.testing.assert_allclose(predicted(again), expected, atol=1e-6)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            without = modzoo.load(tmp_path / name)
        assert "The model works without the gazetteer 'list:drugs.txt'. No package" in caplog.text
        assert np.isfinite(predicted(without)).all()
        assert not np.allclose(predicted(without), expected, atol=1e-6)
        record = health.explain(without, TEXTS[0])
        assert record["annotations"]["adr"] == [None] * 6
    monkeypatch.setenv("MODZOO_GAZETTEERS", str(folder))
    again = health.HealthClassifier.from_preset(str(tmp_path / "preset"))
    np.testing.assert_allclose(predicted(again), expected, atol=1e-6)
    with pytest.raises(CallError, match="no folder of gazetteers none"):
        modzoo.load(tmp_path / "m.keras", gazetteers="none")
    caplog.clear()
    (folder / "drugs.txt").unlink()
    with caplog.at_level(logging.WARNING):
        modzoo.load(tmp_path / "m.keras", gazetteers=folder)
    assert "'list:drugs.txt'. " + str(folder) + " holds no gazetteer" in caplog.text


def test_figures(folder):
    model = classifier(folder)
    metrics = health.evaluate(model, EXAMPLES).metrics
    guessed, gold = predicted(model).argmax(-1), EXAMPLES.labels
    right = sum(((guessed == c) & (gold == c)).sum() for c in (0, 1))
    named = sum((guessed == c).sum() + (gold == c).sum() for c in (0, 1))
    assert metrics["micro_f1"] == pytest.approx(2 * right / named)
    assert metrics["accuracy"] == pytest.approx((guessed == gold).mean())
    assert {*metrics} == {"micro_f1", "dose_f1", "effect_f1", "accuracy"}


@pytest.mark.one_backend
def test_a_servable_holds_the_terms(folder):
    model = classifier(folder)
    served = health.servable(model).signatures
    answer = served["serving_default"]({"text": np.array(TEXTS, object)})
    for i, record in enumerate(health.predict(model, TEXTS).records):
        assert answer["label"][i].decode() == record["label"]
        np.testing.assert_allclose(answer["scores"][i], [*record["scores"].values()], atol=1e-5)
        assert "score" not in record


@pytest.mark.one_backend
def test_numbers_are_no_scores_of_health_texts(folder):
    examples = TextExamples(TEXTS, EXAMPLES.labels, ["1", "2", "3"], "train", "four texts")
    model = health.build_classifier(health.ModelSettings(sources=("token",), units=4), examples)
    (record,) = health.predict(model, TEXTS[:1]).records
    assert {*record} == {"input", "label", "scores"}


@pytest.mark.one_backend
@pytest.mark.parametrize("load", ["load_ade_texts", "load_intake", "load_birth_defects"])
def test_texts_are_generated_or_ones_own(load, tmp_path):
    load = getattr(health, load)
    assert (len(load(None)), load(None).split) == (1600, "test")
    rows = "".join(f"text {i},{i % 3}\n" for i in range(90))
    (tmp_path / "own.csv").write_text("words,class\n" + rows)
    assert load(tmp_path / "own.csv", "train", "words", "class").label_names == ["0", "1", "2"]
    with pytest.raises(CallError, match="read with --text-column and --label-column"):
        load(tmp_path, "train")
