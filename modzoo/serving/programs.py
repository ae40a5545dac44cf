"""Python programs run apart, so that their end, whatever it is, is not ours."""

import re
import signal
import subprocess
import sys
from pathlib import Path

from modzoo.serving.readers import exchange

READERS = Path(exchange.__file__).parent
MOST_SECONDS = 900
ERROR = re.compile(r"[\w.]*(Error|Exception):")


class ProgramError(Exception):
    """A program did not do its work; the message is what it said last."""


def run_python(*args):
    """Runs Python with these arguments; modules of the folder we stand in are not seen.

    Raises:
        ProgramError: If it does not end well.
    """
    command = [sys.executable, "-P", *map(str, args)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ProgramError(f"it did not end in {MOST_SECONDS} seconds") from error
    if done.returncode < 0:
        raise ProgramError(f"it was ended by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        raise ProgramError(_reason(done.stderr.decode("utf-8", "replace")))


def _reason(said):
    """The last line that names an error, and those that it announces with a colon; what stands
    below may be where it arose. Else the last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"]
    last = len(lines) - 1
    start = end = max((i for i, line in enumerate(lines) if ERROR.match(line)), default=last)
    while lines[end].endswith(":") and end < last:
        end += 1
    return " ".join(lines[start : end + 1])[:400]


def read_apart(reader, model, requests, folder):
    """What a program without Keras and modzoo answers (see `readers/__main__`).

    Args:
        reader: Name of a module in `readers`.
        model: Path of what it reads.
        requests: List of `Request`.
        folder: A folder for files between it and us.

    Returns:
        The answers, a list of dictionaries of arrays; and the seconds that reading the model and
        each answer took, a list.
    """
    asked, answered = Path(folder, "requests.npz"), Path(folder, "answers.npz")
    exchange.save(asked, [r.inputs for r in requests], [r.signature for r in requests])
    run_python(READERS, reader, model, asked, answered)
    return exchange.load(answered)
