import numpy as np
import pytest

from modzoo.applications.tagging import LabelledSentences
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.training import (
    evaluation_batches,
    evaluation_order,
    padded_share,
    steps_per_epoch,
    train_batches,
)


def sentences(count):
    lengths = [i * 7 % 11 for i in range(count)]
    tokens = [[f"{i}.{t}" for t in range(n)] for i, n in enumerate(lengths)]
    tags = {"t": [[str(t % 3) for t in range(n)] for n in lengths]}
    return LabelledSentences(TaggedSentences(tokens, tags, "train", "made up"), LABELS)


LABELS = {"t": ["0", "1", "2"]}


def test_words_labels_and_weights_stay_together():
    data = sentences(40)
    steps, seen = steps_per_epoch(data, 8), []
    for words, ids, weights in train_batches(data, 8, seed=0).take(steps):
        for row, tags, used in zip(
            words.numpy(), ids["t"].numpy(), weights["t"].numpy(), strict=True
        ):
            found = [word.decode() for word in row if word]
            seen += found
            assert [int(word.split(".")[1]) % 3 for word in found] == tags[: len(found)].tolist()
            np.testing.assert_array_equal(used, row != b"")
    assert sorted(seen) == sorted(word for row in data.sentences.tokens for word in row)


def test_missing_and_unknown_tags_weigh_nothing():
    tags = {"t": [["0", "9"], None]}
    tagged = TaggedSentences([["a", "b"], ["c"]], tags, "train", "made up")
    data = LabelledSentences(tagged, LABELS)
    ((_, ids, weights),) = evaluation_batches(data)
    weights = weights["t"].numpy()[np.argsort(evaluation_order(data))]
    np.testing.assert_array_equal(weights, [[1, 0], [0, 0]])
    assert ids["t"].numpy().min() == 0


def test_order_is_a_function_of_seed_and_epoch():
    def order(seed, first_epoch):
        batches = train_batches(sentences(40), 8, seed, first_epoch)
        return [words.numpy().tolist() for words, *_ in batches.take(5)]

    assert order(3, 2) == order(3, 2)
    assert order(3, 2) != order(3, 1)
    assert order(4, 2) != order(3, 2)


def test_bucketing_leaves_little_padding():
    data = sentences(640)
    together = padded_share(data, 640, seed=0)
    lengths = [len(tokens) for tokens in data.sentences.tokens]
    assert together == pytest.approx(1 - np.mean(lengths) / max(lengths))
    share = padded_share(data, 16, seed=0)
    assert share < 0.1 < 0.4 < together
    words = [words for words, *_ in train_batches(data, 16, seed=0).take(40)]
    empty = sum(np.count_nonzero(batch == b"") for batch in words)
    assert share == pytest.approx(empty / sum(np.size(batch) for batch in words))


@pytest.mark.parametrize("batch_size", [4, 100])
def test_evaluation_reads_every_sentence_once(batch_size):
    data = sentences(23)
    batches, order = evaluation_batches(data, batch_size), evaluation_order(data)
    rows = [[w.decode() for w in row if w] for words, *_ in batches for row in words.numpy()]
    assert rows == [data.sentences.tokens[i] for i in order]
    assert sorted(order) == list(range(23))
