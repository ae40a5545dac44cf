"""What every application can do, over all rows: a further one is tested by having a row."""

import csv
import dataclasses
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

import modzoo
from modzoo import cli
from modzoo.applications import application_of, list_applications, load_application
from modzoo.applications.interface import Application, Texts, copy_of
from modzoo.loading import class_packages
from modzoo.recipes import application_name, load_recipe, recipe_names
from modzoo.training.recorder import Recorder
from tests.applications.rows import FIRST, ROWS, example_batch
from tests.backends import assert_equal_trees


def grouped(rows):
    """Rows as parameters; the tests of one share a worker, and so its training.

    An application is tested on every backend by its first row, its other recipes on one.
    """
    for row in rows:
        marks = [pytest.mark.xdist_group(row.recipe)]
        marks += [] if row.is_first else [pytest.mark.one_backend]
        yield pytest.param(row, id=str(row), marks=marks)


every_row = pytest.mark.parametrize("row", list(grouped(ROWS)))
every_application = pytest.mark.parametrize("row", list(grouped(FIRST)))
TRAINED = {}


@pytest.fixture
def run_of(tmp_path_factory, capsys):
    """Trains a row once in a process; gives the run folder."""

    def run(row):
        if row.recipe not in TRAINED:
            os.environ["KERAS_BACKEND"] = keras.backend.backend()
            path = tmp_path_factory.mktemp("runs") / "r"
            with pytest.raises(SystemExit) as caught:
                cli.main(["train", row.recipe, "--out", str(path), "--epochs", "2", *row.flags])
            assert caught.value.code == 0, capsys.readouterr().err
            TRAINED[row.recipe] = path
            capsys.readouterr()
        return TRAINED[row.recipe]

    return run


def out_of(row, tmp_path):
    """Arguments of `predict` that name the file to write, if it writes one."""
    suffix = row.application.OUTPUT
    return [] if suffix is None else ["--out", tmp_path / f"out{suffix}"]


def report_of(path):
    return json.loads((path / "metrics.json").read_text())


# What there is


@pytest.mark.one_backend
def test_no_application_is_left_out():
    assert [row.recipe for row in sorted(ROWS, key=str)] == recipe_names()
    kinds = [name for name in list_applications() for _ in load_application(name).MODELS]
    assert sorted(application_name(row.recipe) for row in FIRST) == kinds


@pytest.mark.one_backend
@pytest.mark.parametrize("name", list_applications())
def test_the_interface(name):
    application = load_application(name)
    names = {*Application.__annotations__, *(n for n in vars(Application) if n[0] != "_")}
    for needed in names:
        assert hasattr(application, needed), needed
    assert set(application.CLASSES) <= set(dir(application))
    assert set(application.MODELS) <= set(application.CLASSES)
    application.Options()


@pytest.mark.one_backend
@every_row
def test_a_recipe(row):
    recipe = load_recipe(row.recipe)
    application = row.application
    assert issubclass(recipe.Settings, application.ModelSettings)
    for values in (recipe.EMBEDDED, *recipe.VARIANTS.values()):
        dataclasses.replace(recipe.Settings(), **values)
    assert f"modzoo train {row.recipe}" in recipe.__doc__
    assert re.search(r"\b0\.\d\d|\b\d\.\d\d", recipe.__doc__), "the figure to expect"
    assert re.search(r"minute|hour", recipe.__doc__) and "core" in recipe.__doc__
    public = {name for name, value in vars(recipe).items() if callable(value) and name[0] != "_"}
    assert {"Settings", "load", "main"} <= public


# A run


@every_row
def test_the_run_folder(row, run_of):
    run = run_of(row)
    names = {path.name for path in run.iterdir()}
    assert names - {".lock", "inspection.json"} == {
        *("config.json", "model.keras", "checkpoint", "history.csv", "metrics.json"),
        *("tensorboard", "plots"),
    }
    assert {path.stem for path in (run / "plots").iterdir()} == row.plots
    with open(run / "history.csv") as file:
        rows = list(csv.DictReader(file))
    assert [r["epoch"] for r in rows] == ["0", "1"]
    report = report_of(run)
    assert list(report["metrics"]) == row.metrics
    assert report["split"] == "test"
    assert np.isfinite(list(report["metrics"].values())).all()


@every_application
def test_evaluate(row, run_of, call):
    run = run_of(row)
    code, out, err = call("evaluate", run, "--limit", row.limit, "--json")
    report = json.loads(out)
    assert code == 0, err
    assert list(report)[:6] == ["model", "recipe", "backend", "split", "examples", "metrics"]
    assert report["metrics"] == pytest.approx(report_of(run)["metrics"], abs=1e-6)
    code, _, err = call("evaluate", run, "--split", "qqq")
    assert code == 2 and "no split 'qqq'" in err


@every_application
def test_predict(row, run_of, call, tmp_path):
    run, out_flags = run_of(row), out_of(row, tmp_path)
    inputs = row.make_inputs(tmp_path)
    args = ["predict", run, *row.option_flags, *out_flags, "--", *inputs]
    code, out, err = call(*args)
    assert code == 0, err
    assert out.strip()
    args.insert(2, "--json")
    records = json.loads(call(*args)[1])
    assert len(records) == len(inputs) or row.application.OUTPUT is not None
    if out_flags:
        written = out_flags[1].read_bytes()
        assert written and call(*args)[0] == 0
        assert out_flags[1].read_bytes() == written  # nothing left to chance


@every_application
def test_inputs_in_a_file(row, run_of, call, tmp_path):
    run, out_flags = run_of(row), out_of(row, tmp_path)
    if not row.inputs:
        assert row.application.INPUT.optional
        return
    code, _, err = call("predict", run, *out_flags)
    assert code == 2 and "nothing to predict" in err
    names = ["one", "two"]
    if not isinstance(row.application.INPUT, Texts):
        names = row.make_inputs(tmp_path)[:2]
    (tmp_path / "f.txt").write_bytes(("\ufeff" + "\r\n".join(names)).encode())
    from_file = call("predict", run, "--file", tmp_path / "f.txt", "--json", *out_flags)[1]
    given = call("predict", run, "--json", *out_flags, "--", *names)[1]
    assert json.loads(from_file) == json.loads(given)
    assert "No such file" in call("predict", run, "--file", tmp_path / "none", *out_flags)[2]
    (tmp_path / "latin1.txt").write_bytes(b"caf\xe9")
    assert "not UTF-8" in call("predict", run, "--file", tmp_path / "latin1.txt", *out_flags)[2]


@every_application
def test_explain(row, run_of, call, tmp_path):
    run = run_of(row)
    args = ["explain", run, "--out", tmp_path / "e", "--json", *row.option_flags, "--"]
    code, _, err = call(*args, " ")
    assert code == 2 and err.splitlines()[-1].startswith("modzoo: ")
    assert not (tmp_path / "e").exists()
    for text in [x for x in row.make_inputs(tmp_path) if x][:2] or [None]:
        code, out, err = call(*args, *([] if text is None else [text]))
        assert code == 0, err
        record = json.loads(out)
        assert record == json.loads((tmp_path / "e" / "explain.json").read_text())
        assert (tmp_path / "e" / "explain.png").read_bytes()[:4] == b"\x89PNG"


@every_application
def test_inspect(row, run_of, call, tmp_path):
    run = run_of(row)
    args = ["inspect", run, "--limit", row.limit, "--out", tmp_path / "i"]
    code, out, err = call(*args, "--json")
    if not hasattr(row.application, "inspect"):
        assert code == 2 and "is not counted over many examples" in err
        return
    assert code == 0, err
    record = json.loads(out)
    assert record == json.loads((tmp_path / "i" / "inspection.json").read_text())
    kept = json.loads((run / "inspection.json").read_text())
    assert kept.keys() <= record.keys()
    pictures = {path.stem for path in (tmp_path / "i").glob("*.png")}
    assert pictures and pictures <= row.plots
    assert call(*args)[1].splitlines() == [
        *row.application.inspection_lines(record),
        str(tmp_path / "i"),
    ]


def options_of(row):
    fields = dataclasses.fields(row.application.Options)
    return {field.name.replace("_", "-") for field in fields}


@pytest.mark.one_backend
@every_application
def test_help_shows_the_flags_of_the_model_and_no_others(row, run_of, call):
    options = options_of(row)
    others = set().union(*map(options_of, FIRST)) - options
    for verb in ("predict", "explain"):
        code, out, _ = call(verb, run_of(row), "--help")
        assert code == 0
        assert all(f"--{name} " in out for name in options)
        assert not any(f"--{name} " in out for name in others)


# Parts


@every_application
def test_a_part_is_switched_off_in_a_copy(row, run_of, tmp_path):
    application, model = row.application, modzoo.load(run_of(row))
    assert application_of(model) is application
    names = application.parts(model)
    options = application.Options(**row.options)
    inputs = row.make_inputs(tmp_path)[:1]

    def predicted(model):
        return application.predict(model, inputs, options).records

    uncalled = application.without(model, names[:1])
    before = predicted(model)
    called = application.without(model, names[:1])
    assert predicted(model) == before  # the one given stays as it is
    assert predicted(uncalled) == predicted(called)
    assert predicted(copy_of(model)) == before
    whole = application.explain(model, inputs[0] if inputs else None, options)
    part = application.explain(called, inputs[0] if inputs else None, options)
    assert whole != part
    with pytest.raises(modzoo.errors.CallError, match="to disable"):
        application.without(model, ["no such part"])
    called.save(tmp_path / "m.keras")  # what is off stays off
    assert predicted(modzoo.load(tmp_path / "m.keras")) == predicted(called)
    assert predicted(application.without(uncalled, [])) == predicted(called)


@every_application
def test_evaluate_without_a_part(row, run_of, call, tmp_path):
    run = run_of(row)
    names = row.application.parts(modzoo.load(run))
    args = ["evaluate", run, "--limit", row.limit + 40, "--split", "train", "--json", "--disable"]
    code, out, err = call(*args, names[-1])
    assert code == 0, err
    report = json.loads(out)
    assert (report["disabled"], report["examples"]) == ([names[-1]], row.limit + 40)
    assert report["of"] > report["examples"]
    people = [str(arg) for arg in args if arg != "--json"]
    shown = f"({report['examples']} of {report['of']} examples, without {names[-1]}): "
    assert shown in call(*people, names[-1])[1]
    code, _, err = call(*args, "qqq")
    assert code == 2 and "'qqq' to disable" in err


# Files


@every_application
def test_saved_models_are_loaded(row, run_of, call, tmp_path):
    model = modzoo.load(run_of(row))
    batch = example_batch(model)
    expected = model.predict_on_batch(batch)
    model.save(tmp_path / "m.keras")
    model.save_to_preset(str(tmp_path / "preset"))
    for path in (tmp_path / "m.keras", tmp_path / "preset"):
        again = modzoo.load(path)
        assert type(again) is type(model)
        assert_equal_trees(again.predict_on_batch(batch), expected, 1e-5)
        args = ["predict", path, *row.option_flags, *out_of(row, tmp_path), "--"]
        args += row.make_inputs(tmp_path)[:1]
        assert call(*args)[0] == 0


# Training


@every_application
def test_a_stopped_run_goes_on_to_the_same_figures(row, run_of, call, tmp_path, monkeypatch):
    args = ["train", row.recipe, "--epochs", "2", *row.flags, "--out", tmp_path / "r"]
    ending = Recorder.on_epoch_end

    def stop(self, epoch, logs=None):
        ending(self, epoch, logs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "on_epoch_end", stop)
        code, _, err = call(*args)
    assert code == 1
    stopped, _, command = err.splitlines()[-1].partition("; to go on: modzoo ")
    assert stopped == "modzoo: Stopped"
    assert call(*shlex.split(command))[0] == 0
    for file in ("history.csv", "metrics.json"):
        resumed, whole = ((path / file).read_text() for path in (tmp_path / "r", run_of(row)))
        assert resumed.replace(str(tmp_path / "r"), str(run_of(row))) == whole


@every_application
def test_a_model_is_trained_further(row, run_of, call, tmp_path):
    args = ["train", row.recipe, "--from", run_of(row), "--limit", row.limit, "--epochs", "1"]
    args += ["--learning-rate", "1e-9", "--out", tmp_path / "r", "--json"]
    code, out, err = call(*args)
    assert code == 0, err
    before = report_of(run_of(row))["metrics"]
    after = json.loads(out)["metrics"]
    assert after == pytest.approx(before, abs=2e-3)
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    assert config["from"] == str(run_of(row))
    begun = json.loads((run_of(row) / "config.json").read_text())["settings"]
    for field in dataclasses.fields(row.application.ModelSettings):
        assert config["settings"][field.name] == begun[field.name]
    code, _, err = call(*args)
    assert code == 2 and "not empty" in err


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "row, flags",
    [
        pytest.param(
            row,
            flags,
            id=f"{row} {' '.join(flags)}",
            marks=[] if row.is_first and flags is row.other[0] else [pytest.mark.slow],
        )
        for row in ROWS
        for flags in row.other
    ],
)
def test_other_models(row, flags, call, tmp_path):
    args = ["train", row.recipe, *row.flags, "--epochs", "1", *flags, "--out", tmp_path / "r"]
    code, out, err = call(*args, "--json")
    assert code == 0, err
    assert np.isfinite(list(json.loads(out)["metrics"].values())).all()
    code, _, err = call(
        "explain", tmp_path / "r", "--out", tmp_path / "e", *row.make_inputs(tmp_path)[:1]
    )
    assert code == 0 or (code == 2 and "nothing to explain" in err)


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "row, flags, message",
    [
        pytest.param(row, flags, message, id=f"{row} {' '.join(flags)}")
        for row in ROWS
        for flags, message in row.wrong_calls
    ],
)
def test_wrong_calls_end_in_one_sentence(row, flags, message, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = call("train", row.recipe, *row.flags, *flags, "--out", "r")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith("modzoo: ")
    assert message in err
    assert not [*tmp_path.iterdir()]


# Other processes


def command(*args):
    return [sys.executable, "-m", "modzoo", *map(str, args)]


@pytest.mark.one_backend
@pytest.mark.parametrize("backend", ["torch"])
@pytest.mark.parametrize("row", list(grouped(r for r in ROWS if r.recipe == "tagging/pos_ner")))
def test_another_backend_gives_the_same_figures(row, run_of, backend):
    args = command("evaluate", run_of(row), "--limit", row.limit, "--backend", backend, "--json")
    done = subprocess.run(args, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["backend"] == backend
    assert report["metrics"] == pytest.approx(report_of(run_of(row))["metrics"], abs=1e-3)


def weights(run):
    import h5py

    checkpoint = max((run / "checkpoint").glob("epoch-*"))
    values = {}
    with h5py.File(checkpoint / "model.weights.h5") as file:
        file.visititems(
            lambda name, item: values.update({name: item[()]}) if hasattr(item, "dtype") else None
        )
    return values


@pytest.mark.one_backend
def test_a_killed_run_resumes_to_the_same_weights(call, tmp_path):
    args = ["train", "sentiment/sst2", "--limit", "192", "--epochs", "2", "--units", "8", "--out"]
    assert call(*args, tmp_path / "unbroken")[0] == 0
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command(*args, tmp_path / "killed"), **quiet) as killed:
        while killed.poll() is None and not list(tmp_path.glob("killed/checkpoint/epoch-*")):
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
    assert not (tmp_path / "killed" / "metrics.json").exists()
    resumed = command(*args, tmp_path / "killed", "--resume")
    subprocess.run(resumed, check=True, capture_output=True)
    whole, parts = weights(tmp_path / "unbroken"), weights(tmp_path / "killed")
    assert whole.keys() == parts.keys()
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name], err_msg=name)
    modzoo.load(tmp_path / "killed")
    figures = [report_of(tmp_path / name)["metrics"] for name in ("unbroken", "killed")]
    assert figures[0] == figures[1]


# Classes that Keras must know


@pytest.mark.one_backend
def test_every_registered_class_is_in_the_index():
    import ast
    from pathlib import Path

    root = Path(modzoo.__file__).parents[1]
    registered = {
        node.name
        for folder in ("modzoo", "applications", "recipes")
        for path in (root / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.ClassDef, ast.FunctionDef))
        and any("register_keras_serializable" in ast.dump(d) for d in node.decorator_list)
    }
    assert registered == set(class_packages())
