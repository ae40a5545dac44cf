"""How good speech is: PESQ, STOI and SI-SDR, of single sounds and of many.

Each compares a sound with the clean one. Where a measure says nothing, of silence or of what is
too short, its value is None, and a remark says why.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from modzoo.data.sound_files import RATE, speech_package

MEASURES = ("pesq_wb", "stoi", "si_sdr")
MOST_SDR = 100.0  # decibels, beyond the rounding of float32
MOST_PESQ = 20  # seconds; the package has room for 50 utterances, and ends the process beyond


class NothingToMeasureError(Exception):
    """What a measure needs is not in the sounds; the message says what."""


@dataclass(frozen=True)
class Quality:
    """What the measures say of a sound.

    Attributes:
        values: `{name: float or None}` of `MEASURES`.
        remarks: Sentences on those that are None.
    """

    values: dict
    remarks: tuple = ()


def quality(clean, sound):
    """The `Quality` of a sound beside the clean one, float32 `(samples,)` each at 16 kHz.

    `pesq_wb` is the wide-band PESQ of ITU-T P.862.2, 1.04 to 4.64, of 0.25 to 20 s; `stoi` the
    short-time objective intelligibility of Taal et al., 2011, up to 1, of about 0.4 s of speech at
    least; `si_sdr` the scale-invariant ratio of signal to distortion of Le Roux et al., 2019, in
    decibels, at most 100.

    Raises:
        ValueError: If the sounds are of different lengths.
    """
    if np.shape(clean) != np.shape(sound) or np.ndim(clean) != 1:
        raise ValueError(
            "The sounds must be of one length, (samples,). Received: "
            f"clean.shape={np.shape(clean)}, sound.shape={np.shape(sound)}."
        )
    values, remarks = {}, []
    for name, function in (("pesq_wb", pesq_wb), ("stoi", stoi), ("si_sdr", si_sdr)):
        try:
            _require_sound(clean, sound)
            values[name] = function(clean, sound)
        except NothingToMeasureError as error:
            values[name] = None
            remarks.append(f"{name}: {error}")
    return Quality(values, tuple(remarks))


def _require_sound(clean, sound):
    if not (np.isfinite(clean).all() and np.isfinite(sound).all()):
        raise NothingToMeasureError("a sample is no finite number")
    if not np.any(clean):
        raise NothingToMeasureError("the clean sound is silent")
    if not np.any(sound):
        raise NothingToMeasureError("the sound is silent")


def pesq_wb(clean, sound):
    """Wide-band PESQ of a sound; its second argument is the one that is judged."""
    if len(clean) > MOST_PESQ * RATE:
        raise NothingToMeasureError(f"the sounds are longer than {MOST_PESQ} s")
    pesq = speech_package("pesq")
    try:
        return float(pesq.pesq(RATE, np.asarray(clean), np.asarray(sound), "wb"))
    except pesq.NoUtterancesError:
        raise NothingToMeasureError("no utterance is found in the clean sound") from None
    except pesq.BufferTooShortError:
        raise NothingToMeasureError("the sounds are shorter than 0.25 s") from None
    except pesq.PesqError as error:
        raise NothingToMeasureError(f"it fails ({type(error).__name__})") from None


def stoi(clean, sound):
    """STOI of a sound."""
    pystoi = speech_package("pystoi")
    try:
        with warnings.catch_warnings(action="error", category=RuntimeWarning):
            return float(pystoi.stoi(clean, sound, RATE))
    except (RuntimeWarning, ValueError):  # too few frames, or not even one
        raise NothingToMeasureError("the clean sound has less than 0.4 s of speech") from None


def si_sdr(clean, sound):
    """The scale-invariant ratio of signal to distortion in decibels, -100 to 100."""
    clean, sound = (np.asarray(x, "float64") for x in (clean, sound))
    projected = (clean @ sound) / (clean @ clean) * clean
    signal, distortion = (float(x @ x) for x in (projected, sound - projected))
    least = 10 ** (-MOST_SDR / 10)
    ratio = max(signal, least * distortion) / max(distortion, least * signal)
    return float(10 * np.log10(ratio))


def measure(pairs, enhance=None):
    """The `Quality` of each of many noisy sounds, or of what is made of them.

    Args:
        pairs: `SoundPairs`.
        enhance: Function of a noisy sound, `(samples,)`, that returns one as long. None: the
            noisy sounds themselves.

    Returns:
        List of `Quality`.
    """
    found = []
    for i in range(len(pairs)):
        noisy, clean = pairs.pairs[i]
        found.append(quality(clean, noisy if enhance is None else np.asarray(enhance(noisy))))
    return found


def means(qualities, prefix=""):
    """Means of the measures over sounds, `{prefix + name: float or None}`, and remarks on what
    they leave out."""
    metrics, remarks = {}, []
    for name in MEASURES:
        values = [q.values[name] for q in qualities if q.values[name] is not None]
        metrics[prefix + name] = float(np.mean(values)) if values else None
        if len(values) < len(qualities):
            missing = [q for q in qualities if q.values[name] is None]
            first = next(r for r in missing[0].remarks if r.startswith(name))
            remarks.append(
                f"The mean of {prefix + name} leaves out {len(missing)} of {len(qualities)} sounds "
                f"({first.partition(': ')[2]})."
            )
    return metrics, tuple(remarks)


def means_by_snr(qualities, snrs):
    """The means at each ratio of speech to noise, `{"0 dB": {name: float or None}}`; empty where
    no ratio is known."""
    return {
        f"{snr:g} dB": means([q for q, s in zip(qualities, snrs, strict=True) if s == snr])[0]
        for snr in sorted({snr for snr in snrs if snr is not None})
    }
