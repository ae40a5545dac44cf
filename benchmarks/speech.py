"""Real-time factors of speech enhancement, as it comes in and of whole recordings.

    python benchmarks/speech.py                     # speech.csv, speech_memory.csv, the tables
    python benchmarks/speech.py --backends torch --rounds 3 --minutes 1 --out /tmp/results

A real-time factor is seconds of computation for a second of sound at 16 kHz: below 1 it keeps up.
`SpeechEnhancer` in the size of the recipe's default is measured on one core
beside what a user would pick instead:

- the Wiener filter of `modzoo.applications.speech`, NumPy, which is measured on whole recordings:
  its work is a loop over frames either way;
- a plain Transformer in eager PyTorch of as many parameters (within a hundredth): the same
  spectra, convolutions, layers, heads and width, `torch.nn.TransformerEncoder`, its feed-forward
  maps as wide as makes the numbers equal. It has no cache: as sound comes in, each block is a pass
  over the last 64 frames, the window that `SpeechEnhancer` attends to.

Weights are random, since time does not depend on them; the sound is noise.

- A stream gets 256 samples, 16 ms, at a time, as an array in and an array out. Offline is one call
  for all of `--seconds`.
- The models are timed in one process, in turn (A B C A B C ...), so that a change of the machine's
  speed meets all of them; the figure is the least of `--rounds`. First calls, which trace and
  compile, are left out.
- Each backend has a process of its own, pinned to one core before anything is imported.
- Memory: `--minutes` of sound go through a stream, four blocks at a time; the greatest resident
  memory of the process after the first minute, and at the end.

Compare within a backend; the Wiener filter and the Transformer are the same in all of them.
"""

import argparse
import itertools
import json
import resource
import time
from pathlib import Path

import torch  # before TensorFlow
from processes import measured, write_rows
from torch import nn

BACKENDS = ("tensorflow", "jax", "torch")
HERE = Path(__file__).parent
RATE, BLOCK, FRAME, BINS = 16_000, 256, 512, 257
ENHANCER, WIENER, TRANSFORMER = "SpeechEnhancer", "Wiener filter", "torch.nn.TransformerEncoder"
WIDTH, HEADS, LAYERS, WINDOW = 128, 4, 6, 64
MEGABYTE = 1024  # kilobytes, in which Linux counts


class PlainTransformer(nn.Module):
    """Gains of spectra by convolutions and a causal Transformer.

    Args:
        intermediate_dim: Integer, width of the feed-forward maps.
    """

    def __init__(self, intermediate_dim):
        super().__init__()
        widths = (BINS, *[WIDTH] * 4)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, 3) for before, after in itertools.pairwise(widths)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in self.convolutions)
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, intermediate_dim, dropout=0.0, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, BINS)
        self.register_buffer("window", torch.hann_window(FRAME).sqrt(), persistent=False)

    def gains(self, spectrum):
        """Gains `(1, bins, frames)` of a spectrum."""
        x = torch.log(spectrum.abs() + 1e-4)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = convolution(nn.functional.pad(x, (2, 0)))
            x = nn.functional.leaky_relu(norm(x.mT)).mT
        steps = torch.arange(x.shape[-1])
        behind = steps[:, None] - steps
        hidden = (behind < 0) | (behind >= WINDOW)
        return torch.sigmoid(self.head(self.encoder(x.mT, mask=hidden))).mT

    @torch.no_grad()
    def forward(self, sound):
        """A whole sound, `(1, samples)`, enhanced."""
        spectrum = torch.stft(sound, FRAME, BLOCK, window=self.window, return_complex=True)
        spectrum = spectrum * self.gains(spectrum)
        return torch.istft(spectrum, FRAME, BLOCK, window=self.window, length=sound.shape[1])

    def stream(self):
        """A function of the next block that gives the enhanced one before."""
        frames = torch.zeros(1, BINS, WINDOW, dtype=torch.complex64)
        before, half = torch.zeros(BLOCK), torch.zeros(BLOCK)

        @torch.no_grad()
        def step(block):
            nonlocal frames, before, half
            block = torch.from_numpy(block)
            spectrum = torch.fft.rfft(torch.cat([before, block]) * self.window)
            frames = torch.cat([frames[..., 1:], spectrum[None, :, None]], dim=-1)
            enhanced = torch.fft.irfft(spectrum * self.gains(frames)[0, :, -1]) * self.window
            out, half = half + enhanced[:BLOCK], enhanced[BLOCK:]
            before = block
            return out.numpy()

        return step


def num_parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def transformer_of_size(count):
    """A `PlainTransformer` of about `count` parameters."""
    least, more = (num_parameters(PlainTransformer(width)) for width in (1, 2))
    return PlainTransformer(max(1, 1 + round((count - least) / (more - least)))).eval()


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


def measure(args):
    """The rows of one backend, in this process."""
    torch.set_num_threads(1)
    import keras
    import numpy as np

    from modzoo.applications import speech

    keras.utils.set_random_seed(0)
    model = speech.SpeechEnhancer()
    plain = transformer_of_size(model.count_params())
    noise = np.random.default_rng(0).normal(0, 0.1, int(args.seconds * RATE)).astype("float32")
    blocks = noise[: len(noise) // BLOCK * BLOCK].reshape(-1, BLOCK)
    stream, step = model.stream(), plain.stream()
    calls = {
        (ENHANCER, "stream"): lambda: [stream(block) for block in blocks],
        (TRANSFORMER, "stream"): lambda: [step(block) for block in blocks],
        (ENHANCER, "offline"): lambda: model.predict_on_batch(noise[None]),
        (TRANSFORMER, "offline"): lambda: plain(torch.from_numpy(noise)[None]),
        (WIENER, "offline"): lambda: speech.wiener(noise),
    }
    rounds = [{key: seconds(call) for key, call in calls.items()} for _ in range(args.rounds + 1)]
    parameters = {ENHANCER: model.count_params(), TRANSFORMER: num_parameters(plain), WIENER: 0}
    rows = [
        {
            "backend": keras.backend.backend(),
            "name": name,
            "mode": mode,
            "parameters": parameters[name],
            "real_time_factor": round(
                min(each[name, mode] for each in rounds[1:]) / args.seconds, 4
            ),
            "seconds": args.seconds,
            "rounds": args.rounds,
        }
        for name, mode in calls
    ]
    return {"speed": rows, "memory": memory(model, args.minutes, noise[: 4 * BLOCK])}


def memory(model, minutes, blocks):
    """Peak memory of the process after the first minute of a stream, and after all."""
    import keras

    stream = model.stream()
    a_minute = 60 * RATE // len(blocks)
    peaks = []
    for _ in range(minutes):
        for _ in range(a_minute):
            stream(blocks)
        peaks.append(peak_megabytes())
    return {
        "backend": keras.backend.backend(),
        "minutes": minutes,
        "megabytes_after_a_minute": round(peaks[0], 1),
        "megabytes_at_the_end": round(peaks[-1], 1),
    }


def tables(speed, streams):
    """The card's tables: a row for each model, a column for each backend."""
    backends = list(dict.fromkeys(row["backend"] for row in speed))
    lines = ["| | parameters | " + " | ".join(backends) + " |", "|---" * (len(backends) + 2) + "|"]
    for name, mode in dict.fromkeys((row["name"], row["mode"]) for row in speed):
        rows = [row for row in speed if (row["name"], row["mode"]) == (name, mode)]
        factors = " | ".join(f"{row['real_time_factor']:.3f}" for row in rows)
        lines.append(f"| {name}, {mode} | {rows[0]['parameters']:,} | {factors} |")
    lines += ["", "| backend | MB after a minute of a stream | after all |", "|---|---|---|"]
    for row in streams:
        lines.append(
            f"| {row['backend']} | {row['megabytes_after_a_minute']:.0f} | "
            f"{row['megabytes_at_the_end']:.0f} ({row['minutes']} minutes) |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--seconds", type=float, default=10.0, help="Sound of a round (10).")
    parser.add_argument("--rounds", type=int, default=10, help="Rounds that are timed (10).")
    parser.add_argument("--minutes", type=int, default=60, help="Of the stream for memory (60).")
    parser.add_argument("--core", type=int, default=0, help="CPU core to run on (0).")
    parser.add_argument("--out", type=Path, default=HERE, help="Folder of the CSV files.")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args)))
        return
    results = [measured(__file__, backend, args.core) for backend in args.backends]
    speed = [row for result in results for row in result["speed"]]
    streams = [result["memory"] for result in results]
    write_rows(args.out / "speech.csv", speed)
    write_rows(args.out / "speech_memory.csv", streams)
    print(tables(speed, streams))


if __name__ == "__main__":
    main()
