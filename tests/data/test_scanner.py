"""Runs of the scanner, as NIfTI images with their events, and the blocks cut out of them."""

import gzip
import sys
import tracemalloc

import nibabel
import numpy as np
import pytest

from modzoo import files
from modzoo.data.nifti import load_runs, read_events, read_run, read_volumes
from modzoo.data.scanner_blocks import brain_voxels, clean, label_blocks, simulate_blocks
from modzoo.errors import CallError

EVENTS = "onset\tduration\ttrial_type\n10\t10\tface\n30\t10\thouse\n50\t10\tface\n"
TIME, GRID = 40, (3, 2, 1)


def write_run(folder, volumes=None, events=EVENTS, name="bold", image="1slice", interval=2.0):
    """A run of 40 volumes, 2 s each; returns the path of its image."""
    folder.mkdir(parents=True, exist_ok=True)
    if volumes is None:
        volumes = np.random.default_rng(len(str(folder))).normal(100, 5, (*GRID, TIME))
    image_file = nibabel.Nifti1Image(volumes.astype("float32"), np.eye(4))
    image_file.header.set_zooms((1, 1, 1, interval)[: volumes.ndim])
    image_file.header.set_xyzt_units("mm", "sec")
    path = folder / f"{name}_{image}.nii.gz"
    nibabel.save(image_file, path)
    (folder / f"{name}_events.tsv").write_text(events)
    return path


def test_runs_and_their_blocks(tmp_path):
    for number in (2, 1):
        write_run(tmp_path / "sub1" / f"run{number}")
        write_run(tmp_path / "sub1" / f"run{number}", np.ones((1, 1, 1, TIME)), image="25mm")
    runs = load_runs(tmp_path, "1slice")
    assert [run.path.parent.name for run in runs] == ["run1", "run2"]
    assert runs[0].volumes.shape == (TIME, *GRID) and runs[0].interval == 2
    examples = label_blocks(runs, "here")
    assert examples.series.shape == (6, 5, 6) and examples.series.dtype == "float32"
    assert examples.labels == {"category": ["face", "house"]}
    assert examples.classes.tolist() == [0, 1, 0] * 2
    assert examples.groups.tolist() == [0] * 3 + [1] * 3
    assert examples.places.tolist() == [0, 1, 2] * 2
    assert np.allclose(examples.series[1], clean(runs[0])[15:20], atol=1e-6)
    with pytest.raises(CallError, match=r"found bold_1slice.nii.gz, bold_25mm.nii.gz; name the"):
        load_runs(tmp_path)
    with pytest.raises(CallError, match=r"one image bold_5mm.nii.gz must lie, found none\."):
        load_runs(tmp_path, "5mm")


def test_names_of_bids(tmp_path):
    path = write_run(tmp_path / "sub-1" / "func", name="sub-1_run-1", image="bold")
    assert [run.path for run in load_runs(tmp_path)] == [path]


def test_drift_and_motion_are_taken_out(tmp_path):
    t = np.linspace(-1, 1, TIME)
    motion = np.sin(7 * t)
    signal = np.cos(20 * t)
    courses = [signal, signal + 50 * t**4 - 9 * t, signal + 30 * motion, np.full(TIME, 3.0)]
    path = write_run(tmp_path, 1000 + np.array(courses).reshape(4, 1, 1, TIME))
    (tmp_path / "bold_moest.txt").write_text("".join(f"{m} 0\n" for m in motion))
    cleaned = clean(read_run(path))
    assert np.allclose(cleaned[:, :3].std(0), 1) and np.allclose(cleaned[:, :3].mean(0), 0)
    assert np.allclose(cleaned[:, 0], cleaned[:, 1], atol=0.01)
    assert np.allclose(cleaned[:, 0], cleaned[:, 2], atol=0.01)
    assert not cleaned[:, 3].any()


def test_brain_is_bright(tmp_path):
    levels = np.array([100, 26, 24, 50, 0, 10]).reshape(*GRID, 1)
    run = read_run(write_run(tmp_path, levels * np.ones(TIME)))
    assert brain_voxels([run]).tolist() == [True, True, False, True, False, False]


def test_simulated_blocks():
    examples = simulate_blocks()
    assert examples.series.shape == (64, 9, 60)
    assert all(sorted(examples.classes[examples.groups == run]) == [*range(8)] for run in range(8))


def test_haxby(data_dir):
    runs = load_runs(data_dir / "haxby2001", "1slice")
    examples = label_blocks(runs, "haxby")
    assert examples.series.shape == (64, 9, 800) and brain_voxels(runs).sum() == 476
    assert len(examples.labels["category"]) == 8 and (np.bincount(examples.classes) == 8).all()


# What is wrong


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("10\t10\ta\n15\t5\tb", r"line 3: .* begins 15 s .* before that of line 2 ends"),
        ("30\t5\ta\n10\t25\tb", r"line 2: .* begins 30 s .* before that of line 3 ends"),
        ("10\t10\ta\n10\t10\ta", "line 3: .* before that of line 2 ends"),
        ("10\t10\t", "line 2: the event has no trial_type"),
        ("75\t10\ta", "line 2: the event ends 85 s after the run began, and the run takes 80 s"),
        ("-1\t10\ta", "line 2: onset and duration must be seconds from 0 on, found '-1' and '10'"),
        ("1\t0\ta", "line 2: onset and duration"),
        ("1\tx\ta", "line 2: onset and duration .* 'x'"),
        ("nan\t1\ta", "line 2: onset and duration"),
        ("1\t1", "line 2: found 2 tab-separated columns"),
        ("", "holds no rows"),
    ],
)
def test_events_that_are_wrong(rows, message, tmp_path):
    (tmp_path / "e.tsv").write_text(f"onset\tduration\ttrial_type\n{rows}\n")
    with pytest.raises(CallError, match=message):
        read_events(tmp_path / "e.tsv", 80.0)


def test_a_table_of_other_columns(tmp_path):
    write_run(tmp_path, events="start\tduration\ttrial_type\n1\t1\ta\n")
    with pytest.raises(CallError, match="line 1: the header needs a column 'onset'"):
        load_runs(tmp_path)


@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
@pytest.mark.parametrize("packed", [True, False])
def test_an_image_that_is_cut_short(share, packed, tmp_path):
    path = write_run(tmp_path)
    content = path.read_bytes() if packed else gzip.decompress(path.read_bytes())
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CallError, match=r"is cut short|is no NIfTI image"):
        read_volumes(path)


def test_a_header_that_says_more_than_there_is(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 2**22)
    path = write_run(tmp_path)
    content = bytearray(gzip.decompress(path.read_bytes()))
    for shape, message in (
        ((4, 400, 400, 400, 400), "no more than"),
        ((4, 1, 1, 1, 2**15 - 1), "volumes, and of a run no more than"),
        ((4, 9, 9, 9, 9), "short"),
    ):
        content[40:50] = np.array(shape, "<i2").tobytes()
        path.write_bytes(gzip.compress(bytes(content)))
        tracemalloc.start()
        with pytest.raises(CallError, match=message):
            read_volumes(path)
        assert tracemalloc.get_traced_memory()[1] < 2**23
        tracemalloc.stop()


def test_files_that_are_no_images(tmp_path):
    (tmp_path / "bold_1slice.nii").write_bytes(bytes(1000))
    with pytest.raises(CallError, match="is no NIfTI image"):
        read_volumes(tmp_path / "bold_1slice.nii")
    with pytest.raises(CallError, match="must be numbers over x, y, z and time"):
        read_volumes(write_run(tmp_path / "a", np.ones(GRID)))
    with pytest.raises(CallError, match="voxels that are no numbers"):
        read_volumes(write_run(tmp_path / "b", np.full((*GRID, TIME), np.nan)))
    with pytest.raises(CallError, match="time between its volumes"):
        read_volumes(write_run(tmp_path / "c", interval=0))
    with pytest.raises(CallError, match=r"Beside .* no table of events; expected bold_events"):
        (tmp_path / "a" / "bold_events.tsv").unlink()
        read_run(tmp_path / "a" / "bold_1slice.nii.gz")
    with pytest.raises(CallError, match="holds no runs; expected a folder with images"):
        load_runs(tmp_path / "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n" * 39, "holds 39 lines, and the run has 40 volumes"),
        ("1 2\n" * 9 + "1\n", "line 10: expected 2 numbers between spaces, found '1'"),
        ("1 x\n", "line 1: expected 1 numbers"),
    ],
)
def test_motion_that_is_wrong(text, message, tmp_path):
    path = write_run(tmp_path)
    (tmp_path / "bold_moest.txt").write_text(text)
    with pytest.raises(CallError, match=message):
        read_run(path)


def test_runs_that_do_not_go_together(tmp_path):
    write_run(tmp_path / "run1")
    write_run(tmp_path / "run2", np.ones((2, 2, 2, TIME)))
    with pytest.raises(CallError, match=r"one grid: .*run1.* has 3 x 2 x 1 .*run2.* 2 x 2 x 2"):
        label_blocks(load_runs(tmp_path), "here")
    write_run(tmp_path / "run2", events=EVENTS.replace("30\t10", "30\t14"))
    with pytest.raises(CallError, match=r"as many volumes, and they take 5, 7; the .*run2"):
        label_blocks(load_runs(tmp_path), "here")
    write_run(
        tmp_path / "run3", np.ones((*GRID, 8)), "\n".join(EVENTS.split("\n")[:1]) + "\n1\t4\ta"
    )
    with pytest.raises(CallError, match="8 volumes, too few to take 5 courses"):
        clean(load_runs(tmp_path / "run3")[0])


def test_nibabel_is_an_extra(tmp_path, monkeypatch):
    path = write_run(tmp_path)
    monkeypatch.setitem(sys.modules, "nibabel", None)
    with pytest.raises(CallError, match=r"needs the package nibabel: pip install 'modzoo\[fmri\]'"):
        read_volumes(path)
