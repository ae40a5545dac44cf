"""What speech is enhanced by without training: log-MMSE, a Wiener filter, and a gate.

All are causal but for the STFT's frame, and take and return float32 `(samples,)` at 16 kHz.
"""

import numpy as np
from scipy.ndimage import minimum_filter1d
from scipy.special import exp1, expit

from modzoo.applications.speech.noise_floor import FLOOR, GATE_OFFSET, GATE_SLOPE, SMOOTH

FRAME, HOP = 512, 256  # samples
LEAST_GAIN = 0.1  # -20 dB
SMOOTHING = 0.98  # of the ratio of speech to noise from frame to frame
BIAS = 3.3  # mean power of white noise to the least of 90 means of six frames of it


def log_mmse(noisy):
    """Speech whose log-spectrum has the least mean square error, were spectra Gaussian.

    Ephraim and Malah, 1985, Speech enhancement using a minimum mean-square error log-spectral
    amplitude estimator, with the decision-directed ratio of their paper of 1984, smoothing 0.98.
    """

    def gain(prior, posterior):
        weight = prior / (1 + prior)
        return weight * np.exp(0.5 * exp1(np.maximum(weight * posterior, 1e-8)))

    return _by_ratio(noisy, gain)


def wiener(noisy):
    """Speech by the gain `prior / (1 + prior)`, the ratio as in `log_mmse`."""
    return _by_ratio(noisy, lambda prior, posterior: prior / (1 + prior))


def floor_gate(noisy):
    """Speech by a gate on how far each bin is above its noise floor: what the network adds to.

    `gain = max(0.1, sigmoid(7 (l - floor) - 2.5))`, of the scaled log-magnitude
    `l = (log(|X| + 1e-4) + 2) / 3` and its least mean of six frames among 90.
    """
    spectrum = stft(noisy)
    level = (np.log(np.abs(spectrum) + 1e-4) + 2) / 3
    gain = expit(GATE_SLOPE * (level - _least_mean(level)) + GATE_OFFSET)
    return inverse_stft(np.maximum(LEAST_GAIN, gain) * spectrum, len(noisy))


def noise_power(power):
    """The power of the noise in each frame and bin: the least mean of six frames among the last
    90, and a bias.

    The minimum statistics of Martin, 2001, Noise power spectral density estimation based on
    optimal smoothing and minimum statistics, with a fixed window of smoothing and a fixed bias.

    Args:
        power: `(frames, bins)`.
    """
    return np.maximum(BIAS * _least_mean(power), 1e-12)


def stft(sound):
    """Spectra `(frames, 257)` of frames of 32 ms every 16 ms under the root of a Hann window; the
    first and the last are half in the silence around the sound."""
    num_frames = -(-len(sound) // HOP) + 1
    padded = np.zeros((num_frames + 1) * HOP)
    padded[HOP : HOP + len(sound)] = sound
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    return np.fft.rfft(frames * _window())


def inverse_stft(spectrum, samples):
    """The first `samples` of the sound of which `stft` made the spectra; float32."""
    frames = np.fft.irfft(spectrum, FRAME) * _window()
    sound = np.zeros((len(frames) + 1, HOP))
    sound[:-1] += frames[:, :HOP]
    sound[1:] += frames[:, HOP:]
    return sound.ravel()[HOP : HOP + samples].astype("float32")


def _window():
    return np.sqrt(np.hanning(FRAME + 1)[:-1])


def _least_mean(values):
    """For each frame the least mean of `SMOOTH` frames, at the beginning of those there are,
    among the last `FLOOR`."""
    num_frames = len(values)
    padded = np.pad(values, ((SMOOTH - 1, 0), (0, 0)))
    sums = sum(padded[i : i + num_frames] for i in range(SMOOTH))
    means = sums / np.minimum(np.arange(1, num_frames + 1), SMOOTH)[:, None]
    last = (FLOOR - 1) // 2
    return minimum_filter1d(means, FLOOR, axis=0, mode="constant", cval=np.inf, origin=last)


def _by_ratio(noisy, gain_of):
    """A sound enhanced by gains that `gain_of` makes of the prior and the posterior ratio of
    speech to noise in a frame, `(257,)` each."""
    spectrum = stft(noisy)
    power = np.abs(spectrum) ** 2
    posteriors = np.minimum(power / noise_power(power), 1e4)
    gains, before = np.empty_like(power), np.ones(power.shape[1])
    for frame, posterior in enumerate(posteriors):
        prior = SMOOTHING * before + (1 - SMOOTHING) * np.maximum(posterior - 1, 0)
        gain = np.clip(gain_of(prior, posterior), LEAST_GAIN, 1)
        gains[frame] = gain
        before = gain**2 * posterior
    return inverse_stft(gains * spectrum, len(noisy))
