"""Taggers that read words in context by multi-task models, with routes between them or none."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import modzoo
from modzoo.applications import tagging
from modzoo.applications.routed_settings import CoolingSettings
from modzoo.applications.tagging.inference import model_outputs
from modzoo.applications.tagging.settings import ModelSettings
from modzoo.data.mixed_grammar import generate_mixed_sentences
from modzoo.data.tagged_sentences import TaggedSentences, of_several_tasks
from modzoo.errors import CallError
from modzoo.knowledge import Tags
from modzoo.training import train_batches
from modzoo.training.batches import index_batches

SENTENCES = generate_mixed_sentences("train", 90)
GATES = {"base": "gates", "sharing": "none"}
TEXT = " ".join(SENTENCES.tokens[0])


def tagger(**changes):
    small = {"tasks": tuple(SENTENCES.tasks), "base": "ns_mtl", "sharing": "mt_rmn", "units": 8}
    return tagging.build_tagger(ModelSettings(**{**small, "head_units": 6, **changes}), SENTENCES)


@pytest.fixture(scope="module")
def routed():
    """A tagger whose routes differ from word to word."""
    model = tagger(embedding_dim=5, min_word_count=2)
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    return model


def logits(model, texts=(TEXT, "of", "")):
    outputs = model.predict(np.array(texts, object))
    return {task: outputs[task][0] for task in model.tasks}


# Words


@pytest.mark.one_backend
def test_words_have_ids_nobody_has_a_name():
    words = [["The", "the", "@me", "x@y.com"], ["http://t.co/a", "the", "once", ""]]
    tokenizer = tagging.CharacterTokenizer.learn(words, min_word_count=2)
    assert tokenizer.words.vocabulary == ["[PAD]", "[UNK]", "the", "@user"]
    assert tokenizer.num_words == 4
    ids = tokenizer.word_ids(tf.constant([["THE", "@you", "once"], ["", "", "[PAD]"]]))
    assert ids.numpy().tolist() == [[2, 3, 1], [0, 0, 1]]


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "changes, inputs",
    [
        ({}, {"characters", "words"}),
        ({"embedding_dim": 5}, {"characters", "words", "tokens"}),
        ({"embedding_dim": 5, "characters": False}, {"tokens"}),
        (
            {"embedding_dim": 5, "base": "gates", "sharing": "none"},
            {"characters", "words", "tokens"},
        ),
    ],
)
def test_what_is_read_of_words(changes, inputs):
    model = tagger(**changes)
    assert set(model.input) == {*inputs, "padding_mask"}
    assert set(model.preprocessor.features(tf.constant([TEXT, ""]))) == set(model.input)
    found = logits(model)
    for task, names in model.labels.items():
        assert found[task].shape == (len(SENTENCES.tokens[0]), len(names))
    alone = logits(model, [TEXT])
    for task in model.tasks:
        np.testing.assert_allclose(found[task], alone[task], atol=1e-5)


@pytest.mark.one_backend
def test_words_must_be_read():
    with pytest.raises(CallError, match="Words are read by --characters, by an --embedding-dim"):
        ModelSettings(characters=False)
    with pytest.raises(ValueError, match="letters or an embedding"):
        tagging.TaggingBackbone(9, 2, character_units=0)


def test_files_hold_words_and_routes(routed, tmp_path):
    expected = logits(routed)
    routed.save(tmp_path / "m.keras")
    routed.save_to_preset(str(tmp_path / "preset"))
    for again in (
        modzoo.load(tmp_path / "m.keras"),
        tagging.Tagger.from_preset(str(tmp_path / "preset")),
    ):
        assert again.preprocessor.tokenizer.words.vocabulary[:2] == ["[PAD]", "[UNK]"]
        found = logits(again)
        for task in routed.tasks:
            np.testing.assert_allclose(found[task], expected[task], atol=1e-5)


@pytest.mark.one_backend
def test_a_source_of_tags_has_gates(routed):
    with pytest.raises(CallError, match="a tagger of letters, with gates or none"):
        Tags.freeze(routed, "pos", {"G_N": np.ones(3)})


# Training


@pytest.mark.one_backend
def test_an_epoch_holds_as_many_sentences_of_each_task():
    parts = {
        task: TaggedSentences([[f"{task}{i}"] for i in range(size)], {task: [["T"]] * size}, "", "")
        for task, size in (("a", 8), ("b", 20), ("c", 3))
    }
    labels = {task: ["T", "U"] for task in parts}
    examples = tagging.BalancedSentences(of_several_tasks(parts), labels)
    assert len(examples) == 24
    epochs = [[], []]
    for i, batch in enumerate(index_batches(examples, 6, 0).take(8).as_numpy_iterator()):
        epochs[i // 4] += [examples.sentences.tokens[place][0] for place in batch]
    for words in epochs:
        assert sorted(word for word in words if word[0] == "a") == [f"a{i}" for i in range(8)]
        assert len({word for word in words if word[0] == "b"}) == 8
        assert [words.count(f"c{i}") >= 2 for i in range(3)] == [True] * 3
    assert set(epochs[0]) != set(epochs[1])
    _, _, weights = examples.gather(tf.constant([0, 1, 2]))
    assert [weights[task].numpy().ravel().tolist() for task in "abc"] == np.eye(3).tolist()


@pytest.mark.one_backend
def test_it_learns_three_tasks_at_once():
    sentences = generate_mixed_sentences("train", 240)
    model = tagger(units=16)
    model.compile(
        keras.optimizers.Adam(0.01),
        loss=tagging.tag_losses(model.tasks),
        weighted_metrics=tagging.tag_metrics(model.tasks),
    )
    batches = train_batches(tagging.BalancedSentences(sentences, model.labels), 12, seed=0)
    watched = tagging.LabelledSentences(SENTENCES, model.labels)
    settings = CoolingSettings(temperature=2.0, cooling=0.5)
    cooling, counting = tagging.routing_callbacks(settings, model, watched)
    assert (cooling.initial, cooling.decay) == (2.0, 0.5)
    options = {"epochs": 3, "steps_per_epoch": 20, "shuffle": False, "verbose": 0}
    history = model.fit(batches, callbacks=[cooling, counting], **options).history
    for task in model.tasks:
        assert history[f"{task}_accuracy"][-1] > history[f"{task}_accuracy"][0] + 0.08
    found = tagging.inspect(model, SENTENCES)["entropy"]
    last = {task: history[f"val_{task}_route_entropy"][-1] for task in model.tasks}
    assert last == pytest.approx(found, abs=1e-4)


# Figures


@pytest.mark.one_backend
def test_figures_of_the_primary_task_go_without_its_name(routed):
    found = tagging.evaluate(routed, SENTENCES).metrics
    assert list(found) == ["accuracy", "macro_f1", "english_accuracy", "hindi_accuracy"]
    posts = SENTENCES.only(["pos"]).tagged()
    assert len(posts) == 30
    assert tagging.evaluate(routed, posts).metrics == pytest.approx(
        {name: found[name] for name in ("accuracy", "macro_f1")}
    )


@pytest.mark.one_backend
def test_the_most_frequent_tag_of_each_word():
    tags = {"pos": [["A", "B", "B"], ["B", "A"], None]}
    train = TaggedSentences([["x", "X", "y"], ["x", "z"], ["y"]], tags, "", "")
    test = TaggedSentences([["X", "z", "new", "y"]], {"pos": [["B", "A", "B", "C"]]}, "", "")
    found = tagging.most_frequent_tags(train, test, "pos")
    assert found["accuracy"] == 3 / 4
    assert found["macro_f1"] == pytest.approx((1 + 0.8 + 0) / 3)


# Routes


def test_explain_says_who_reads_what(routed):
    record = tagging.explain(routed, TEXT)
    words = len(SENTENCES.tokens[0])
    assert np.shape(record["routes"]) == (words, 2, 3, 3)
    reads = np.array([record["reads"][task] for task in routed.tasks])
    assert reads.shape == (3, words, 2, 3)
    assert set(np.unique(reads)) == {0, 1}
    rates = np.array(list(record["rates"].values()))
    np.testing.assert_allclose(rates, reads.mean(1), atol=1e-4)
    for task, shares in record["shares"].items():
        own = np.array(record["reads"][task]).sum(0)
        np.testing.assert_allclose(shares, own / own.sum(), atol=1e-5)
        assert np.sum(shares) == pytest.approx(1, abs=1e-5)
    assert json.loads(json.dumps(record)) == record
    assert tagging.draw(record).get_size_inches()[0] > 5


@pytest.mark.one_backend
def test_parts_are_switched_off(routed):
    names = ["0:1", "1:2:0", "0:0:2", "hindi:1:0"]
    off = tagging.without(routed, names)

    def switched(record):
        routes, reads = np.array(record["routes"]), np.array([*record["reads"].values()])
        own = [routes[:, 0, :, 1], routes[:, 1, 1], reads[:, :, 0, 1]]
        return [*own, routes[:, 1, 0, 2], routes[:, 0, 2, 0], reads[2, :, 1, 0]]

    whole = tagging.explain(routed, TEXT)
    assert sum(x.any() for x in switched(whole)) >= 4
    assert not any(x.any() for x in switched(tagging.explain(off, TEXT)))
    assert set(names) <= set(tagging.parts(routed))
    assert len(tagging.parts(routed)) == 6 * (1 + 3 + 3)
    with pytest.raises(CallError, match="no part '0:3' to disable; name a sub-encoder"):
        tagging.without(routed, ["0:3"])


@pytest.mark.one_backend
def test_patterns_are_those_of_each_tasks_own_sentences(routed):
    record = tagging.inspect(routed, SENTENCES)
    for place, task in enumerate(routed.tasks):
        reads = [None] * 90
        for places, outputs in model_outputs(routed, SENTENCES.tokens, "decoder_routes"):
            for row, i in zip(outputs["decoder_routes"][task], places, strict=True):
                reads[i] = row[: len(SENTENCES.tokens[i])]
        rates = np.concatenate(reads[place::3]).mean(0)
        np.testing.assert_allclose(record["rates"][task], rates, atol=1e-4)
        np.testing.assert_allclose(record["shares"][task], rates / rates.sum(), atol=1e-4)
        third = np.mean([x[2] for x in reads[place::3]], 0)
        np.testing.assert_allclose(record["steps"][task][2], third, atol=1e-4)
        assert 0 < record["entropy"][task] < 1


@pytest.mark.one_backend
def test_where_nothing_is_decided_nothing_is_explained():
    model = tagger(sharing="none")
    assert tagging.parts(model) == []
    with pytest.raises(CallError, match="nothing to explain; train one with --sharing mt_rmn"):
        tagging.explain(model, TEXT)
    with pytest.raises(CallError, match="no '0:0' to disable"):
        tagging.without(model, ["0:0"])
    assert tagging.predict(model, [TEXT]).records[0]["tokens"] == SENTENCES.tokens[0]


@pytest.mark.one_backend
def test_all_routes_are_open_as_a_control():
    reads = tagging.explain(tagger(routing="all"), TEXT)["reads"]
    assert np.min(list(reads.values())) == 1


@pytest.mark.one_backend
def test_a_servable_says_what_explain_says(routed):
    served = tagging.servable(routed).signatures
    answer = served["explain"]({"text": np.array([TEXT, "of"], object)})
    record, words = tagging.explain(routed, TEXT), len(SENTENCES.tokens[0])
    for task in routed.tasks:
        np.testing.assert_array_equal(answer[f"{task}_reads"][0, :words], record["reads"][task])
        assert [tag.decode() for tag in answer[task][0, :words]] == record[task]
    np.testing.assert_array_equal(answer["encoder_routes"][0, :words], record["routes"])


# Data


@pytest.mark.one_backend
def test_published_posts_and_their_auxiliaries(data_dir):
    folders = {"english": data_dir / "conll2000", "hindi": data_dir / "ud_hindi"}
    sentences = tagging.load_code_mixed(data_dir / "girnet_pos", None, folders)
    assert (sentences.tasks, sentences.split) == (["pos", "english", "hindi"], "test")
    counts = {t: sum(row is not None for row in rows) for t, rows in sentences.tags.items()}
    assert counts == {"pos": 172, "english": 2012, "hindi": 180}
    latin = [word for row in sentences.only(["hindi"]).tagged().tokens for word in row]
    assert 0.7 < sum(word.isascii() for word in latin) / len(latin) < 0.85
    alone = tagging.load_code_mixed(data_dir / "girnet_pos", "train")
    assert (alone.tasks, len(alone), alone.primary) == (["pos"], 1480, "pos")
    both = tagging.load_code_mixed(data_dir / "girnet_pos", None, folders, romanised=False)
    written = [word for row in both.only(["hindi"]).tagged().tokens for word in row]
    assert sum(word.isascii() for word in written) / len(written) < 0.2
