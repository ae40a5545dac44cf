import keras
import numpy as np
import pytest

import modzoo.training.batches as batches
from modzoo.data.examples import TextExamples
from modzoo.training import (
    evaluation_batches,
    evaluation_order,
    steps_per_epoch,
    train_batches,
)


def examples(count):
    texts = [f"{i}" + " w" * (i * 7 % 11) for i in range(count)]
    return TextExamples(texts, np.arange(count), [], "train", "made up")


def epochs(dataset, steps, count):
    rows = [labels.numpy().tolist() for _, labels in dataset.take(steps * count)]
    return [rows[i * steps : (i + 1) * steps] for i in range(count)]


@pytest.mark.parametrize("count, batch_size", [(20, 4), (23, 4), (3, 8), (1, 1)])
def test_an_epoch_reads_each_example_at_most_once(count, batch_size):
    steps = steps_per_epoch(examples(count), batch_size)
    for epoch in epochs(train_batches(examples(count), batch_size, seed=0), steps, 3):
        read = [i for batch in epoch for i in batch]
        assert len(read) == len(set(read)) == steps * min(batch_size, count)


def test_texts_and_labels_stay_together():
    data = examples(40)
    for texts, labels in train_batches(data, 8, seed=0).take(10):
        assert [text.decode() for text in texts.numpy()] == [data.texts[i] for i in labels.numpy()]


def test_order_is_a_function_of_seed_and_epoch():
    data = examples(40)
    whole = epochs(train_batches(data, 8, seed=3), 5, 4)
    assert epochs(train_batches(data, 8, seed=3, first_epoch=2), 5, 2) == whole[2:]
    assert whole[0] != whole[1]
    assert epochs(train_batches(data, 8, seed=4), 5, 1) != whole[:1]


def test_batches_hold_texts_of_like_length():
    data = examples(640)
    spans = [
        np.ptp([text.decode().count(" ") for text in texts.numpy()])
        for texts, _ in train_batches(data, 8, seed=0).take(80)
    ]
    assert np.mean(spans) < 1


def test_evaluation_reads_every_example_once():
    data = examples(23)
    order = evaluation_order(data)
    labels = np.concatenate([labels.numpy() for _, labels in evaluation_batches(data, 4)])
    np.testing.assert_array_equal(labels, data.labels[order])
    assert sorted(order) == list(range(23))


@pytest.mark.parametrize(
    "shares, count, batch_size", [(8, 23, 4), (6, 20, 8), (2, 8, 4), (1, 5, 2)]
)
def test_devices_share_batches(monkeypatch, shares, count, batch_size):
    monkeypatch.setattr(batches, "num_shares", lambda: shares)
    data = examples(count)
    on_each = shares if keras.backend.backend() == "tensorflow" else 1
    sizes, read = [], []
    for _, labels in evaluation_batches(data, batch_size):
        sizes.append(len(labels) * on_each)
        read.extend(labels.numpy().tolist())
    assert all(size % shares == 0 for size in sizes)
    assert len(set(np.bincount(read, minlength=count))) == 1  # each as often as all others
    steps = steps_per_epoch(data, batch_size)
    (epoch,) = epochs(train_batches(data, batch_size, seed=0), steps * on_each, 1)
    assert all(len(labels) * on_each % shares == 0 for labels in epoch)
    monkeypatch.undo()
    (alone,) = epochs(train_batches(data, batch_size, seed=0), steps, 1)
    assert {i for labels in epoch for i in labels} == {i for labels in alone for i in labels}
