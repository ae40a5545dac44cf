"""What benchmarks share: a process for each backend, pinned to a core, and CSV files of rows."""

import csv
import json
import os
import subprocess
import sys


def measured(script, backend, core):
    """What a script prints as JSON that is started again, with `--measure` and its own flags, on a
    backend, in a process pinned to a core."""
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, script, "--measure", *sys.argv[1:]],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    return json.loads(done.stdout.splitlines()[-1])


def write_rows(path, rows):
    """Writes dictionaries of the same keys as a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
