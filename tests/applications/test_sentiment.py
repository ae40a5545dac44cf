import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from modzoo.applications import sentiment
from modzoo.applications.annotated_texts.word_dropout import AnnotatedWordDropout
from modzoo.data.examples import TextExamples
from modzoo.errors import CallError
from modzoo.knowledge import Lexicon, Material, Tokens, get, make_sources, normal_words
from tests.plots.reading import texts
from tests.plots.records import activity

TEXTS = ["A good film , not a bad one", "Dull ; the plot is awful", "fine", ""]
SOURCES = ["token", "afinn", "vader"]


def classifier(sources=SOURCES, style="reviews", max_pooling=False, **kwargs):
    sources = make_sources(sources, Material(TEXTS, style=style))
    tokenizer = sentiment.SentimentTokenizer(sources, style)
    backbone = sentiment.SentimentBackbone(
        tokenizer.vocabulary_size(), sources, units=4, embedding_dim=6, **kwargs
    )
    return sentiment.SentimentClassifier(
        backbone,
        num_classes=2,
        preprocessor=sentiment.SentimentPreprocessor(tokenizer),
        labels=["negative", "positive"],
        max_pooling=max_pooling,
    )


def predicted(model, texts=TEXTS):
    return model.predict(np.array(texts, dtype=object), verbose=0)


def test_words_have_ids():
    tokenizer = sentiment.SentimentTokenizer([Tokens.learn(["b a b", "B c", "c"])])
    assert tokenizer.vocabulary == ["[PAD]", "[UNK]", "b", "c", "a"]
    assert tokenizer.vocabulary_size() == 5
    assert [row.tolist() for row in tokenizer.tokenize(["B zzz", ""]).numpy()] == [[2, 1], []]


def test_sources_are_distinct_and_include_the_tokens():
    tokens = Tokens.learn(TEXTS)
    for wrong in (["afinn"], ["token", "token"], [tokens, Lexicon("padding_mask", {"a": 1.0})]):
        with pytest.raises(ValueError, match="must be distinct and include the tokens"):
            sentiment.SentimentTokenizer(wrong)
        with pytest.raises(ValueError, match="must be distinct and include the tokens"):
            sentiment.SentimentBackbone(9, wrong)
    with pytest.raises(ValueError, match="style='prose'"):
        sentiment.SentimentTokenizer([tokens], "prose")


def test_a_tokenizer_without_data_says_so():
    preprocessor = sentiment.SentimentPreprocessor(
        sentiment.SentimentTokenizer([Tokens.learn(TEXTS), "afinn"])
    )
    with pytest.raises(ValueError, match="The sources afinn have no data yet"):
        preprocessor(np.array(TEXTS, dtype=object))


def test_a_backbone_takes_names_configurations_or_sources():
    named = sentiment.SentimentBackbone(9, SOURCES, units=4, embedding_dim=6)
    assert named.get_config()["sources"] == [get(name).get_config() for name in SOURCES]
    for sources in (named.sources, named.get_config()["sources"]):
        again = sentiment.SentimentBackbone(9, sources, units=4, embedding_dim=6)
        assert [v.path for v in again.weights] == [v.path for v in named.weights]


def test_a_backbone_holds_no_layer_that_it_does_not_use():
    backbone = classifier(["token"]).backbone
    backbone.build(None)  # of what is not built Keras warns, and warnings are errors here
    assert all(layer.built for layer in backbone._flatten_layers())


@pytest.mark.parametrize("silent_sources, least", [("idle", 1), ("null", 2)])
def test_sources_that_are_silent(silent_sources, least):
    """Of two active places a silent lexicon takes none, or as the null input it may."""
    model = classifier(num_active=2, silent_sources=silent_sources)
    record = sentiment.explain(model, "good the , bad")
    active = dict(zip(record["modules"], record["active"], strict=True))
    says = {
        name: [value is not None for value in values]
        for name, values in record["annotations"].items()
    }
    assert says["afinn"] == [True, False, False, True]
    for step, number in enumerate(zip(*record["active"], strict=True)):
        assert sum(number) == (2 if says["afinn"][step] else least)
    if silent_sources == "idle":
        assert active["token"][1:3] == [True, True]
        for name, spoken in says.items():
            assert not any(np.array(active[name]) & ~np.array(spoken))
            attention = np.array(record["attention"][record["modules"].index(name)])
            np.testing.assert_array_equal(attention > 0, spoken)


def test_silent_sources_are_idle_or_null():
    assert classifier(silent_sources="idle").backbone.get_config()["silent_sources"] == "idle"
    with pytest.raises(ValueError, match="silent_sources='off'"):
        classifier(silent_sources="off")


@pytest.mark.parametrize(
    "num_active, silent_sources, expected",
    [(None, None, "null"), (2, None, "null"), (1, None, "idle"), (1, "null", "null")],
)
def test_silent_sources_are_idle_where_modules_compete(num_active, silent_sources, expected):
    settings = sentiment.ModelSettings(
        sources=("token", "afinn"), num_active=num_active, silent_sources=silent_sources
    )
    labels = np.array([1, 0]), ["negative", "positive"]
    train = TextExamples(["good", "bad"], *labels, "train", "texts")
    assert sentiment.build_classifier(settings, train).backbone.silent_sources == expected


def test_features():
    model = classifier()
    features = {
        name: keras.ops.convert_to_numpy(value)
        for name, value in model.preprocessor(np.array(TEXTS, dtype=object)).items()
    }
    assert features["token"].shape == (4, 8)
    assert features["afinn"].shape == (4, 8, 2)
    np.testing.assert_array_equal(features["padding_mask"].sum(1), [8, 6, 1, 0])
    assert features["afinn"][0, 1].tolist() == [3, 1]  # good
    assert not features["afinn"][0, 0].any()
    assert not features["token"][3].any()


def test_features_are_the_same_in_a_graph():
    preprocessor = classifier().preprocessor
    dataset = tf.data.Dataset.from_tensor_slices(TEXTS).batch(4).map(preprocessor)
    eager = preprocessor(np.array(TEXTS, dtype=object))
    for name, value in next(iter(dataset)).items():
        np.testing.assert_array_equal(value.numpy(), keras.ops.convert_to_numpy(eager[name]))


def test_sequence_length_cuts():
    tokenizer = sentiment.SentimentTokenizer([Tokens.learn(TEXTS)])
    preprocessor = sentiment.SentimentPreprocessor(tokenizer, sequence_length=3, length_multiple=1)
    assert preprocessor.words(TEXTS[:1]) == [["A", "good", "film"]]
    assert preprocessor(np.array(TEXTS, dtype=object))["token"].shape == (4, 3)


@pytest.mark.parametrize("sources", [SOURCES, ["token"], ["afinn", "token", "pos"]])
def test_strings_in_logits_out(sources):
    model = classifier(sources)
    logits = predicted(model)
    assert logits.shape == (4, 2)
    assert np.isfinite(logits).all()
    alone = np.concatenate([predicted(model, [text]) for text in TEXTS])
    np.testing.assert_allclose(alone, logits, atol=1e-5)  # padding does not matter


def test_odd_tweets():
    model = classifier(style="tweets")
    texts = ["", "🎉👍🏽", "@ann http://x.yz/1", "line\r\nline", "word " * 2000, "\ufffd\x00"]
    assert np.isfinite(predicted(model, texts)).all()
    words = normal_words(tf.constant(["@Ann :) #GoodFilm &amp; http://x.yz/1"]), "tweets")
    assert [w.decode() for w in words[0].numpy()] == [
        *("@user", ":)", "#", "good", "film", "&", "http")
    ]
    record = sentiment.explain(model, "@Ann :) #GoodFilm")
    assert record["tokens"] == ["@Ann", ":)", "#", "Good", "Film"]
    assert record["annotations"]["vader"][1:4] == [2, None, 1.9]


def test_scores_have_a_cosine_and_a_mean():
    examples = sentiment.load_scored(None, "test")
    backbone = classifier().backbone
    preprocessor = classifier().preprocessor
    model = sentiment.SentimentClassifier(backbone, 5, preprocessor, examples.label_names)
    odds = np.exp(predicted(model, examples.texts))
    means = odds @ np.arange(-2, 3) / odds.sum(-1)
    gold = examples.labels - 2
    cosine = gold @ means / np.linalg.norm(gold) / np.linalg.norm(means)
    assert sentiment.evaluate(model, examples).metrics["cosine"] == pytest.approx(cosine, abs=1e-5)
    (record,) = sentiment.predict(model, examples.texts[:1]).records
    assert record["score"] == pytest.approx(means[0], abs=1e-5)


def test_pmi_needs_two_sides():
    def pmi(examples, label_names=None):
        names = label_names or examples.label_names
        return make_sources(["pmi"], Material(examples.texts, examples.labels, names))[0].scores

    reviews = sentiment.load_reviews(None, "train").limit(50)
    scores = pmi(reviews)
    assert scores
    assert pmi(sentiment.load_scored(None, "train").limit(50))
    assert pmi(reviews, ["0", "1"]) == scores
    for names in (["joy", "anger"], ["1", "nan"]):
        with pytest.raises(CallError, match="positive and negative classes"):
            pmi(reviews, names)
    with pytest.raises(CallError, match="learned from labelled texts"):
        make_sources(["pmi"], Material(TEXTS))


def test_evaluate_names_an_unknown_class():
    examples = dataclasses.replace(
        sentiment.load_reviews(None, "test"), label_names=["bad", "good"]
    )
    with pytest.raises(CallError, match="the label 'bad', which the model does not know"):
        sentiment.evaluate(classifier(), examples)


def test_fit_learns():
    model = classifier()
    model.compile(
        keras.optimizers.Adam(0.05),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    texts, labels = np.array(TEXTS[:2] * 8, dtype=object), np.array([1, 0] * 8)
    history = model.fit(texts, labels, epochs=12, shuffle=False, verbose=0).history
    assert history["accuracy"][-1] == 1


def test_keras_file_holds_everything(tmp_path):
    model = classifier()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(np.array(TEXTS, dtype=object), np.array([1, 0, 1, 0]), shuffle=False, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(predicted(loaded), predicted(model), atol=1e-6)
    assert loaded.labels == ["negative", "positive"]
    assert loaded.optimizer.iterations == model.optimizer.iterations
    for source, again in zip(
        model.preprocessor.tokenizer.sources, loaded.preprocessor.tokenizer.sources, strict=True
    ):
        assert again.get_config() == source.get_config()
    assert again.scores == source.scores


def test_parts_of_speech(tmp_path):
    model = classifier(["token", "pos", "afinn"])
    features = model.preprocessor(np.array(TEXTS, dtype=object))
    pos = keras.ops.convert_to_numpy(features["pos"])
    mask = keras.ops.convert_to_numpy(features["padding_mask"])
    assert pos.shape == (4, 8, 20)
    np.testing.assert_array_equal(pos.any(-1), mask)
    record = sentiment.explain(model, TEXTS[0])
    assert record["annotations"]["pos"] == ["DT", "JJ", "NN", ",", "RB", "DT", "NN", "CD"]
    assert record["annotations"]["afinn"][1] == 3
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", compile=False)
    np.testing.assert_allclose(predicted(again), predicted(model), atol=1e-6)
    model.save_to_preset(tmp_path / "preset")
    again = sentiment.SentimentClassifier.from_preset(str(tmp_path / "preset"))
    np.testing.assert_allclose(predicted(again), predicted(model), atol=1e-6)
    no_words = classifier(["token", "pos"], "tweets")
    assert np.isfinite(predicted(no_words, ["", " ", "🎉", "word " * 3000])).all()


def test_max_pooling(tmp_path):
    model = classifier(max_pooling=True)
    features = model.preprocessor(np.array(TEXTS, dtype=object))
    encoded = model.backbone(features, training=False)
    sequence = keras.ops.convert_to_numpy(encoded["sequence"])
    mask = keras.ops.convert_to_numpy(features["padding_mask"]).astype(bool)
    weights = keras.ops.convert_to_numpy(model.decisions_model()(features)["pooling"])
    pooled = np.zeros((len(TEXTS), 2 * sequence.shape[-1]), "float32")
    for i, (states, known, alpha) in enumerate(zip(sequence, mask, weights, strict=True)):
        if known.any():  # the last text is empty
            pooled[i] = np.concatenate([alpha @ states, states[known].max(0)])
    kernel, bias = model.output_dense.get_weights()
    np.testing.assert_allclose(predicted(model), pooled @ kernel + bias, atol=1e-5)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", compile=False)
    np.testing.assert_allclose(predicted(again), predicted(model), atol=1e-6)


def test_preset(tmp_path):
    model = classifier()
    model.save_to_preset(tmp_path / "preset")
    loaded = sentiment.SentimentClassifier.from_preset(str(tmp_path / "preset"))
    np.testing.assert_allclose(predicted(loaded), predicted(model), atol=1e-6)


def test_explain():
    record = sentiment.explain(classifier(num_active=2), TEXTS[0])
    assert record["tokens"] == TEXTS[0].split()
    assert np.shape(record["active"]) == np.shape(record["attention"]) == (3, 8)
    assert (np.sum(record["active"], axis=0) == 2).all()
    assert record["annotations"]["vader"] == [None, 1.9, None, None, None, None, -2.5, None]
    assert sum(record["scores"].values()) == pytest.approx(1, abs=1e-6)


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        ({}, "Verdict: negative, probability 0.93"),
        ({"score": -0.5}, "Verdict: negative, probability 0.93, mean score -0.50"),
    ],
)
def test_the_picture_says_the_verdict(scores, verdict):
    judged = {"label": "negative", "scores": {"negative": 0.93, "positive": 0.07}, **scores}
    assert texts(sentiment.draw({**activity(), **judged}))[0] == verdict


def test_evaluate_counts_every_example():
    model = classifier()
    examples = sentiment.load_reviews(None, "test")
    right = np.argmax(predicted(model, examples.texts), -1) == examples.labels
    recalls = [right[examples.labels == label].mean() for label in (0, 1)]
    evaluation = sentiment.evaluate(model, examples)
    assert (evaluation.split, evaluation.examples) == ("test", 2000)
    assert evaluation.metrics == {
        "accuracy": pytest.approx(right.mean()),
        "macro_recall": pytest.approx(np.mean(recalls)),
    }


def test_annotated_word_dropout():
    layer = AnnotatedWordDropout(0.5, seed=0)
    embedded, annotated = np.ones((40, 30, 4), "float32"), np.zeros((40, 30), "float32")
    annotated[:, ::2] = 1
    out = keras.ops.convert_to_numpy(layer(embedded, annotated, training=True))
    hidden = (out == 0).all(-1)
    assert not hidden[:, 1::2].any()
    assert 0.4 < hidden[:, ::2].mean() < 0.6
    np.testing.assert_array_equal(out[~hidden], 1)
    np.testing.assert_array_equal(layer(embedded, annotated, training=False), embedded)
    with pytest.raises(ValueError, match="rate=1"):
        AnnotatedWordDropout(1)


def test_splits():
    assert len(sentiment.load_reviews(None)) == 2000
    assert sentiment.load_reviews(None).split == "test"
    with pytest.raises(CallError, match=r"no split 'dev'"):
        sentiment.load_reviews(None, "dev")
    assert sentiment.load_tweets(None).label_names[1] == "neutral"
    assert sentiment.load_scored(None).label_names == ["-2", "-1", "0", "1", "2"]


@pytest.mark.one_backend
@pytest.mark.parametrize("file", ["own.csv", "train.tsv"])
def test_a_missing_column_names_the_flags(tmp_path, file):
    (tmp_path / file).write_text("review;stars\na;1\n")
    (tmp_path / "dev.tsv").write_text("review;stars\na;1\n")
    data = tmp_path / file if file == "own.csv" else tmp_path
    with pytest.raises(CallError, match=r"Semicolons divide it: .* with --text-column and --label"):
        sentiment.load_reviews(data, "train")


def test_real_splits(data_dir):
    assert len(sentiment.load_reviews(data_dir / "sst2", None)) == 872
    assert len(sentiment.load_tweets(data_dir / "semeval17_4a", None)) == 2000
    assert len(sentiment.load_tweets(data_dir / "tweeteval" / "irony", None)) == 784
    assert len(sentiment.load_scored(data_dir / "semeval16_4ce", None)) == 2000


@pytest.mark.one_backend
def test_a_folder_of_csv_files_is_ones_own(tmp_path):
    for split in ("train", "test"):
        rows = "".join(f"dish {i} was fine,{'bad' if i % 2 else 'good'}\n" for i in range(60))
        (tmp_path / f"{split}.csv").write_text("text,label\n" + rows, encoding="utf-8")
    examples = sentiment.load_reviews(tmp_path)
    assert (examples.split, len(examples), examples.label_names) == ("test", 60, ["bad", "good"])


@pytest.mark.one_backend
@pytest.mark.parametrize("labels", [["negative", "positive"], ["-1", "0", "2"]])
def test_a_servable_says_what_predict_and_explain_say(labels):
    model = classifier(style="tweets")
    if len(labels) == 3:
        model = sentiment.SentimentClassifier(model.backbone, 3, model.preprocessor, labels)
    served = sentiment.servable(model).signatures
    texts = [*TEXTS, "word " * 1000, "\u0000\ufffd", "a\u2028b\u00a0c\td", "@me #GoodMorning :)"]
    answer = served["serving_default"]({"text": np.array(texts, object)})
    for i, record in enumerate(sentiment.predict(model, texts).records):
        assert answer["label"][i].decode() == record["label"]
        names = [name.decode() for name in answer["labels"][i]]
        assert dict(zip(names, answer["scores"][i], strict=True)) == pytest.approx(record["scores"])
        if "score" in record:
            assert answer["score"][i] == pytest.approx(record["score"], abs=1e-5)
    assert ("score" in answer) == (len(labels) == 3)
    explained = served["explain"]({"text": np.array(TEXTS[:2], object)})
    for i, text in enumerate(TEXTS[:2]):
        record = sentiment.explain(model, text)
        time = len(record["tokens"])
        assert [x.decode() for x in explained["tokens"][i] if x] == record["tokens"]
        assert [x.decode() for x in explained["modules"][i]] == record["modules"]
        assert explained["activity"][i, :time].T.astype(bool).tolist() == record["active"]
        attention = explained["attention"][i, :time].T
        np.testing.assert_allclose(attention, record["attention"], atol=1e-4)
        np.testing.assert_allclose(explained["pooling"][i, :time], record["pooling"], atol=1e-4)
    graph = tf.function(served["explain"].function, [served["explain"].inputs])
    none = graph({"text": tf.constant([], tf.string)})
    assert {len(value) for value in none.values()} == {0}
