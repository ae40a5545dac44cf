"""Figures of taggers: scores, tags of other corpora, inspection."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from modzoo.applications.tagging.evaluation import score
from modzoo.applications.tagging.gates import correlation, probes
from modzoo.applications.tagging.inspection import inspect
from modzoo.applications.tagging.tag_maps import comparable
from modzoo.data.tag_grammar import generate_tagged_sentences
from tests.applications.test_tagging import tagger

KNOWN_ENTITIES = ["B-geo", "B-gpe", "B-org", "B-tim", "I-geo", "I-gpe", "I-org", "I-tim", "O"]


def test_entities_count_whole():
    gold = [["B-geo", "I-geo", "O", "B-org"], ["O"]]
    figures, missing = score(gold, [["B-geo", "I-geo", "O", "B-geo"], ["O"]], KNOWN_ENTITIES)
    assert figures == {"accuracy": pytest.approx(4 / 5), "f1": pytest.approx(1 / 2)}
    assert score(gold, [["B-geo", "O", "O", "B-org"], ["O"]], KNOWN_ENTITIES)[0]["f1"] == 0.5
    assert score(gold, [["O"] * 4, ["O"]], KNOWN_ENTITIES)[0]["f1"] == 0
    assert not missing


def test_words_have_no_f1():
    assert score([["NN", "IN"]], [["NN", "NN"]], ["IN", "NN"])[0] == {"accuracy": 0.5}


def test_a_tag_unseen_in_training_is_an_error():
    figures, missing = score([["NN", "XX"]], [["NN", "NN"]], ["IN", "NN"])
    assert figures == {"accuracy": 0.5, "accuracy_mapped": 1.0}
    assert missing == {"not_known": ["XX"]}


def test_no_words_at_all():
    assert np.isnan(score([[]], [[]], ["NN"])[0]["accuracy"])


def test_word_tags_take_the_models_names():
    gold, predicted = [["-LRB-", "NN", "''", "ADD"]], [["LRB", "NN", "``", "NN"]]
    found = comparable(gold, predicted, ["LRB", "NN", "``"], {"-LRB-", "NN", "''", "ADD"})
    assert found == ([["LRB", "NN", "``", None]], predicted, ["ADD"], [])


def test_entities_are_compared_by_kind():
    gold = [["B-LOC", "I-LOC", "O", "B-ORG", "B-MISC"]]
    predicted = [["B-geo", "I-gpe", "B-tim", "B-org", "O"]]
    labels = {tag for row in gold for tag in row}
    gold, predicted, missing, unused = comparable(gold, predicted, KNOWN_ENTITIES, labels)
    assert gold == [["B-place", "I-place", "O", "B-organisation", None]]
    assert predicted == [["B-place", "I-place", "O", "B-organisation", "O"]]
    assert (missing, unused) == (["B-MISC"], ["B-tim", "I-tim"])


def test_known_tags_stay():
    gold, predicted = [["O", "B-geo"]], [["B-tim", "B-geo"]]
    assert comparable(gold, predicted, KNOWN_ENTITIES, {"O", "B-geo"})[:2] == (gold, predicted)


def test_correlation_is_pearsons():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(50, 4)), rng.normal(size=(50, 4))
    b[:, 1], b[:, 2], b[:, 3] = 2 * a[:, 1] + 1, -a[:, 2], 7.0
    found = correlation(a, b)
    expected = [np.corrcoef(a[:, 0], b[:, 0])[0, 1], 1, -1, 0]
    np.testing.assert_allclose(found["units"], expected, atol=1e-4)
    assert (found["above"], found["below"]) == (1, 1)


def test_probes_find_the_telling_unit():
    rng = np.random.default_rng(0)
    gold = np.array(["a", "b", "c"])[rng.integers(0, 3, 200)]
    units = rng.normal(size=(200, 5))
    units[:, 3] -= 4 * (gold == "b")
    found = probes(units, [*gold[:-1], None])
    assert found["b"]["unit"] == 3
    area = roc_auc_score(gold[:-1] == "b", -units[:-1, 3])
    assert found["b"]["auc"] == pytest.approx(area, abs=1e-4)
    assert found["a"]["words"] == int((gold[:-1] == "a").sum())


def test_inspect():
    sentences = generate_tagged_sentences("test", 30)
    labels = {task: sentences.labels(task) for task in sentences.tasks}
    model = tagger(labels, sentences.tokens)
    record = inspect(model, sentences)
    words = sum(map(len, sentences.tokens))
    assert record["words"] == words
    for task in labels:
        assert np.sum(record["confusion"][task]["counts"]) == words
        assert record["probes"][task].keys() == set(labels[task])
    assert len(record["correlation"]["pos, ner"]["units"]) == 4
    assert inspect(tagger(labels, gate_mode="none"), sentences)["correlation"] == {}
