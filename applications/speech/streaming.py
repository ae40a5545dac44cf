"""Sound enhanced as it comes in."""

import time

import numpy as np
from keras import ops

from modzoo.applications.speech.spectrum import BLOCK
from modzoo.applications.stepping import compiled
from modzoo.data.sound_files import RATE

AT_ONCE = 128  # blocks of a recording that is there already: 2 s


class Stream:
    """Enhances sound block by block; what it has to remember does not grow.

    Called with the next samples it returns as many, which are those of `delay` samples before.
    The first call compiles.

    Args:
        model: `SpeechEnhancer`; its weights are those of each call.
        batch_size: Integer, how many sounds come in at once.

    Attributes:
        block: Integer, samples that come in at a time, or a multiple of them: 256, 16 ms.
        delay: Integer, by how many samples what comes out is behind what came in. A sample comes
            out at the latest `delay + block` samples after it came in: 64 ms, a frame and two
            more blocks, with a look-ahead of two.

    Example:

    >>> stream = modzoo.load("runs/dns").stream()
    >>> while True:
    ...     play(stream(record(stream.block)))
    """

    block = BLOCK

    def __init__(self, model, batch_size=1):
        self.network = model.network
        self.delay = (model.network.look_ahead + 1) * BLOCK
        self.batch_size = batch_size
        self._advance = compiled(model, self._step)
        self.reset()

    def _step(self, blocks, state):
        blocks, state, _ = self.network.advance(blocks, state)
        return blocks, state

    def reset(self):
        """Forgets what came in: a new stream begins."""
        self._state = self.network.initial_state(self.batch_size)

    def __call__(self, samples):
        """The next samples, enhanced.

        Args:
            samples: Float32 `(samples,)`, or `(batch_size, samples)`, a multiple of `block`.

        Returns:
            An array of the same shape.

        Raises:
            ValueError: If the shape is another, or a sample is infinite or not a number, which
                would stay in the stream.
        """
        samples = np.asarray(samples, "float32")
        shape = samples.shape
        rows = samples[None] if samples.ndim == 1 else samples
        if rows.ndim != 2 or len(rows) != self.batch_size or rows.shape[1] % BLOCK or not rows.size:
            raise ValueError(
                f"`samples` must have the shape (samples,) or ({self.batch_size}, samples), a "
                f"multiple of {BLOCK} samples. Received: samples.shape={shape}."
            )
        if not np.isfinite(rows).all():
            raise ValueError("`samples` must be finite. Received: some that are not.")
        blocks = ops.convert_to_tensor(rows.reshape(self.batch_size, -1, BLOCK))
        blocks, self._state = self._advance(blocks, self._state)
        return ops.convert_to_numpy(blocks).reshape(shape)


def enhance(stream, pieces):
    """Enhances a recording of any length in bounded memory.

    Args:
        stream: `Stream` of one sound; it begins anew.
        pieces: Iterable of float32 arrays `(samples,)`, what follows on each other.

    Yields:
        Float32 arrays, which put together are as long as the pieces.
    """
    stream.reset()
    size = AT_ONCE * BLOCK
    held, skipped, due = np.zeros(0, "float32"), stream.delay, 0

    def enhanced(samples):
        nonlocal skipped
        y = stream(samples)[skipped:]
        skipped = max(0, skipped - size)
        return y

    for piece in pieces:
        due += len(piece)
        held = np.concatenate([held, np.asarray(piece, "float32")])
        while len(held) >= size:
            y, held = enhanced(held[:size]), held[size:]
            due -= len(y)
            yield y
    while due > 0:
        y = enhanced(np.pad(held[:size], (0, size - len(held[:size]))))[:due]
        held = held[size:]
        due -= len(y)
        yield y


def real_time_factor(model, seconds=10.0, blocks_at_once=1):
    """Seconds of computation for a second of sound, as it comes in.

    Args:
        model: `SpeechEnhancer`.
        seconds: Float, how much sound to measure on, noise.
        blocks_at_once: Integer, blocks of 16 ms that come in at a time.
    """
    stream, size = model.stream(), blocks_at_once * BLOCK
    count = max(1, round(seconds * RATE / size))
    noise = np.random.default_rng(0).normal(0, 0.1, (count, size)).astype("float32")
    for piece in noise[:3]:
        stream(piece)
    begun = time.perf_counter()
    for piece in noise:
        stream(piece)
    return (time.perf_counter() - begun) / (count * size / RATE)
