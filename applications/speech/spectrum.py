"""Short-time spectra of samples that come in blocks: each frame is a block and the one before.

16 kHz; blocks of 256 samples (16 ms), frames of 512 under the root of a Hann window, on the way
there and back, so that the frames of what was not changed add up to the samples.
"""

import numpy as np
from keras import ops

BLOCK = 256
FRAME, BINS = 2 * BLOCK, BLOCK + 1
WINDOW = np.sin(np.pi * np.arange(FRAME) / FRAME).astype("float32")


def to_blocks(waveform, silent_blocks=0):
    """`(batch, samples)` as `(batch, blocks, 256)`, followed by silence that fills the last block
    up, and `silent_blocks` more."""
    batch, samples = ops.shape(waveform)
    silence = ops.zeros((batch, -samples % BLOCK + silent_blocks * BLOCK), dtype=waveform.dtype)
    waveform = ops.concatenate([waveform, silence], axis=1)
    return ops.reshape(waveform, (batch, -1, BLOCK))


def to_samples(blocks, samples):
    """`(batch, blocks, 256)` as `(batch, samples)`."""
    batch, num_blocks, _ = ops.shape(blocks)
    return ops.reshape(blocks, (batch, num_blocks * BLOCK))[:, :samples]


def to_spectrum(blocks, before):
    """Spectra of the frames that end with each block, `before`, `(batch, 256)`, being the block
    before the first.

    Returns the real and the imaginary part, float32 `(batch, blocks, 257)`.
    """
    frames = ops.concatenate([_delayed(blocks, before), blocks], axis=-1)
    return ops.rfft(frames * ops.convert_to_tensor(WINDOW))


def from_spectrum(real, imaginary, before):
    """The blocks before those with which the frames of spectra end, `before`, `(batch, 256)`,
    being the second half of the frame before the first.

    Returns blocks, `(batch, blocks, 256)`, and the second half of the last frame.
    """
    frames = ops.irfft((real, imaginary), fft_length=FRAME) * ops.convert_to_tensor(WINDOW)
    first, second = frames[..., :BLOCK], frames[..., BLOCK:]
    return first + _delayed(second, before), second[:, -1]


def _delayed(blocks, before):
    return ops.concatenate([before[:, None], blocks[:, :-1]], axis=1)


def spectrum_of(waveform):
    """Spectra of a whole waveform, `(batch, samples)`, with silence before and behind it: real
    and imaginary part, `(batch, frames, 257)`."""
    blocks = to_blocks(waveform, 1)
    return to_spectrum(blocks, ops.zeros_like(blocks[:, 0]))


def magnitude(real, imaginary, least=1e-6):
    """The magnitude, no less than `least`, so that its gradient is a number in silence too."""
    return ops.sqrt(ops.square(real) + ops.square(imaginary) + least**2)


def level(magnitude):
    """Magnitudes as what a network reads, about -2 to 2: their logarithm."""
    return (ops.log(magnitude + 1e-4) + 2) / 3


def from_level(level):
    """The magnitudes of levels."""
    return ops.exp(3 * ops.clip(level, -3, 4) - 2)
