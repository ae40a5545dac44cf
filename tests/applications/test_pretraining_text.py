"""Masked text: the vocabulary, what is hidden, and rows of word pieces."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from modzoo import training
from modzoo.applications import pretraining
from modzoo.applications.pretraining.masking import MASK, hide, num_masks
from modzoo.applications.pretraining.tokenizer import SPECIAL
from modzoo.data.passages import Passages
from modzoo.errors import CallError

pytestmark = pytest.mark.one_backend
FIRST = len(SPECIAL)
TEXTS = ["The dog sees 3.50 cats", "the dogs see [UNK] Café", "a cat sees the dogs ."] * 3


def passages(texts=TEXTS, split="train"):
    return Passages(lambda: iter(texts), split, "here")


def tokenizer_of(texts=TEXTS, size=200):
    return pretraining.TIMBertTokenizer(pretraining.learn_vocabulary(texts, size))


def test_more_text_is_none_of_the_data(tmp_path):
    (tmp_path / "own.txt").write_text("".join(f"text {i}\n" for i in range(60)))
    for path in (str(tmp_path), f"{tmp_path}/."):
        with pytest.raises(CallError, match="which is --data: its test would be trained on"):
            pretraining.load_passages(tmp_path, "test", more=[path])


# The vocabulary


def test_a_vocabulary_is_of_frequent_pieces_and_of_all_characters():
    vocabulary = pretraining.learn_vocabulary(TEXTS, 200)
    assert tuple(vocabulary[:FIRST]) == SPECIAL and len(set(vocabulary)) == len(vocabulary) <= 200
    assert {"the", "dogs", "cats", "##s", "cafe", "%", "7"} <= {*vocabulary}
    assert not {"unk", "The"} & {*vocabulary}
    assert vocabulary == pretraining.learn_vocabulary(TEXTS, 200)
    assert len(pretraining.learn_vocabulary(TEXTS, 120)) == 120


def test_any_text_can_be_written():
    tokenizer = tokenizer_of()
    (ids,) = tokenizer.ids(tf.constant(["Quiz; [MASK]ed at {9}"])).numpy()
    pieces = [tokenizer.id_to_token(i) for i in ids]
    assert "[UNK]" not in pieces and "[MASK]" in pieces
    assert "".join(pieces).replace("##", "") == "quiz;[MASK]edat{9}"


def test_more_characters_than_pieces_are_refused():
    with pytest.raises(CallError, match="--vocabulary-size must be at least that, received 50"):
        pretraining.learn_vocabulary(TEXTS, 50)


def test_many_kinds_of_characters_do_not_fill_the_vocabulary():
    texts = [*TEXTS, "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))]
    assert len(pretraining.learn_vocabulary(texts, 4000)) < 4000


def test_a_vocabulary_is_learned_of_so_much_text(monkeypatch):
    from modzoo.applications.pretraining import vocabulary

    monkeypatch.setattr(vocabulary, "MOST_TEXT", 50)
    assert "zebra" not in pretraining.learn_vocabulary([*TEXTS, "zebra zebra"], 200)


# What is hidden


def rows_of(count, length=20, seed=0):
    return np.random.default_rng(seed).integers(FIRST, 1000, (count, length))


def test_of_ten_hidden_tokens_eight_become_masks():
    rows = rows_of(4000)
    shown, places, hidden = hide(rows, np.arange(4000), np.zeros(4000, int), 1000)
    assert places.shape == (4000, num_masks(20)) == (4000, 3)
    assert (np.diff(np.sort(places, axis=1)) > 0).all()
    np.testing.assert_array_equal(np.take_along_axis(rows, places, 1), hidden)
    put = np.take_along_axis(shown, places, 1)
    shares = [(put == MASK).mean(), (put == hidden).mean()]
    np.testing.assert_allclose(shares, [0.8, 0.1 + 0.1 / 995], atol=0.012)  # 4 standard errors
    others = put[(put != MASK) & (put != hidden)]
    assert others.min() >= FIRST and others.max() < 1000 and len({*others.tolist()}) > 500
    np.put_along_axis(shown, places, hidden, 1)
    np.testing.assert_array_equal(shown, rows)  # nothing else is changed


def test_every_token_is_hidden_in_one_turn():
    rows = rows_of(2, 10)
    rows[0, [0, 3]] = 2, 3  # special ones never
    turns = -(-10 // num_masks(10))
    found = [hide(rows, np.array([7, 8]), np.full(2, turn), 1000) for turn in range(turns)]
    for row, special in ((0, {0, 3}), (1, set())):
        places = [p for _, places, hidden in found for p in places[row][hidden[row] > 0]]
        assert sorted(places) == sorted({*range(10)} - special)
    assert all((hidden >= FIRST)[1].all() for _, _, hidden in found)


def test_what_is_hidden_depends_on_the_number_alone():
    rows = rows_of(3)
    numbers, turns = np.array([5, 2**62 - 1, 0]), np.array([0, 2, 1])
    together = hide(rows, numbers, turns, 1000)
    for i in range(3):
        alone = hide(rows[i : i + 1], numbers[i : i + 1], turns[i : i + 1], 1000)
        for a, b in zip(alone, together, strict=True):
            np.testing.assert_array_equal(a[0], b[i])


def test_rows_without_tokens_to_hide():
    shown, places, hidden = hide(np.zeros((1, 8), int), np.zeros(1, int), np.zeros(1, int), 50)
    assert not shown.any() and not places.any() and not hidden.any()


# Rows of word pieces


@pytest.fixture(scope="module")
def tokenizer():
    return tokenizer_of()


def encoded(tokenizer, length=10, texts=TEXTS):
    return pretraining.encode_passages(passages(texts), tokenizer, length)


def test_text_is_encoded_as_it_stands(tokenizer):
    text = encoded(tokenizer)
    pieces = [tokenizer.id_to_token(i) for i in text.pieces.tolist()]
    assert pieces[:17] == [
        *("the", "dog", "sees", "3", ".", "50", "cats", "[SEP]"),
        *("the", "dogs", "see", "[UNK]", "cafe", "[SEP]", "a", "cat", "sees"),
    ]
    assert (
        text.frequencies().tolist()
        == np.bincount(text.pieces, minlength=text.vocabulary_size).tolist()
    )
    assert text.summary == "63 word pieces in 8 rows of 10"


def shown_rows(batch):
    features, hidden, weights = (keras.tree.map_structure(np.asarray, x) for x in batch)
    ids = features["token_ids"].copy()
    for row, places, pieces, kept in zip(
        ids, features["mask_positions"], hidden, weights > 0, strict=True
    ):
        row[places[kept]] = pieces[kept]
    return ids


def test_rows_in_order_hold_the_text(tokenizer):
    text = encoded(tokenizer)
    (batch,) = training.evaluation_batches(text, 99)
    ids = shown_rows(batch)
    assert (ids[:, 0] == 2).all() and (ids[:, -1] == 3).all()
    inner = ids[:, 1:-1].ravel()
    np.testing.assert_array_equal(inner[: len(text.pieces)], text.pieces)
    assert not inner[len(text.pieces) :].any()
    np.testing.assert_array_equal(batch[0]["padding_mask"], ids != 0)
    again = next(iter(training.evaluation_batches(text, 99)))
    np.testing.assert_array_equal(again[0]["token_ids"], batch[0]["token_ids"])


def test_in_turns_every_piece_is_foretold_once(tokenizer):
    text = encoded(tokenizer).in_turns()
    found = []
    for _, hidden, weights in training.evaluation_batches(text, 7):
        found += hidden.numpy()[weights.numpy() > 0].tolist()
    assert sorted(found) == sorted(text.pieces[text.pieces >= FIRST].tolist())


def test_an_epoch_holds_the_text_once_and_others_begin_elsewhere(tokenizer):
    text = encoded(tokenizer, 8, TEXTS[:6])  # 42 pieces in 7 rows of 6
    epochs = [*training.train_batches(text, 7, seed=3).take(2)]
    rows = [shown_rows(epoch) for epoch in epochs]
    for of_epoch in rows:
        np.testing.assert_array_equal(np.sort(of_epoch[:, 1:-1].ravel()), np.sort(text.pieces))
    assert {*map(tuple, rows[0])} != {*map(tuple, rows[1])}
    (second,) = training.train_batches(text, 7, seed=3, first_epoch=1).take(1)
    for a, b in zip(keras.tree.flatten(second), keras.tree.flatten(epochs[1]), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_text_shorter_than_a_row_is_repeated_in_training(tokenizer):
    text = encoded(tokenizer, 40, ["the dog ."])
    (batch,) = training.train_batches(text, 8, 0).take(1)
    assert shown_rows(batch).shape == (1, 40) and batch[0]["padding_mask"].numpy().all()


def test_short_epochs_come_first_whole_ones_follow(tokenizer):
    text = encoded(tokenizer, 8)
    settings = pretraining.MaskedTrainingSettings(batch_size=5, short_epochs=2)
    object.__setattr__(settings, "max_length", 8)

    def shapes(first_epoch, count):
        found = pretraining.masked_batches(text, settings, first_epoch).take(count)
        return [tuple(features["token_ids"].shape) for features, *_ in found]

    steps = training.steps_per_epoch(text, 5)
    short, whole = [(10, 4)] * steps, [(5, 8)] * steps
    assert shapes(0, 3 * steps) == [*short, *short, *whole]
    assert shapes(1, 2 * steps) == [*short, *whole]
    assert shapes(2, steps) == whole


def test_log_frequencies(tokenizer):
    text = encoded(tokenizer)
    found = np.exp(pretraining.log_frequencies(text))
    assert found.sum() == pytest.approx(1, abs=1e-5) and (found > 0).all()
    a, b = tokenizer.token_to_id("the"), tokenizer.token_to_id("cat")
    assert found[a] / found[b] == pytest.approx(3)


# Features of texts


def test_places_of_masks(tokenizer):
    preprocessor = pretraining.TIMBertMaskedLMPreprocessor(tokenizer, 16)
    texts = ["the [MASK] sees [MASK]", "cat", "[MASK]"]
    features = preprocessor(texts)
    assert np.asarray(features["mask_positions"]).tolist() == [[2, 4], [0, 0], [1, 0]]
    assert np.asarray(preprocessor(["cat"])["mask_positions"]).tolist() == [[0]]
    assert preprocessor(features) is features
    (batch,) = tf.data.Dataset.from_tensor_slices(texts).batch(3).map(preprocessor)
    for name, value in batch.items():
        np.testing.assert_array_equal(value, features[name])


def test_layers_that_share_alike_correlate():
    from modzoo.applications.pretraining.inspection import _correlation

    one = np.random.default_rng(0).random(50)
    shares = np.stack([one, 0.5 * one, 1 - one, 0 * one + 0.5], axis=1)
    (first, second) = _correlation(np.stack([shares, 1 - shares], axis=2))
    assert first == second
    assert first == [[1, 1, -1, 0], [1, 1, -1, 0], [-1, -1, 1, 0], [0, 0, 0, 0]]


def test_full_stops_in_numbers_are_told_from_others():
    from modzoo.applications.pretraining.inspection import ELSEWHERE, IN_NUMBER, named

    tokens = ["3", ".", "##5", ".", "cat", ".", "4", "."]
    assert named(tokens) == ["3", IN_NUMBER, "##5", ELSEWHERE, "cat", ELSEWHERE, "4", ELSEWHERE]


# Training


def test_the_step_size_rises_stays_and_falls():
    schedule = pretraining.LinearWarmUp(1.0, steps=110, warm_up=10, decay=0.2)
    at = [float(schedule(step)) for step in (0, 4, 10, 50, 89, 100, 110, 200)]
    assert at == pytest.approx([1 / 11, 5 / 11, 1, 1, 1, 0.5, 0, 0], abs=1e-6)
    again = pretraining.LinearWarmUp.from_config(schedule.get_config())
    assert float(again(100)) == pytest.approx(0.5)


def test_the_perplexity_of_a_loss():
    logs = {"loss": 2.0, "val_loss": np.inf, "accuracy": 0.5}
    pretraining.PerplexityOfLoss().on_epoch_end(0, logs)
    assert (logs["perplexity"], logs["accuracy"]) == (pytest.approx(np.exp(2)), 0.5)
    assert 1e300 < logs["val_perplexity"] < np.inf
    logs = {"loss": np.nan}
    pretraining.PerplexityOfLoss().on_epoch_end(0, logs)
    assert np.isnan(logs["perplexity"])


def test_maps_alone_decay():
    settings = pretraining.MaskedTrainingSettings(weight_decay=0.5, accumulate=2)
    optimizer = pretraining.masked_lm_training(settings, 10)["optimizer"]
    backbone = pretraining.TIMBertBackbone(20, 3, 2, 8, 8, max_sequence_length=16)
    optimizer.build(pretraining.TIMBertMaskedLM(backbone).trainable_variables)
    decayed = [v.path for v in optimizer._trainable_variables if optimizer._use_weight_decay(v)]
    assert decayed and all(path.endswith("kernel") for path in decayed)
    assert optimizer.gradient_accumulation_steps == 2
