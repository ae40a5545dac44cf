"""One long row does not fill the memory: what is cut or read in pieces, what is said of it."""

import csv
import json

import numpy as np
import pytest

import modzoo
from modzoo.applications import sentiment, tagging
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.training import evaluation_batches

pytestmark = pytest.mark.one_backend
LONG = "good bad fine dull " * 5000


@pytest.fixture
def table(tmp_path):
    texts = [f"a {word} film {i}" for i in range(150) for word in ("good", "bad")]
    rows = [*zip(texts, "pn" * 150, strict=True), *[(LONG, "p"), (LONG, "n")] * 3]
    with open(tmp_path / "t.csv", "w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return tmp_path / "t.csv"


def test_long_texts_are_cut_and_counted(call, table, tmp_path):
    run = tmp_path / "r"
    args = ["--data", table, "--text-column", "text", "--epochs", "1", "--units", "4"]
    assert "at least 1, received 0" in call("train", "sentiment/sst2", "--max-length", "0")[2]
    code, _, err = call("train", "sentiment/sst2", *args, "--max-length", "9", "--out", run)
    assert code == 0, err
    assert "6 of 276 texts are longer than 9 words and are cut there." in err
    model = modzoo.load(run)
    examples = sentiment.load_reviews(table, "train", "text")
    batches = evaluation_batches(examples).map(lambda text, _: model.preprocessor.features(text))
    assert max(batch["token"].shape[1] for batch in batches) == 16  # padded to a multiple of 8
    assert "texts are longer" in call("evaluate", run, "--data", table, "--split", "train")[2]
    assert "1 of 1 texts are" in call("explain", run, LONG, "--out", tmp_path / "e")[2]
    assert "longer than" not in call("predict", run, "good " * 9)[2]
    said = modzoo.predict(run, ["good " * 9, "good " * 9 + "and bad"])
    assert said.records[0]["scores"] == pytest.approx(said.records[1]["scores"])
    assert said.remarks == ("1 of 2 texts are longer than 9 words and are cut there.",)


@pytest.mark.parametrize("preset", ["sentiment_sst2", "sentiment_tweets", "tagging_pos_ner"])
def test_no_batch_is_longer_than_512_words(preset):
    model = modzoo.load(preset)
    features = model.preprocessor(np.array(["a good film", LONG], dtype=object))
    assert features["padding_mask"].shape == (2, 512)


def test_every_word_of_a_long_sentence_is_tagged(call):
    words = [f"{word}{i}" for i in range(300) for word in ("Oslo", "is", "big", ".")]
    said = modzoo.predict("tagging_pos_ner", [" ".join(words), "Oslo is big"])
    pieces = modzoo.predict(
        "tagging_pos_ner", [" ".join(words[start : start + 512]) for start in (0, 512, 1024)]
    )
    assert said.records[0]["tokens"] == words
    for task in ("pos", "ner"):
        assert said.records[0][task] == [tag for record in pieces.records for tag in record[task]]
        assert len(said.records[1][task]) == 3
    assert said.remarks == ("1 of 2 sentences are longer than 512 words and are read in pieces.",)
    assert not pieces.remarks
    model = modzoo.load("tagging_pos_ner")
    record = tagging.explain(model, " ".join(words))
    assert len(record["tokens"]) == 512
    assert record["remarks"] == ["Only the first 512 of 1200 words are explained."]
    logits = model.predict(np.array([" ".join(words)], dtype=object))["pos"]  # as a servable does
    assert logits.shape[:2] == (1, 512)


def test_long_sentences_are_trained_on_in_pieces(call, tmp_path):
    for split in ("train", "dev", "test"):
        lines = [f"{word} {tag}\n" for word, tag in (("a", "X"), ("b", "Y")) for _ in range(10)]
        (tmp_path / f"{split}.txt").write_text("".join([*lines, "\n", *lines[5:15], "\n"]))
    args = ["--data", tmp_path, "--columns", "pos", "--tasks", "pos", "--units", "8", "--json"]
    args += ["--epochs", "1", "--max-length", "6", "--out", tmp_path / "r"]
    code, out, err = call("train", "tagging/pos_ner", *args)
    assert code == 0, err
    assert "4 of 4 sentences are longer than 6 words and are read in pieces" in err
    assert np.isfinite(json.loads(out)["metrics"]["pos_accuracy"])


def test_pieces():
    tags = {"pos": [list("XYZXY"), None, []]}
    sentences = TaggedSentences([list("abcde"), ["f"] * 3, []], tags, "test", "s", ["1", "2", "3"])
    pieces = sentences.pieces(2)
    assert pieces.tokens == [["a", "b"], ["c", "d"], ["e"], ["f", "f"], ["f"], []]
    assert pieces.tags["pos"] == [["X", "Y"], ["Z", "X"], ["Y"], None, None, []]
    assert pieces.ids == ["1", "1", "1", "2", "2", "3"]
    assert sentences.pieces(9).tokens == sentences.tokens
