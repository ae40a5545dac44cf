"""Loss curves of one training on one device, on several, and in two processes, drawn on each other.

    python benchmarks/devices.py                # devices.csv and devices.png
    python benchmarks/devices.py --epochs 4 --out /tmp/results

It calls `modzoo train sentiment/sst2 --backend jax` with `--distribute`, on a CPU that XLA_FLAGS
makes eight devices, and in two processes that talk through a port of this machine. The generated
reviews are few, so that it takes minutes.
"""

import argparse
import csv
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
FLAGS = ["--limit", "256", "--units", "16", "--embedding-dim", "16", "--patience", "99"]
FLAGS += ["--dropout", "0", "--embedding-dropout", "0", "--word-dropout", "0"]
WAYS = {  # what --distribute says, devices of a process, processes
    "1 device": ("none", 1, 1),
    "8 devices, data": ("data", 8, 1),
    "8 devices, model": ("model", 8, 1),
    "2 processes, data": ("data", 1, 2),
}


def losses(way, folder, epochs):
    """The training losses of the epochs."""
    distribute, devices, processes = WAYS[way]
    command = [sys.executable, "-m", "modzoo", "train", "sentiment/sst2", "--backend", "jax"]
    command += [*FLAGS, "--epochs", str(epochs), "--out", folder, "--distribute", distribute]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = []
    for process in range(processes):
        environment = {
            **os.environ,
            "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
        }
        if processes > 1:
            environment |= {
                "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"127.0.0.1:{port}",
                "KERAS_DISTRIBUTION_NUM_PROCESSES": str(processes),
                "KERAS_DISTRIBUTION_PROCESS_ID": str(process),
            }
        started.append(subprocess.Popen(command, env=environment))
    codes = [process.wait() for process in started]
    if any(codes):
        raise SystemExit(f"The training on {way} failed.")
    with open(Path(folder, "history.csv"), encoding="utf-8", newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def draw(curves, path):
    """The curves, and how far each is from that of one device."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    first, *others = curves
    epochs = range(1, len(curves[first]) + 1)
    colors = dict(zip(curves, ("#000000", "#0072B2", "#D55E00", "#009E73"), strict=True))
    figure, (top, bottom) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for i, (way, values) in enumerate(curves.items()):
        look = {"color": colors[way], "lw": 6 - 1.5 * i, "alpha": 0.5 if i == 0 else 1}
        top.plot(epochs, values, label=way, **look)
    for way in others:
        pairs = zip(curves[way], curves[first], strict=True)
        apart = [max(abs(a / b - 1), 1e-9) for a, b in pairs]
        bottom.semilogy(epochs, apart, color=colors[way], marker="o", ms=3)
    bottom.axhline(1e-4, color="0.6", ls="--", lw=1)
    bottom.set_ylim(4e-10, 1e-3)
    top.set(xlabel="epoch", title="Training loss")
    bottom.set(xlabel="epoch", title="Relative difference from one device")
    bottom.axhline(1e-9, color="0.6", ls=":", lw=1)
    bottom.text(1, 6e-10, "none", color="0.4", fontsize=8)
    for ax in (top, bottom):
        ax.spines[["top", "right"]].set_visible(False)
    top.legend(frameon=False)
    figure.savefig(path, dpi=90)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--out", type=Path, default=HERE, help="Folder of devices.csv, .png.")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        curves = {way: losses(way, f"{folder}/{way}", args.epochs) for way in WAYS}
    args.out.mkdir(parents=True, exist_ok=True)
    with open(args.out / "devices.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["epoch", *curves])
        writer.writerows(zip(range(1, args.epochs + 1), *curves.values(), strict=True))
    draw(curves, args.out / "devices.png")


if __name__ == "__main__":
    main()
