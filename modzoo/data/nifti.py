"""Runs of the scanner: 4-D NIfTI images, and the events, motion and folders that go with them."""

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modzoo.data.folders import require_folder
from modzoo.data.tables import read_table
from modzoo.errors import CallError, quoted, some_of
from modzoo.files import read_bytes, read_gzip, read_lines

SUFFIXES = (".nii.gz", ".nii")
MAX_VALUES = 2**26  # of an image: twice as many bytes as it takes in 16 bits
MAX_VOLUMES = 2**14  # of a run: eleven hours of one every 2.5 seconds
SECONDS = {"sec": 1, "msec": 1e-3, "usec": 1e-6, "unknown": 1}
LAYOUT = (
    "images .nii.gz beside tables *_events.tsv (onset, duration, trial_type), as OpenfMRI and BIDS "
    "have them: bold_1slice.nii.gz and bold_events.tsv, or sub-1_run-1_bold.nii.gz and "
    "sub-1_run-1_events.tsv"
)


@dataclass(frozen=True)
class Event:
    """A block of a run: onset and duration in seconds, and what was shown."""

    onset: float
    duration: float
    kind: str


@dataclass(frozen=True, eq=False)
class ScannedRun:
    """A run of the scanner.

    Attributes:
        path: The image.
        volumes: Float32 array `(time, x, y, z)`.
        interval: Float, seconds from volume to volume.
        events: List of `Event`, in order of time.
        motion: Array `(time, parameters)` of estimated head motion, or None.
    """

    path: Path
    volumes: np.ndarray
    interval: float
    events: list
    motion: np.ndarray | None


def load_runs(folder, image=None):
    """The runs below a folder, in order of their paths.

    Args:
        folder: A folder, below which images and tables of events lie as in `LAYOUT`.
        image: Ending of the images' names, `"1slice"` for `bold_1slice.nii.gz`. Default: that of
            the only image beside each table.

    Raises:
        CallError: If there are none, or a file cannot be read.
    """
    folder = require_folder(folder, LAYOUT)
    tables = sorted(folder.rglob("*_events.tsv"))
    if not tables:
        raise CallError(f"{folder} holds no runs; expected a folder with {LAYOUT}.")
    return [read_run(_image_beside(table, image)) for table in tables]


def read_run(path):
    """The `ScannedRun` of an image, whose events lie beside it."""
    path = Path(path)
    table = _events_beside(path)
    volumes, interval = read_volumes(path)
    events = read_events(table, len(volumes) * interval)
    motion = table.with_name(table.name.replace("_events.tsv", "_moest.txt"))
    if not motion.is_file():
        return ScannedRun(path, volumes, interval, events, None)
    return ScannedRun(path, volumes, interval, events, read_motion(motion, len(volumes)))


def read_volumes(path):
    """The volumes of a 4-D NIfTI image, float32 `(time, x, y, z)`, and the seconds between them.

    Raises:
        CallError: If `nibabel` is not installed; or the image cannot be read, is shorter than its
            header says, has more values or volumes than are read, or holds what is no number.
    """
    try:
        from nibabel import Nifti1Image
    except ImportError as error:
        raise CallError(
            f"Reading {path} needs the package nibabel: pip install 'modzoo[fmri]'."
        ) from error
    content = read_bytes(path)
    if content[:2] == b"\x1f\x8b":
        content = read_gzip(content, path)
    try:
        image = Nifti1Image.from_bytes(content)
        header = image.header
        kind = header.get_data_dtype()
        interval = float(header.get_zooms()[-1]) * SECONDS[header.get_xyzt_units()[1]]
    except Exception as error:  # a damaged header raises anything
        raise CallError(f"{path} is no NIfTI image ({error}); get it again.") from error
    shape = image.shape
    if len(shape) != 4 or min(shape) < 1 or kind.kind not in "fiu":
        raise CallError(
            f"{path} must be numbers over x, y, z and time, found {kind} of shape {shape}."
        )
    count = int(np.prod(shape, dtype=object))
    if count > MAX_VALUES:
        raise CallError(
            f"{path} says that it holds {count:,} values, and no more than {MAX_VALUES:,} are read "
            "of an image; make it of a coarser grid."
        )
    if shape[-1] > MAX_VOLUMES:
        raise CallError(
            f"{path} says that it holds {shape[-1]:,} volumes, and of a run no more than "
            f"{MAX_VOLUMES:,} are read; cut it."
        )
    wanted = image.dataobj.offset + count * kind.itemsize
    if len(content) < wanted:
        raise CallError(
            f"{path} is cut short: its header says {' x '.join(map(str, shape))} values, that is "
            f"{wanted:,} bytes, and there are {len(content):,}; get it again."
        )
    if not (np.isfinite(interval) and interval > 0):
        raise CallError(f"{path} does not say the time between its volumes: found {interval}.")
    volumes = np.moveaxis(np.asanyarray(image.dataobj).astype("float32"), -1, 0)
    if not np.isfinite(volumes).all():
        raise CallError(f"{path} holds voxels that are no numbers; mask them to 0.")
    return volumes, interval


def read_events(path, seconds):
    """The `Event`s of a table of a run that took so many seconds.

    Raises:
        CallError: If the table cannot be read, or events overlap or lie outside the run; it names
            the line.
    """
    found = []
    for number, (onset, duration, kind) in read_table(path, ["onset", "duration", "trial_type"]):
        try:
            event = Event(float(onset), float(duration), kind)
        except ValueError:
            event = Event(np.nan, np.nan, kind)
        if not (0 <= event.onset < np.inf and 0 < event.duration < np.inf):
            raise CallError(
                f"{path}, line {number}: onset and duration must be seconds from 0 on, found "
                f"{quoted(onset)} and {quoted(duration)}."
            )
        if not kind.strip():
            raise CallError(f"{path}, line {number}: the event has no trial_type.")
        if event.onset + event.duration > seconds:
            raise CallError(
                f"{path}, line {number}: the event ends {event.onset + event.duration:g} s after "
                f"the run began, and the run takes {seconds:g} s."
            )
        found.append((number, event))
    found.sort(key=lambda line: line[1].onset)
    for (line, event), (later_line, later) in itertools.pairwise(found):
        if event.onset + event.duration > later.onset:
            raise CallError(
                f"{path}, line {later_line}: the event begins {later.onset:g} s after the run "
                f"began, before that of line {line} ends."
            )
    return [event for _, event in found]


def read_motion(path, volumes):
    """Estimates of motion, `(volumes, parameters)`: a line a volume, numbers between spaces."""
    rows = []
    for number, line in read_lines(path):
        try:
            rows.append([float(value) for value in line.split()])
        except ValueError:
            rows.append([np.nan])
        if len(rows[-1]) != len(rows[0]) or not np.isfinite(rows[-1]).all():
            raise CallError(
                f"{path}, line {number}: expected {len(rows[0])} numbers between spaces, found "
                f"{quoted(line)}."
            )
    if len(rows) != volumes:
        raise CallError(f"{path} holds {len(rows)} lines, and the run has {volumes} volumes.")
    return np.array(rows)


def is_image(path):
    return str(path).endswith(SUFFIXES)


def _stem(path):
    """The name of an image without its suffixes."""
    return re.sub(r"\.nii(\.gz)?$", "", Path(path).name)


def _image_beside(table, image):
    prefix = table.name.removesuffix("events.tsv")
    images = sorted(
        path
        for path in table.parent.iterdir()
        if path.name.startswith(prefix) and is_image(path)
        if image is None or _stem(path) == prefix + image
    )
    if len(images) != 1:
        wanted = f"{prefix}{image or '*'}.nii.gz"
        found = f"found {some_of(path.name for path in images) or 'none'}"
        advice = "; name the ending of one with --image." if images else "."
        raise CallError(f"Beside {table} one image {wanted} must lie, {found}{advice}")
    return images[0]


def _events_beside(path):
    if not path.is_file():
        raise CallError(f"There is no image {path}.")
    prefix = _stem(path).rpartition("_")[0]
    table = path.with_name(f"{prefix}_events.tsv")
    if not prefix or not table.is_file():
        raise CallError(
            f"Beside {path} there is no table of events; expected {prefix or 'NAME'}_events.tsv "
            "with the columns onset, duration and trial_type."
        )
    return table
