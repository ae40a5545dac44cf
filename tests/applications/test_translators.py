"""Monoliths that translate: what they read and write, and what their modules do."""

import json

import numpy as np
import pytest
import tensorflow as tf

import modzoo
from modzoo.applications import decomposition
from modzoo.applications.decomposition.translating import sureness, what_is_written
from modzoo.applications.decomposition.words import joined
from modzoo.data.intent_grammar import generate_requests
from modzoo.data.translations import both_ways
from modzoo.decomposition import ModuleSet, decompose
from modzoo.decomposition.bleu import bleu
from modzoo.errors import CallError
from modzoo.knowledge.styles import normal_words

pytestmark = pytest.mark.one_backend
LENGTH = 8


@pytest.fixture(scope="module")
def sentences():
    return decomposition.load_translations(None, "train", LENGTH - 1).limit(40)


@pytest.fixture(scope="module")
def whole(sentences):
    settings = decomposition.ModelSettings(units=6, embedding_dim=4, max_length=LENGTH)
    model = decomposition.build_monolith(settings, sentences)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 1, w.shape) for w in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def model(whole, sentences):
    given = decomposition.encoded(sentences, whole)
    modules = decompose(
        whole.network(),
        (given.x, given.y),
        groups=given.groups,
        vocabulary=whole.vocabulary,
        max_removed=0.5,
    )
    return whole.with_modules(modules)


def words_of(texts):
    return [
        [word.decode() for word in row]
        for row in normal_words(tf.constant(texts), "translations").numpy()
    ]


# Reading and writing


def test_words_and_their_ends(whole):
    pair = [("The dog's dog .", "L’eau d'ici\u202f!")]
    given = decomposition.encoded(both_ways(pair, ["eng", "fra"], "test", "pairs"), whole)
    ids = {word: i for i, word in enumerate(whole.vocabulary)}
    english = [ids["the"], ids["dog"], 1, ids["dog"], ids["."]]
    french = [1, 1, 1, 1, 1]
    assert given.x.tolist() == [[*english, 0, 0, 0], [*french, 0, 0, 0]]
    assert given.y.tolist() == [[*french, 0, -1, -1], [*english, 0, -1, -1]]
    assert given.groups == ["fra", "eng"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("J’ai faim\u202f!", "j' ai faim !"),
        ("Qu'est-ce que c'est ?", "qu' est-ce que c' est ?"),
        ("Je n'y vais pas.", "je n' y vais pas ."),
        ("Aujourd'hui, lorsqu'il s'en va", "aujourd'hui , lorsqu' il s' en va"),
        ("I don't know Tom's dog.", "i do n't know tom 's dog ."),
        ("", ""),
    ],
)
def test_splitting_and_joining(text, words):
    (found,) = words_of([text])
    assert found == words.split()
    (again,) = joined(tf.constant([[*found, "", ""]])).numpy()
    plain = text.lower().replace("’", "'").replace("\u202f", " ")
    assert again.decode() == plain


def test_how_sure_a_translation_is():
    written = np.array([[3, 4, 0, 5], [3, 3, 3, 3], [0, 0, 0, 0]])
    sure = np.array([[0.5, 0.25, 1.0, 0.1], [0.5] * 4, [0.7, 0.1, 0.1, 0.1]])
    np.testing.assert_allclose(sureness(written, sure), [0.5, 0.5, 0.7])


# Figures


def test_bleu_is_that_of_the_words_of_each_language(whole, model, sentences):
    given = decomposition.encoded(sentences, model)
    written, _ = what_is_written(model, given.x)
    place = [model.labels.index(name) for name in sentences.into]
    own = written[np.arange(len(written)), place]
    texts = [[model.vocabulary[i] for i in row[: [*row, 0].index(0)]] for row in own.tolist()]
    evaluation = decomposition.evaluate(model, sentences)
    assert evaluation.metrics["bleu"] == pytest.approx(bleu(texts, words_of(sentences.targets)))
    alone = decomposition.evaluate(whole, sentences).metrics
    assert alone == {"bleu": pytest.approx(evaluation.metrics["monolith_bleu"])}
    found = model.module_set.evaluate(given.x, given.y, given.groups)
    assert found["composition"] == pytest.approx(evaluation.metrics["bleu"])
    assert found["classes"]["fra"]["composition"] == pytest.approx(
        evaluation.notes["classes"]["fra"]["modules"]
    )


def test_languages_without_a_module_are_left_out(model, sentences):
    part = decomposition.without(model, ["eng"])
    evaluation = decomposition.evaluate(part, sentences)
    assert "20 of 40 texts are left out, whose language has no module: eng." in evaluation.remarks
    french = decomposition.evaluate(model, sentences).notes["classes"]["fra"]["modules"]
    assert evaluation.metrics["bleu"] == pytest.approx(french)
    pairs = both_ways([("a", "b")], ["eng", "fra"], "test", "pairs").shorter([9, 1], 5)
    with pytest.raises(CallError, match="no sentence to translate into fra; the model has no mod"):
        decomposition.evaluate(part, pairs)


def test_sentences_that_do_not_fit(model):
    with pytest.raises(CallError, match="holds classes of texts, and the model was trained for"):
        decomposition.evaluate(model, generate_requests("test", 5))
    german = both_ways([("a", "b")], ["eng", "deu"], "test", "pairs")
    with pytest.raises(CallError, match="pairs has the label 'deu', which the model does not know"):
        decomposition.evaluate(model, german)


# What comes of a text


def test_the_surest_module_translates(model):
    texts = ["the dog sees a cat .", "le chien voit un chat .", "", "x" * 10**6]
    records = decomposition.predict(model, texts).records
    for text, record in zip(texts, records, strict=True):
        assert record["input"] == text and list(record["scores"]) == ["eng", "fra"]
        assert record["into"] == max(record["scores"], key=record["scores"].get)
    off = records[0]["into"]
    (other,) = decomposition.predict(decomposition.without(model, [off]), texts[:1]).records
    assert other["into"] != off and other["scores"][off] == 0
    assert other["scores"][other["into"]] == records[0]["scores"][other["into"]]


def test_an_explanation(model):
    text = "the dog sees a cat ."
    record = decomposition.explain(model, text)
    (said,) = decomposition.predict(model, [text]).records
    assert {key: record[key] for key in said} == said
    assert record["modules"] == ["eng", "fra"] and record["words"] == text.split()
    columns = [" ".join(filter(None, column)) for column in zip(*record["written"], strict=True)]
    column = columns[record["modules"].index(said["into"])]
    assert joined(tf.constant([column.split() or [""]])).numpy()[0].decode() == said["translation"]
    assert np.shape(record["yes"]) == np.shape(record["written"])
    assert list(record["units"]) == ["lstm_0_writing"]
    assert decomposition.draw(record).axes


def test_a_network_that_is_not_taken_apart(whole):
    (record,) = decomposition.predict(whole, ["the dog sees a cat ."]).records
    assert list(record) == ["input", "translation"]


def test_a_servable_writes_what_predict_writes(whole, model):
    texts = np.array(["the dog sees a cat .", "", "le chat noir"], object)
    for served in (whole, model):
        servable = decomposition.servable(served)
        records = decomposition.predict(served, texts.tolist()).records
        answer = servable.answer("explain", {"text": texts})
        for i, record in enumerate(records):
            assert answer["translation"][i].decode() == record["translation"]
            if "into" in record:
                assert answer["into"][i].decode() == record["into"]
                scores = [record["scores"][name] for name in ("eng", "fra")]
                np.testing.assert_allclose(answer["scores"][i], scores, atol=1e-5)
        for place, label in enumerate(served.module_labels):
            alone = servable.answer(f"module_{label}", {"text": texts})["translation"]
            assert alone.tolist() == answer["translations"][:, place].tolist()


# Modules elsewhere


def test_modules_are_kept_with_the_model(model, sentences, tmp_path):
    model.save(tmp_path / "m.keras")
    again = modzoo.load(tmp_path / "m.keras")
    x = decomposition.encoded(sentences, model).x[:4]
    np.testing.assert_allclose(again.module_set.margins(x), model.module_set.margins(x), atol=1e-5)
    model.module_set.save(tmp_path / "D")
    loaded = ModuleSet.load(tmp_path / "D")
    parts = loaded.subset(["fra"]).merge(loaded.subset(["eng"]))
    np.testing.assert_allclose(parts.margins(x), model.module_set.margins(x)[:, ::-1], atol=1e-5)


def test_translators_of_other_words_are_not_put_together(model):
    words = [*model.vocabulary[:-1], "another"]
    config = {**model.get_config(), "vocabulary": words}
    other = type(model).from_config(config)
    with pytest.raises(CallError, match="that write the words of one vocabulary"):
        model.module_set.subset(["eng"]).merge(other.module_set.subset(["fra"]))


def test_a_run_is_taken_apart_and_composed(call, tmp_path):
    small = ["--limit", "30", "--units", "6", "--embedding-dim", "4", "--epochs", "1"]
    code, _, err = call("train", "decomposition/tatoeba", *small, "--out", tmp_path / "r")
    assert code == 0, err
    assert "paper, all translators" in err and "+0.1" in err
    args = ["decompose", tmp_path / "r", "--limit", "30", "--out", tmp_path / "D", "--json"]
    code, out, err = call(*args, "--max-removed", "0.5")
    assert code == 0, err
    report = json.loads(out)
    assert report["metric"] == "bleu" and list(report["classes"]) == ["eng", "fra"]
    test = decomposition.load_translations(None, "test", 11).limit(30)
    assert report["examples"] == len(test) == 30
    assert "BLEU." in (tmp_path / "D" / "report.md").read_text(encoding="utf-8")
    code, out, err = call("compose", f"{tmp_path / 'D'}:fra", "--out", tmp_path / "C", "--json")
    assert code == 0, err
    assert json.loads(out)["labels"] == ["fra"]


# Published pairs


def test_tatoeba(data_dir):
    test = decomposition.load_translations(data_dir / "tatoeba", "test", 5)
    assert max(map(len, words_of(test.sources))) == 5 >= max(map(len, words_of(test.targets)))
    assert {*test.into} == {"eng", "fra"} and len(test) > 1000
    settings = decomposition.ModelSettings(units=4, embedding_dim=4, max_length=6, max_words=500)
    model = decomposition.build_monolith(settings, test)
    assert len(model.vocabulary) == 502
    given = decomposition.encoded(test.limit(100), model)
    assert (given.y == 0).sum() == 100 and given.groups == test.into[:100]
