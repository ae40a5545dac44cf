import keras
import numpy as np
import pytest
import tensorflow as tf

from modzoo.applications import tagging
from modzoo.applications.tagging.inference import model_outputs
from modzoo.data.tag_grammar import generate_tagged_sentences
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.errors import CallError
from modzoo.training import train_batches

SENTENCES = [["Salomon", "Brothers", "in", "California"], ["in", "South", "Africa"], ["in"], []]
LABELS = {"pos": ["IN", "NNP", "NNPS"], "ner": ["B-geo", "B-org", "I-geo", "I-org", "O"]}


def tagger(labels=LABELS, sentences=SENTENCES, max_characters=64, **kwargs):
    tokenizer = tagging.CharacterTokenizer.learn(sentences)
    backbone = tagging.TaggingBackbone(
        *(tokenizer.vocabulary_size(), len(labels)),
        **{"units": 4, "character_dim": 3, "character_units": 6, **kwargs},
    )
    preprocessor = tagging.TaggingPreprocessor(tokenizer, max_characters)
    return tagging.Tagger(backbone, labels, preprocessor, head_units=5)


def features(model, x):
    return {k: keras.ops.convert_to_numpy(v) for k, v in model.preprocessor(x).items()}


def texts(sentences=SENTENCES):
    return np.array([" ".join(words) for words in sentences], dtype=object)


def logits(model, sentences):
    """`{task: list of arrays (words, tags)}`."""
    found = {task: [None] * len(sentences) for task in model.tasks}
    for places, outputs in model_outputs(model, sentences, "logits"):
        for task, rows in outputs["logits"].items():
            for row, place in zip(rows, places, strict=True):
                found[task][place] = row[: len(sentences[place])]
    return found


# Characters


def test_characters_are_code_points_by_frequency():
    tokenizer = tagging.CharacterTokenizer.learn([["aab", "é"], ["a😀", "é"]])
    assert tokenizer.characters == "aéb😀"
    assert tokenizer.vocabulary_size() == 6
    ids = tokenizer.tokenize(tf.constant(["a😀z", "", b"a\xff"]))
    assert ids.to_list() == [[2, 5, 1], [], [2, 1]]
    assert tagging.CharacterTokenizer.learn([["aab"]], min_count=2).characters == "a"


def test_odd_characters_are_saved(tmp_path):
    tokenizer = tagging.CharacterTokenizer("\u2028\x85 #\\\U0001f600")
    tokenizer.save_assets(tmp_path)
    again = tagging.CharacterTokenizer()
    again.load_assets(tmp_path)
    assert again.characters == tokenizer.characters


# Features


def test_distinct_words_are_read_once():
    model = tagger()
    found = features(model, texts())
    cells = found["characters"].reshape(-1)
    assert (len(found["words"]), found["words"].shape[-1]) == (4, 2)
    assert found["padding_mask"].sum() == 8
    distinct = {word for sentence in SENTENCES for word in sentence}
    assert (cells > 0).sum() == sum(map(len, distinct))  # "in" three times
    ids = model.preprocessor.tokenizer.tokenize
    for row, sentence in enumerate(SENTENCES):
        for t in range(4):
            first, last = found["words"][row, t]
            expected = ids(sentence[t]).numpy() if t < len(sentence) else [0]
            np.testing.assert_array_equal(cells[first : last + 1], expected)


def test_ways_to_give_sentences():
    model = tagger()
    dense = tf.ragged.constant(SENTENCES).to_tensor("")
    wanted = features(model, texts())
    for x in (list(texts()), tf.constant(texts()), dense, dense.numpy().astype(str)):
        for name, value in features(model, x).items():
            np.testing.assert_array_equal(value, wanted[name])
    ragged = model.preprocessor.features(tf.ragged.constant(SENTENCES))
    np.testing.assert_array_equal(ragged["words"], wanted["words"])
    dataset = tf.data.Dataset.from_tensor_slices(list(texts())).batch(4).map(model.preprocessor)
    for name, value in next(iter(dataset)).items():
        np.testing.assert_array_equal(value.numpy(), wanted[name])


def test_words_are_those_of_the_graph():
    """What separates words is ASCII's white space alone."""
    model = tagger()
    odd = ["in\u00a0South  Africa\t", "", "\u2028", "a\nb"]
    words = model.preprocessor.words(odd)
    assert words == [["in\u00a0South", "Africa"], [], ["\u2028"], ["a", "b"]]
    counts = features(model, odd)["padding_mask"].sum(1)
    np.testing.assert_array_equal(counts, [len(row) for row in words])
    assert model.preprocessor.words([]) == []


@pytest.mark.parametrize("few", [False, True])
def test_sizes(few):
    model = tagger()
    model.preprocessor.few_sizes = few
    shapes = {
        features(model, texts([[f"w{i}" for i in range(n)]] * 2))["words"].shape
        for n in range(1, 16)
    }
    assert len(shapes) == (1 if few else 15)


def test_labels_are_padded_as_words():
    model = tagger()
    model.preprocessor.few_sizes = True
    y = {"pos": np.array([[1, 2, 0, 1]] * 4), "ner": np.ones((4, 4), "int32")}
    x, y, weights = model.preprocessor(texts(), y)
    assert x["padding_mask"].shape == y["pos"].shape == weights["ner"].shape == (4, 16)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(weights["pos"]), keras.ops.convert_to_numpy(x["padding_mask"])
    )


# The model


def test_padding_does_not_matter():
    """Neither the batch's other sentences nor their lengths change a sentence's tags."""
    model = tagger()
    together = logits(model, SENTENCES)
    for i, words in enumerate(SENTENCES[:3]):
        alone = logits(model, [words])
        for task in LABELS:
            np.testing.assert_allclose(alone[task][0], together[task][i], atol=1e-5)


@pytest.mark.parametrize("mode", ["learned", "fixed", "none"])
def test_hostile_sentences(mode):
    model = tagger(gate_mode=mode)
    hostile = [[], ["x" * 10_000], ["\u0000", "\ufffd", "電影", "👍🏽"], ["a"] * 300, []]
    for rows in logits(model, hostile).values():
        assert [len(row) for row in rows] == [0, 1, 4, 300, 0]
        assert all(np.isfinite(row).all() for row in rows)
    for rows in logits(model, [[], []]).values():
        assert all(row.shape[0] == 0 for row in rows)


def test_long_words_are_cut():
    model = tagger(max_characters=5)
    assert features(model, ["a" * 10_000, "in"])["characters"].shape[-1] <= 8
    long, cut = logits(model, [["Califo"], ["Calif"]])["pos"]
    np.testing.assert_allclose(long, cut, atol=1e-6)


@pytest.mark.parametrize("tasks", [1, 3])
@pytest.mark.parametrize("mode", ["learned", "fixed", "none"])
def test_any_number_of_tasks(mode, tasks):
    labels = {f"task{i}": ["a", "b"] for i in range(tasks)}
    model = tagger(labels, gate_mode=mode, units=6)
    assert {
        task: rows[0].shape for task, rows in logits(model, SENTENCES).items()
    } == dict.fromkeys(labels, (4, 2))


def test_labels_must_fit_the_tasks():
    with pytest.raises(ValueError, match="num_tasks=2"):
        tagging.Tagger(tagger().backbone, {"pos": ["a"]})


def test_predict_pads_batches_to_one_length():
    model = tagger()
    whole = model.predict(texts(), batch_size=4)
    parts = model.predict(texts(), batch_size=1)
    for task in LABELS:
        assert whole[task].shape[0] == parts[task].shape[0] == 4
        for i, words in enumerate(SENTENCES):
            n = len(words)
            np.testing.assert_allclose(whole[task][i, :n], parts[task][i, :n], atol=1e-5)


def compiled(model):
    model.compile(
        keras.optimizers.Adam(0.05),
        loss=tagging.tag_losses(model.tasks),
        weighted_metrics=tagging.tag_metrics(model.tasks),
    )
    return model


def fitted(model, sentences, epochs=6):
    batches = train_batches(tagging.LabelledSentences(sentences, model.labels), 16, seed=0)
    return (
        compiled(model)
        .fit(batches, epochs=epochs, steps_per_epoch=16, shuffle=False, verbose=0)
        .history
    )


@pytest.mark.parametrize("tasks", [["pos", "ner"], ["ner"]])
def test_fit_learns_and_names_its_figures(tasks):
    sentences = generate_tagged_sentences("train", 256).only(tasks)
    labels = {task: sentences.labels(task) for task in tasks}
    model = tagger(labels, sentences.tokens, units=16, character_units=16, character_dim=16)
    history = fitted(model, sentences, epochs=9)
    assert history["ner_accuracy"][-1] > 0.8
    if len(tasks) == 2:
        assert history["pos_accuracy"][-1] > 0.8
    evaluation = tagging.evaluate(model, sentences)
    metrics = evaluation.metrics
    assert metrics["ner_accuracy"] > 0.8
    assert 0 < metrics["ner_f1"] < 1
    assert not evaluation.notes


def test_untagged_and_unseen_words_do_not_count():
    """Weights of zero: no gradient from a task that a sentence has no tags of."""
    tags = {"pos": [["NNP", "new", "IN", "NNP"], None, ["IN"], []], "ner": [None] * 4}
    model = tagger()
    before = [keras.ops.convert_to_numpy(v) for v in model.logit_layers[1].weights]
    history = fitted(model, TaggedSentences(SENTENCES, tags, "train", "x"), epochs=1)
    assert np.isfinite(history["loss"]).all()
    for v, value in zip(model.logit_layers[1].weights, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(v), value)


def test_strings_and_labels_are_fitted():
    model = compiled(tagger())
    y = {"pos": np.array([[1, 2, 0, 1]] * 4), "ner": np.ones((4, 4), "int32")}
    history = model.fit(texts(), y, epochs=2, shuffle=False, verbose=0).history
    assert np.isfinite(history["loss"]).all()


# Files


def assert_same_tagger(a, b):
    assert b.labels == a.labels
    for task, rows in logits(a, SENTENCES).items():
        for row, other in zip(rows, logits(b, SENTENCES)[task], strict=True):
            np.testing.assert_allclose(row, other, atol=1e-6)


def test_keras_file_holds_everything(tmp_path):
    model = compiled(tagger(fixed_units=[[0], [1, 2]], gate_mode="fixed"))
    y = {"pos": np.array([[1, 2, 0, 1]] * 4), "ner": np.ones((4, 4), "int32")}
    model.fit(texts(), y, shuffle=False, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert_same_tagger(model, loaded)
    assert loaded.optimizer.iterations == model.optimizer.iterations
    assert loaded.backbone.task_gate.fixed_units == [[0], [1, 2]]


def test_preset(tmp_path):
    model = tagger()
    model.save_to_preset(tmp_path / "preset")
    loaded = tagging.Tagger.from_preset(str(tmp_path / "preset"))
    assert_same_tagger(model, loaded)


def test_new_labels_get_new_heads():
    model = tagger()
    assert model.with_labels({"pos": ["IN"], "ner": ["O"]}) is model
    other = model.with_labels({"pos": ["DET", "IN"], "ner": ["O"]})
    assert other.labels == {"pos": ["DET", "IN"], "ner": ["O"]}
    assert other.backbone is model.backbone


# What it says, and why


def test_predict_and_explain():
    model = tagger()
    sentences = [" ".join(words) for words in SENTENCES]
    predicted = tagging.predict(model, sentences).records
    assert [row["tokens"] for row in predicted] == SENTENCES
    assert all(set(row["ner"]) <= set(LABELS["ner"]) for row in predicted)
    record = tagging.explain(model, sentences[1])
    assert record["tasks"] == ["pos", "ner"]
    assert record["pos"] == predicted[1]["pos"]
    gates = np.array([record["gates"][task] for task in LABELS])
    assert gates.shape == (2, 3, 4)
    assert np.all((gates > 0) & (gates < 1))
    assert np.all(np.array(record["scores"]["ner"]) >= 1 / 5 - 1e-3)
    assert record["gate_mode"] == "learned"


def test_without():
    model = tagger()
    off = tagging.without(model, ["1", "ner:3"])
    gates = tagging.explain(off, "in California")["gates"]
    pos, ner = (np.array(gates[task]) for task in LABELS)
    assert not pos[:, 1].any()
    assert not ner[:, [1, 3]].any()
    assert pos[:, 3].all()
    for name in ("4", "chunk:1", "x", "-1", ""):
        with pytest.raises(CallError, match="no gate"):
            tagging.without(model, [name])


def test_evaluate_counts_every_word():
    model = tagger()
    tags = {"pos": [["NNP", "NNPS", "IN", "NNP"], ["IN", "NNP", "NNP"], ["IN"], []]}
    evaluation = tagging.evaluate(model, TaggedSentences(SENTENCES, tags, "test", "x"))
    predicted = [tag for row in tagging.predict(model, texts()).records for tag in row["pos"]]
    gold = [tag for row in tags["pos"] for tag in row]
    assert evaluation.metrics == {"pos_accuracy": pytest.approx(np.mean(np.equal(predicted, gold)))}
    assert not evaluation.notes
    with pytest.raises(CallError, match="tags pos, ner; x has only: chunk"):
        tagging.evaluate(model, TaggedSentences(SENTENCES, {"chunk": tags["pos"]}, "test", "x"))


def test_a_corpus_must_have_the_tasks():
    with pytest.raises(CallError, match="no tags 'chunk'; it has: pos, ner"):
        tagging.require_tasks(generate_tagged_sentences("test", 2), ["pos", "chunk"])


def test_folders_that_hold_no_tags(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(CallError, match="holds no tagged sentences; expected a folder with"):
        tagging.load_sentences(tmp_path)
    (tmp_path / "ca01").write_text("a/b")
    with pytest.raises(CallError, match="--columns is for CoNLL columns"):
        tagging.load_sentences(tmp_path, columns=["pos"])


@pytest.mark.parametrize(
    "folder, tasks",
    [
        ("conll2000", ["pos", "chunk"]),
        ("ud_english_ewt", ["pos", "upos"]),
        ("uner_english_ewt", ["ner"]),
        ("lid_es_en", ["language"]),
        pytest.param("gmb_ner", ["pos", "ner"], marks=pytest.mark.slow),
        pytest.param("brown", ["pos"], marks=pytest.mark.slow),
    ],
)
def test_published_folders(data_dir, folder, tasks):
    assert tagging.load_sentences(data_dir / folder).tasks == tasks


def test_joined_folders(data_dir):
    joined = tagging.load_sentences(
        data_dir / "ud_english_ewt", ner_folder=data_dir / "uner_english_ewt"
    )
    assert joined.tasks == ["pos", "upos", "ner"]


@pytest.mark.one_backend
def test_a_servable_replaces_what_is_not_utf8():
    served = tagging.servable(tagger()).signatures
    words = [[b"\xff\xfe", b"caf\xe9", "é".encode(), b""]]
    replaced = ["\ufffd\ufffd", "caf\ufffd", "é"]
    batches = {"text": np.array([b" ".join(words[0])], object), "words": np.array(words, object)}
    for name, signature in served.items():
        if name != "network":
            key = next(iter(signature.inputs))
            (row,) = signature({key: batches[key]})["tokens"]
            assert [word.decode() for word in row if word] == replaced, name


@pytest.mark.one_backend
@pytest.mark.parametrize("mode", ["learned", "none"])
def test_a_servable_says_what_predict_and_explain_say(mode):
    model = tagger(gate_mode=mode)
    model.preprocessor.sequence_length = 7
    served = tagging.servable(model).signatures
    given = [*texts(), "", " ", "a b c d e f g", "a b c d e f g h", "word " * 40, "\u0000\ufffd"]
    given += ["\ufeffword", "a \ufeff"]
    answer = served["serving_default"]({"text": np.array(given, object)})
    for i, record in enumerate(tagging.predict(model, given).records):
        time = len(record["tokens"])
        for name, row in record.items():
            assert [x.decode() for x in answer[name][i]][:time] == row, name
            assert set(answer[name][i][time:]) <= {b""}
        for task in model.tasks:
            best = answer[f"{task}_scores"][i].argmax(-1)[:time]
            assert [answer[f"{task}_labels"][i][j].decode() for j in best] == record[task]
    rows = served["words"]({"words": answer["tokens"]})
    assert all(np.array_equal(rows[name], answer[name]) for name in answer)
    explained = served["explain"]({"text": np.array(given[:1], object)})
    record = tagging.explain(model, given[0])
    for task in model.tasks:
        time = len(record["tokens"])
        np.testing.assert_allclose(
            explained[f"{task}_gates"][0, :time], record["gates"][task], atol=1e-4
        )
    for name in ("explain", "serving_default"):
        none = served[name]({"text": np.array([], object)})
        assert {len(value) for value in none.values()} == {0}
