"""Series of regions: simulated ones, and a person's own files."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from modzoo.data import region_simulator as simulator
from modzoo.data.region_files import load_regions, read_regions
from modzoo.data.region_simulator import GROUPS, make_world, relatedness, simulate_regions
from modzoo.errors import CallError

# The simulator


def likely_classes(examples, group):
    """The classes that a person who knows the world, but not the signs, holds for likeliest."""
    world, systems = make_world(), np.array([*GROUPS[group].values()])
    lag = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    precision = np.linalg.inv(simulator.NOISE_MEMORY**lag)
    blocks = examples.series.astype("float64").reshape(-1, 7, 4, 10)
    match = np.einsum("nctf,tu,puf->ncp", blocks, precision, world.primitives)
    power = np.einsum("ptf,tu,puf->p", world.primitives, precision, world.primitives)
    logs = np.logaddexp(match, -match) - power / 2
    likelihood = np.exp(logs - logs.max(-1, keepdims=True))
    scores = []
    for one in range(3):
        code = world.codes[systems[examples.tasks], np.arange(7), one]
        own = np.take_along_axis(likelihood, code[..., None], -1)[..., 0]
        scores.append(np.log(0.6 * own + 0.4 * likelihood.mean(-1)).sum(1))
    return np.argmax(scores, axis=0)


@pytest.mark.parametrize("group", ["1", "2", "changing"])
def test_who_knows_the_world_finds_nearly_all(group):
    examples = simulate_regions(group, 400)
    found = likely_classes(examples, group) == examples.classes
    assert 0.96 < found.mean() < 1


def test_what_is_simulated():
    examples = simulate_regions("2", 300, seed=3)
    assert examples.series.shape == (900, 28, 10) and examples.series.dtype == "float32"
    assert [*examples.labels] == ["cognition", "attention", "senses"]
    counts = np.zeros((3, 3), int)
    np.add.at(counts, (examples.tasks, examples.classes), 1)
    assert (counts == 100).all()
    assert len({*zip(examples.tasks[:9], examples.classes[:9], strict=True)}) == 9
    assert examples.series.var() == pytest.approx(2, rel=0.05)  # a signal as strong as the noise
    assert np.abs(examples.series.mean(0)).max() < 0.3  # signs hide the pattern from a mean
    again = simulate_regions("2", 300, seed=3)
    assert np.array_equal(again.series, examples.series)
    assert not np.array_equal(simulate_regions("2", 300, seed=4).series, examples.series)


def test_noise_remembers():
    noise = simulator._noise((2000, 28, 3), np.random.default_rng(0))
    assert noise.var(axis=(0, 2)) == pytest.approx(np.ones(28), abs=0.06)
    lagged = (noise[:, 1:] * noise[:, :-1]).mean((0, 2))
    assert lagged == pytest.approx(np.full(27, 0.5), abs=0.06)


@pytest.mark.parametrize(
    ("group", "shares"),
    [
        ("1", [6 / 7, 5 / 7, 5 / 7]),
        ("2", [5 / 7, 1 / 7, 1 / 7]),
        ("related", [1, 1, 1]),
        ("apart", [0, 0, 0]),
        ("changing", [4 / 7, 2 / 7, 2 / 7]),
    ],
)
def test_tasks_are_related_as_said(group, shares):
    found = relatedness(group)
    assert found[np.triu_indices(3, 1)] == pytest.approx(shares)
    codes = make_world().codes
    assert all(len({*codes[:, c].ravel()}) == 9 for c in range(7))  # systems share nothing


def test_there_is_no_such_group():
    with pytest.raises(CallError, match="no group '3' of tasks; there is: 1, 2"):
        simulate_regions("3")


# Division


def test_folds_hold_each_example_once_and_classes_alike():
    examples = simulate_regions("1", 75)
    tested = []
    for number in range(5):
        parts = {s: examples.fold(s, number) for s in ("train", "validation", "test")}
        assert sum(map(len, parts.values())) == len(examples) == 225
        assert (len(parts["test"]), parts["test"].split) == (45, "test")
        assert 20 <= len(parts["validation"]) <= 25
        everything = np.concatenate([part.series for part in parts.values()])
        assert len(np.unique(everything[:, 0, 0])) == 225
        assert (np.bincount(parts["test"].tasks * 3 + parts["test"].classes) == 5).all()
        tested.append(parts["test"].series[:, 0, 0])
    assert len(np.unique(tested)) == 225
    other = examples.fold("test", 0, repeat=1)
    assert not np.array_equal(other.series, examples.fold("test", 0).series)
    assert examples.fold(None).split == "test"


def test_groups_stay_together():
    examples = simulate_regions("1", 24)
    grouped = examples.take(np.arange(64))
    grouped = type(grouped)(**{**vars(grouped), "groups": np.arange(64) // 8})
    left_out = [set(grouped.fold("test", number, 8).groups) for number in range(8)]
    assert left_out == [{7}, {6}, {5}, {4}, {3}, {2}, {1}, {0}]
    held, learned = (set(grouped.fold(s, 0, 8).groups) for s in ("validation", "train"))
    assert len(held) == 1 and not held & learned and held | learned == {*range(7)}
    with pytest.raises(CallError, match=r"8 groups, .* and 9 folds need"):
        grouped.fold("test", 0, 9)


def test_a_class_of_one_group_alone():
    examples = simulate_regions("1", 24)
    first = (examples.tasks == 0) & (examples.classes == 0)
    grouped = replace(examples, groups=np.where(first, 3, np.arange(len(examples)) % 3))
    with pytest.raises(CallError, match="the class 'region 1' of cognition are in one fold"):
        grouped.fold("train", 0, 4)


def test_fewer_examples_than_folds():
    with pytest.raises(CallError, match="4 examples of a class at least, and 5 folds"):
        simulate_regions("1", 12).fold("train")


# Files


def csv_text(rows, header="series,task,label,a,b"):
    return "\n".join([header, *rows]) + "\n"


GOOD = ["s1,left,x,1,2", "s1,left,x,3,4", "s2,left,y,5,6", "s2,left,y,7,8"]


def test_a_csv(tmp_path):
    (tmp_path / "own.csv").write_text(csv_text(GOOD))
    examples = load_regions(tmp_path)
    assert examples.series.tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    assert examples.labels == {"left": ["x", "y"]} and examples.groups is None
    assert examples.classes.tolist() == [0, 1]


def test_an_npz_and_its_groups(tmp_path):
    series = np.arange(24.0).reshape(4, 3, 2)
    for task in ("left", "right"):
        labels = {"label": [task, "y", task, "y"], "group": [3, 1, 3, 1]}
        np.savez(tmp_path / f"{task}.npz", series=series, **labels)
    examples = load_regions(tmp_path)
    assert examples.labels == {"left": ["left", "y"], "right": ["right", "y"]}
    assert examples.tasks.tolist() == [0] * 4 + [1] * 4
    assert examples.groups.tolist() == [1, 0, 1, 0] * 2
    assert np.array_equal(examples.series[4:], series)
    bare = tmp_path / "bare.npz"
    np.savez(bare, series=series)
    assert read_regions(bare).columns == {}
    with pytest.raises(CallError, match="has no label"):
        load_regions(bare)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*GOOD[:3]], "line last: the series 's2' has 1 steps, and 's1' has 2"),
        ([GOOD[0], *GOOD[2:]], "line 3: .*'s1' has 1|'s2' has 2 steps, and 's1' has 1"),
        ([*GOOD, "s1,left,x,1,2"], "line 6: the series 's1' goes on after another"),
        ([*GOOD[:1], "s1,left,z,3,4", *GOOD[2:]], "line 3: .* differ in task, label"),
        (["s1,left,x,1"], "line 2: found 4 columns, the header names 5"),
        (["s1,left,x,1,?"], "line 2: the column 'b' must hold numbers, found '\\?'"),
        (["s1,left,x,1,nan"], "series 's1' is no number at step 1, feature 2"),
        ([], "holds no series"),
        (["s1,le ft,x,1,2"], "a task is named by letters"),
        (GOOD[:2], "the task left has one class alone, 'x'"),
        (["s\x1b1,left,x,1,2"], "names must be printable, .* found 's.x1b1'"),
        (["1,a,x,1,2", "2,a,y,1,2", "3,a_b,x,1,2", "4,a_b,y,1,2"], "the task 'a_b' begins as 'a'"),
    ],
)
def test_a_csv_that_is_wrong(rows, message, tmp_path):
    (tmp_path / "own.csv").write_text(csv_text(rows))
    with pytest.raises(CallError, match=message):
        load_regions(tmp_path)


@pytest.mark.parametrize("header", ["series,task,label", "subject,a,b", "series,a,a"])
def test_a_csv_of_wrong_columns(header, tmp_path):
    (tmp_path / "own.csv").write_text(csv_text(["1,2,3"], header))
    with pytest.raises(CallError, match="line 1: the header needs a column 'series'"):
        load_regions(tmp_path)


def test_tasks_of_unequal_length(tmp_path):
    for task, steps in (("left", 3), ("right", 4)):
        np.savez(tmp_path / f"{task}.npz", series=np.zeros((2, steps, 2)), label=["x", "y"])
    with pytest.raises(CallError, match=r"left.npz have 3 steps of 2 .*right.npz 4 of 2"):
        load_regions(tmp_path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"data": np.zeros((2, 3, 4))}, "has no array 'series'"),
        ({"series": np.zeros((2, 3))}, r"\(examples, time, features\), found float64 \(2, 3\)"),
        ({"series": np.array([[["a"]]])}, "must be numbers"),
        ({"series": np.zeros((2, 3, 4)), "label": ["x"]}, r"'label' must be 2 strings .*\(1,\)"),
        ({"series": np.full((1, 1, 1), np.inf)}, "series '1' is no number at step 1"),
        ({"series": np.array([[[None]]])}, "Cannot read the array series.npy .*Python objects"),
        ({"series": np.zeros((10**9, 0, 4))}, "holds no series"),
        (
            {"series": np.zeros((1, 3, 4)), "label": np.array([2**31 - 1], "<u4").view("<U1")},
            "'label' holds what is no text",
        ),
    ],
)
def test_an_npz_that_is_wrong(arrays, message, tmp_path):
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(CallError, match=message):
        read_regions(tmp_path / "own.npz")


def test_a_header_that_lies(tmp_path):
    header = io.BytesIO()
    said = {"descr": "<f8", "fortran_order": False, "shape": (2**40, 3, 4)}
    np.lib.format.write_array_header_1_0(header, said)
    with zipfile.ZipFile(tmp_path / "own.npz", "w") as archive:
        archive.writestr("series.npy", header.getvalue() + bytes(96))
    with pytest.raises(CallError, match=r"Cannot read the array series.npy"):
        read_regions(tmp_path / "own.npz")


@pytest.mark.parametrize("name", ["own.npz", "own.csv"])
def test_a_file_of_noise(name, tmp_path):
    (tmp_path / name).write_bytes(bytes(range(256)) * 4)
    with pytest.raises(CallError, match=name):
        read_regions(tmp_path / name)
    with pytest.raises(CallError, match=r"must end in .npz or .csv"):
        read_regions(tmp_path / "own.mat")
    with pytest.raises(CallError, match=r"holds no series; expected files .npz"):
        (tmp_path / name).unlink()
        load_regions(tmp_path)
