"""Batches whose order is a pure function of seed and epoch, so that a run can resume."""

import numpy as np
import tensorflow as tf

WINDOW = 64  # batches among which texts of like length are put together


def steps_per_epoch(examples, batch_size):
    """Number of batches of an epoch; the last, incomplete one is left out."""
    return max(1, len(examples) // batch_size)


def epoch_batches(examples, batch_size, seed, first_epoch=0):
    """An endless stream of training batches, beginning with epoch `first_epoch`.

    Each epoch is shuffled anew; texts of like length share a batch, so that little is
    padding. Call `fit` with `steps_per_epoch(examples, batch_size)`.

    Args:
        examples: `modzoo.data.examples.TextExamples`.
        batch_size: Integer; at most all examples.
        seed: Integer.
        first_epoch: Integer, the epoch to begin with.

    Returns:
        `tf.data.Dataset` of `(texts, labels)`.
    """
    texts, labels = tf.constant(examples.texts), tf.constant(examples.labels)
    return (
        index_batches(_lengths(examples), batch_size, seed, first_epoch)
        .map(lambda i: (tf.gather(texts, i), tf.gather(labels, i)))
        .prefetch(tf.data.AUTOTUNE)
    )


def index_batches(lengths, batch_size, seed, first_epoch=0):
    """The order of `epoch_batches`: an endless stream of index batches of examples whose
    `lengths` are given."""
    batch_size = min(batch_size, len(lengths))

    def order(epoch):
        rng = np.random.default_rng([seed, int(epoch)])
        shuffled = rng.permutation(len(lengths))
        steps = len(lengths) // batch_size
        batches = []
        for start in range(0, steps * batch_size, WINDOW * batch_size):
            window = shuffled[start : min(start + WINDOW * batch_size, steps * batch_size)]
            window = window[np.argsort(lengths[window], kind="stable")]
            batches.extend(window.reshape(-1, batch_size))
        return np.stack(batches)[rng.permutation(steps)]

    return endless_epochs(order, (batch_size,), first_epoch)


def endless_epochs(order, shape, first_epoch=0):
    """The index batches of all epochs from `first_epoch` on.

    Args:
        order: Function from an epoch to its batches, integers `(batches, *shape)`.
        shape: Shape of a batch.
        first_epoch: Integer.
    """

    def batches_of(epoch):
        indices = tf.numpy_function(order, [epoch], tf.int64)
        return tf.data.Dataset.from_tensor_slices(tf.ensure_shape(indices, (None, *shape)))

    return tf.data.Dataset.range(first_epoch, np.iinfo(np.int64).max).flat_map(batches_of)


def evaluation_batches(examples, batch_size=256):
    """Batches `(texts, labels)` in order of length, and the order: `examples.take(order)`."""
    order = np.argsort(_lengths(examples), kind="stable")
    examples = examples.take(order)
    dataset = tf.data.Dataset.from_tensor_slices(
        (tf.constant(examples.texts), tf.constant(examples.labels))
    )
    return dataset.batch(batch_size).prefetch(tf.data.AUTOTUNE), order


def _lengths(examples):
    return np.array([text.count(" ") for text in examples.texts])
