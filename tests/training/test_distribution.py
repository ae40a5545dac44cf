"""Training on many devices, and in several processes, beside training on one."""

import json
import os
import re
import socket
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from modzoo.applications import list_applications, load_application
from modzoo.errors import CallError
from modzoo.training import distribution
from modzoo.training.distribution import check_batch_size, make_distribution
from tests.applications.rows import FIRST

pytestmark = pytest.mark.one_backend


def start(backend, *args, **environment):
    environment = {**os.environ, "KERAS_BACKEND": backend, **environment}
    command = [sys.executable, "-m", "tests.training.distributed", *map(str, args)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


def result(process):
    out, err = process.communicate()
    assert process.returncode == 0, err[-3000:]
    return json.loads(out.splitlines()[-1]) if out.endswith(("}\n", '"\n')) else None


def in_two_processes(*args):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    others = {
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": address,
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
    }
    processes = [
        start("jax", *args, **others, KERAS_DISTRIBUTION_PROCESS_ID=str(i)) for i in range(2)
    ]
    return [result(process) for process in processes]


def assert_same_curve(rows, expected):
    assert len(rows) == len(expected) == 2
    for name in expected[0]:
        a, b = ([row[name] for row in each] for each in (rows, expected))
        np.testing.assert_allclose(a, b, rtol=1e-4, err_msg=name)


@pytest.fixture(scope="module")
def on_jax(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jax")
    return result(start("jax", "curves", 8, folder, "none", "data", "model"))


@pytest.mark.xdist_group("distribution")
@pytest.mark.parametrize("kind", ["data", "model"])
def test_eight_devices_give_the_curve_of_one_on_jax(on_jax, kind):
    assert_same_curve(on_jax[kind], on_jax["none"])


@pytest.mark.xdist_group("distribution")
@pytest.mark.parametrize("kind", ["data", pytest.param("model", marks=pytest.mark.slow)])
def test_two_processes_stop_and_go_on_to_the_curve_of_one(on_jax, tmp_path, kind):
    per_process = {"data": 1, "model": 2}[kind]
    out = tmp_path / "r"
    in_two_processes("begin", per_process, out, kind)
    assert (out / "history.csv").read_text().count("\n") == 2
    first, second = in_two_processes("go_on", per_process, out, kind)
    assert (first.pop("first"), second.pop("first")) == (True, False)
    assert first == second
    assert_same_curve(first["history"], on_jax["none"])
    assert [path.name for path in (out / "checkpoint").iterdir()] == ["epoch-00002"]
    assert len(list((out / "tensorboard").rglob("events*"))) == 4  # of one process, begun twice


def test_devices_give_the_curve_of_one_on_tensorflow(tmp_path):
    found = result(start("tensorflow", "curves", 2, tmp_path, "none", "data"))
    assert_same_curve(found["data"], found["none"])


@pytest.mark.slow
@pytest.mark.parametrize("row", FIRST, ids=str)
def test_every_application_learns_alike_on_eight_devices(row, tmp_path):
    flags = [flag for flag in row.flags if flag not in ("--limit", str(row.limit))]
    flags += ["--limit", "32", "--batch-size", "8"]
    found = result(start("jax", "recipe", 8, tmp_path, row.recipe, "none,data,model", *flags))
    for kind in ("data", "model"):
        assert_same_curve(found[kind], found["none"])


def test_the_gradients_of_a_rim_whose_batch_or_weights_are_split():
    found = result(start("jax", "rim", 8))
    assert found["data"] < 1e-4 and found["model"] < 1e-4
    assert found["data, weights split"] == 0 and found["model, weights split"] >= 8
    assert found["by hand"] == 3


def test_weights_are_split_as_their_layout_says():
    found = result(start("jax", "layouts", 8))
    for name in list_applications():
        layout, weights = load_application(name).LAYOUT, found[name]
        for rule, axes in layout.items():
            matched = [path for path in weights if re.fullmatch(rule, path)]
            assert matched, f"{name}: no weight is {rule}"
            for path in matched:
                shape, spec, shard = weights.pop(path)
                size = shape[axes.index("model")]
                whole = size % 8 != 0  # the devices do not divide it
                assert spec == ([None] * len(shape) if whole else list(axes)), path
                assert np.prod(shard) * (1 if whole else 8) == np.prod(shape), path
        assert all(shape == shard for shape, _, shard in weights.values())


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["paper", "paper_bert_130m"])
def test_a_step_at_the_size_of_the_paper(variant):
    found = result(start("jax", "paper", 8, variant))
    assert found["parameters"] == pytest.approx(130e6, rel=0.02)
    # Of 32,678 word pieces none is better known than another.
    assert found["loss"] == pytest.approx(np.log(32678), abs=1)
    assert found["gigabytes"] < 24


@pytest.mark.parametrize(
    "backend, kind, config, message",
    [
        ("torch", "data", None, "not there on torch.*--backend jax.*--backend tensorflow has data"),
        ("tensorflow", "model", None, "not there on tensorflow.*--backend jax has it"),
        ("tensorflow", "data", "{}", "TF_CONFIG.*--backend jax with KERAS_DISTRIBUTION_JOB"),
        ("tensorflow", "all", None, "must be one of none, data, model, received 'all'"),
    ],
)
def test_what_there_is_not(monkeypatch, backend, kind, config, message):
    monkeypatch.setattr(distribution, "running_backend", lambda: backend)
    if config is not None:
        monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(CallError, match=message):
        make_distribution(kind, {})


def test_processes_that_cannot_be_joined():
    message = result(start("jax", "refused", 1))
    assert message.startswith("Cannot join the other processes")
    assert "KERAS_DISTRIBUTION_NUM_PROCESSES=two" in message


def test_one_device_trains_alone_and_says_so(capsys):
    assert make_distribution("none", {}) is None
    assert make_distribution("data", {}) is None
    assert "cpu:0, the only device there is" in capsys.readouterr().err


def test_a_batch_that_the_devices_cannot_share():
    eight = SimpleNamespace(num_replicas_in_sync=8)
    check_batch_size(eight, 64)
    check_batch_size(None, 7)
    with pytest.raises(CallError, match=r"divisible by 8, .* received 60; 64 is"):
        check_batch_size(eight, 60)
