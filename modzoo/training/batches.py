"""Batches whose order is a pure function of seed and epoch, so that a run can resume.

Examples are a container of the application's own that offers

    __len__()          how many an epoch has
    shuffled(rng)      all of them in a random order: integers `(examples,)`, or `(examples, n)`
                       where an example is composed of n parts that are drawn apart
    lengths            integers `(examples,)`, by which like ones share a batch, or None
    gather(indices)    tensors of a batch from an integer tensor of indices, in TensorFlow ops
"""

import math

import numpy as np
import tensorflow as tf

from modzoo.training.distribution import num_shares
from modzoo.training.environment import running_backend

WINDOW = 64  # batches among which examples of like length are put together


def steps_per_epoch(examples, batch_size):
    """Number of batches of an epoch; the last, incomplete one is left out."""
    return max(1, len(examples) // batch_size)


def train_batches(examples, batch_size, seed, first_epoch=0):
    """An endless stream of training batches, beginning with epoch `first_epoch`.

    Each epoch is shuffled anew; examples of like length share a batch, so that little is
    padding. Call `fit` with `steps_per_epoch(examples, batch_size)`.

    Args:
        examples: A container as above.
        batch_size: Integer; at most all examples.
        seed: Integer.
        first_epoch: Integer, the epoch to begin with.

    Returns:
        `tf.data.Dataset` of what `examples.gather` gives.
    """
    indices = index_batches(examples, batch_size, seed, first_epoch)
    indices = _shared(indices, [min(batch_size, len(examples))])
    return indices.map(examples.gather, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def evaluation_batches(examples, batch_size=128):
    """All examples once, in batches of like length, in the order of `evaluation_order`.

    Args:
        examples: A container as above.
        batch_size: Integer.

    Returns:
        `tf.data.Dataset` of what `examples.gather` gives.
    """
    indices = tf.data.Dataset.from_tensor_slices(evaluation_order(examples)).batch(batch_size)
    indices = _shared(indices, [batch_size, len(examples)])
    return indices.map(examples.gather).prefetch(tf.data.AUTOTUNE)


def evaluation_order(examples):
    """Indices of the examples in order of length; of those without, in their own order."""
    if examples.lengths is None:
        return np.arange(len(examples))
    return np.argsort(examples.lengths, kind="stable")


def index_batches(examples, batch_size, seed, first_epoch=0):
    """The order of `train_batches`: an endless stream of batches of indices."""
    batch_size = min(batch_size, len(examples))
    steps = len(examples) // batch_size
    drawn_apart = examples.shuffled(np.random.default_rng(0)).shape[1:]
    lengths = examples.lengths

    def order(epoch):
        rng = np.random.default_rng([seed, int(epoch)])
        drawn = examples.shuffled(rng)[: steps * batch_size]
        if lengths is None:
            return drawn.reshape(steps, batch_size, *drawn_apart)
        batches = []
        for start in range(0, len(drawn), WINDOW * batch_size):
            window = drawn[start : start + WINDOW * batch_size]
            window = window[np.argsort(lengths[window], kind="stable")]
            batches.extend(window.reshape(-1, batch_size))
        return np.stack(batches)[rng.permutation(steps)]

    def batches_of(epoch):
        indices = tf.numpy_function(order, [epoch], tf.int64)
        shape = (steps, batch_size, *drawn_apart)
        return tf.data.Dataset.from_tensor_slices(tf.ensure_shape(indices, shape))

    return tf.data.Dataset.range(first_epoch, np.iinfo(np.int64).max).flat_map(batches_of)


def padded_share(examples, batch_size, seed):
    """Share of the positions of the first epoch's batches that are padding."""
    lengths = examples.lengths
    batches = index_batches(examples, batch_size, seed).take(steps_per_epoch(examples, batch_size))
    filled = positions = 0
    for indices in batches.as_numpy_iterator():
        filled += lengths[indices].sum()
        positions += lengths[indices].max() * len(indices)
    return 1 - float(filled / max(1, positions))


def _shared(indices, sizes):
    """Batches that the devices of the scope we are in can share: of a size that is a multiple of
    their number.

    Where batches are not, each example is read as often as is needed, which leaves means over
    examples as they are. On TensorFlow a device's share is a batch of its own.

    Args:
        indices: `tf.data.Dataset` of batches of indices.
        sizes: List of integers that divide the size of each batch together.
    """
    shares = num_shares()
    times = shares // math.gcd(shares, *sizes)
    if times > 1:
        indices = indices.map(lambda batch: tf.repeat(batch, times, axis=0))
    if shares > 1 and running_backend() == "tensorflow":
        indices = indices.flat_map(
            lambda batch: tf.data.Dataset.from_tensor_slices(tf.stack(tf.split(batch, shares)))
        )
    return indices
