"""Batches of tagged sentences: padded words, with labels and weights of each task."""

import numpy as np
import tensorflow as tf

from modzoo.training.batches import index_batches, steps_per_epoch


def tagged_epoch_batches(examples, labels, batch_size, seed, first_epoch=0):
    """An endless stream of training batches; `epoch_batches` says in which order.

    A word weighs 0 in a task where its sentence has no tags, or its tag is not in `labels`.

    Args:
        examples: `modzoo.data.tagged_sentences.TaggedSentences`.
        labels: Dictionary from the tasks to lists of their tags.
        batch_size: Integer; at most all examples.
        seed: Integer.
        first_epoch: Integer, the epoch to begin with.

    Returns:
        `tf.data.Dataset` of `(words, {task: ids}, {task: weights})`, all `(batch, time)`.
    """
    gather = _gatherer(examples, labels)
    indices = index_batches(sentence_lengths(examples), batch_size, seed, first_epoch)
    return indices.map(gather, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def tagged_evaluation_batches(examples, labels=None, batch_size=128):
    """Batches in order of length, and the order: `examples.take(order)`."""
    order = np.argsort(sentence_lengths(examples), kind="stable")
    gather = _gatherer(examples, labels or {})
    indices = tf.data.Dataset.from_tensor_slices(order).batch(batch_size)
    return indices.map(gather).prefetch(tf.data.AUTOTUNE), order


def padded_share(examples, batch_size, seed):
    """Share of the positions of the first epoch's batches that hold no word."""
    lengths = sentence_lengths(examples)
    batches = index_batches(lengths, batch_size, seed).take(steps_per_epoch(examples, batch_size))
    filled = positions = 0
    for indices in batches.as_numpy_iterator():
        filled += lengths[indices].sum()
        positions += lengths[indices].max() * len(indices)
    return 1 - float(filled / max(1, positions))


def sentence_lengths(examples):
    return np.array([len(tokens) for tokens in examples.tokens])


def _gatherer(examples, labels):
    """A function from indices to the batch of these examples."""
    lengths = sentence_lengths(examples)

    def ragged(rows, dtype):
        flat = [value for row in rows for value in row]
        return tf.RaggedTensor.from_row_lengths(tf.constant(flat, dtype), lengths)

    words = ragged(examples.tokens, tf.string)
    ids = {}
    for task, names in labels.items():
        places = {name: i for i, name in enumerate(names)}
        ids[task] = ragged(
            [
                [-1] * n if tags is None else [places.get(tag, -1) for tag in tags]
                for tags, n in zip(examples.tags[task], lengths, strict=True)
            ],
            tf.int32,
        )

    def gather(indices):
        batch = {task: tf.gather(column, indices).to_tensor(-1) for task, column in ids.items()}
        weights = {task: tf.cast(column >= 0, tf.float32) for task, column in batch.items()}
        batch = {task: tf.maximum(column, 0) for task, column in batch.items()}
        return tf.gather(words, indices).to_tensor(""), batch, weights

    return gather
