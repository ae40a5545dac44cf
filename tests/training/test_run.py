import contextlib
import dataclasses
import itertools
import json
import os
import shutil
from dataclasses import dataclass

import keras
import numpy as np
import pytest

from modzoo.errors import CallError
from modzoo.files import whole_file, whole_folder, write_json
from modzoo.training import BaseModelSettings, Run, TrainingSettings, prepared, setting


@dataclass(frozen=True)
class Settings(BaseModelSettings, TrainingSettings):
    names: tuple[str, ...] = setting(("a", "b"), "names")
    units: int = setting(4, "width")


def test_settings_come_back(tmp_path):
    settings = Settings(names=("c",), units=7, limit=3)
    Run.begin(tmp_path / "r", "x/y", settings, "DATA").write_config()
    run = Run.open(tmp_path / "r", Settings)
    assert (run.settings, run.recipe) == (settings, "x/y")
    assert run.data == os.path.abspath("DATA")  # a run can be resumed from another folder
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    assert config["versions"]["keras"] == keras.__version__


def test_a_run_is_never_overwritten(tmp_path):
    Run.begin(tmp_path, "x/y", Settings()).write_config()
    with pytest.raises(CallError, match=r"not empty.*--resume"):
        Run.begin(tmp_path, "x/y", Settings())


def test_resume_takes_the_runs_settings(tmp_path):
    Run.begin(tmp_path, "x/y", Settings(units=7)).write_config()
    run = Run.resume(tmp_path, "x/y", Settings, {"units": 7, "epochs": 30})
    assert (run.settings.units, run.settings.epochs) == (7, 30)


def test_resume_finds_the_latest_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for time in ("2020-01-01", "2021-01-01"):
        Run.begin(f"runs/x/y/{time}", "x/y", Settings()).write_config()
    assert Run.resume(None, "x/y", Settings, {}).path.name == "2021-01-01"
    with pytest.raises(CallError, match="no run of x/z"):
        Run.resume(None, "x/z", Settings, {})


def test_resume_refuses_other_settings(tmp_path, monkeypatch):
    Run.begin(tmp_path, "x/y", Settings(units=7), "A").write_config()
    with pytest.raises(CallError, match="begun with --units 7, not with 8"):
        Run.resume(tmp_path, "x/y", Settings, {"units": 8})
    with pytest.raises(CallError, match=r"begun with --data .*A, not with B"):
        Run.resume(tmp_path, "x/y", Settings, {}, "B")
    with pytest.raises(CallError, match=r"begun without --from, not with C"):
        Run.resume(tmp_path, "x/y", Settings, {"units": 8}, start="C")
    with pytest.raises(CallError, match="a run of x/y, not of x/z"):
        Run.resume(tmp_path, "x/z", Settings, {})
    monkeypatch.setattr("modzoo.training.run.running_backend", lambda: "another")
    with pytest.raises(CallError, match="--backend"):
        Run.resume(tmp_path, "x/y", Settings, {})


@pytest.mark.parametrize(
    "content, message",
    [
        (None, r"no config\.json"),
        ("", "not a run's configuration"),
        ("[]", "not a run's configuration"),
        ('{"recipe": "x/y"}', "not a run's configuration"),
        (
            '{"recipe": "x/y", "data": null, "from": null, "backend": "jax", "settings": {"q": 1}}',
            "'q'",
        ),
        (
            '{"recipe": "x/y", "data": null, "from": null, "backend": "jax", "settings": []}',
            "wrong type",
        ),
        (
            '{"recipe": 5, "data": null, "from": null, "backend": "jax", "settings": {}}',
            "wrong type",
        ),
        (
            '{"recipe": "x/y", "data": null, "backend": "jax", "settings": {"units": "4"}}',
            "'units' must be an integer, found '4'",
        ),
        (
            '{"recipe": "x/y", "data": null, "backend": "jax", "settings": {"names": "a"}}',
            "'names' must be a list of strings, found 'a'",
        ),
    ],
)
def test_damaged_run_folders(tmp_path, content, message):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(CallError, match=message):
        Run.open(tmp_path, Settings)


def test_damaged_models(tmp_path):
    run = Run.begin(tmp_path, "x/y", Settings())
    with pytest.raises(CallError, match="has not finished an epoch"):
        run.load_model()
    (tmp_path / "model.keras").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(CallError, match=r"Cannot read .*model\.keras"):
        run.load_model()


@pytest.mark.parametrize(
    "key, value, message",
    [
        ("settings", {"names": [5]}, "'names' must be a list of strings"),
        ("from", 7, "data and from must be paths or null"),
        ("data", 7, "data and from must be paths or null"),
    ],
)
def test_odd_run_folders(tmp_path, key, value, message):
    config = {"recipe": "x/y", "data": None, "backend": "jax", "settings": {}, key: value}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CallError, match=message):
        Run.open(tmp_path, Settings)


@pytest.mark.parametrize("name", ["epochs", "batch_size", "limit"])
def test_counts_must_be_positive(name):
    with pytest.raises(CallError, match="at least 1, received 0"):
        Settings(**{name: 0})


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_learning_rate_must_be_positive(rate):
    with pytest.raises(CallError, match="--learning-rate must be positive"):
        Settings(learning_rate=rate)


def test_a_run_killed_before_it_began_is_begun(tmp_path):
    for left in ("empty", ".config.part.json", ".lock"):
        path = tmp_path / left
        path.mkdir()
        if left != "empty":
            (path / left).write_text("{")
        run = Run.resume(path, "x/y", Settings, {"units": 7})
        assert (run.path, run.settings.units) == (path, 7)


def test_a_folder_that_is_not_there_is_not_resumed(tmp_path):
    with pytest.raises(CallError, match=r"no run folder .*typo to go on with; without --resume"):
        Run.resume(tmp_path / "typo", "x/y", Settings, {})
    assert not (tmp_path / "typo").exists()


def test_unknown_precision():
    scope = prepared(Settings(precision="float31"))
    with pytest.raises(CallError, match="no precision 'float31'"), scope:
        pass


def test_a_scope_seeds_and_sets_the_precision_and_takes_it_back():
    with prepared(Settings(precision="mixed_bfloat16", seed=3)):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        drawn = keras.random.normal((2,), dtype="float32")
    assert keras.config.dtype_policy().name == "float32"
    with prepared(Settings(seed=3)):
        again = keras.random.normal((2,), dtype="float32")
    np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (drawn, again)))


@pytest.mark.one_backend
def test_a_scope_takes_a_strategy():
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["cpu:0"])
    with prepared(Settings(), strategy):
        assert tf.distribute.get_strategy() is strategy
        model = small_model()
    assert tf.distribute.get_strategy() is not strategy
    model.fit(np.ones((8, 3), "float32"), np.zeros(8), verbose=0)


def test_files_appear_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a" / "f.txt"
    with pytest.raises(RuntimeError), whole_file(path) as beside:
        beside.write_text("half")
        raise RuntimeError
    assert not path.exists()
    with whole_file(path) as beside:
        beside.write_text("all")
    assert path.read_text() == "all"
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "d") as beside:
        raise RuntimeError
    assert {p.name for p in tmp_path.iterdir()} == {"a"}
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "b" / "c" / "d"):
        raise RuntimeError
    assert {p.name for p in tmp_path.iterdir()} == {"a"}
    with pytest.raises(CallError, match=r"Cannot write to .*f.txt"), whole_folder(path / "d"):
        pass


def test_folders_are_written_beside_each_other(tmp_path):
    folder = tmp_path / "b" / "c"
    with pytest.raises(RuntimeError), whole_folder(folder / "1") as one:
        with whole_folder(folder / "2") as two, whole_folder(folder / "1", replace=False) as other:
            assert len({one, two, other}) == 3
            assert all(path.name.startswith(".") for path in (one, two, other))
            (other / "f.txt").write_text("other")
        raise RuntimeError
    assert {path.name for path in folder.iterdir()} == {"1", "2"}
    stays = r"c/1 was written by another meanwhile, and stays"
    with pytest.raises(CallError, match=stays), whole_folder(folder / "1", replace=False):
        pass
    assert (folder / "1" / "f.txt").read_text() == "other"
    with whole_folder(folder / "1") as one:
        (one / "f.txt").write_text("one")
    assert (folder / "1" / "f.txt").read_text() == "one"
    assert {path.name for path in folder.iterdir()} == {"1", "2"}


def small_model():
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(8, "relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2),
        ]
    )
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 100)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(schedule, use_ema=True), loss, metrics=["accuracy"])
    return model


def train(path, epochs, settings=Settings(epochs=6), stop_after=None):
    """Trains `epochs` epochs in this process, as a recipe does; returns the model."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 3)).astype("float32"), rng.integers(0, 2, 64)
    run = Run(path, "x/y", dataclasses.replace(settings, epochs=epochs))
    with contextlib.closing(run), prepared(settings):
        model = small_model()
        done = run.restore(model)
        options = run.fit_options(done, "val_accuracy")
        model.fit(x, y, batch_size=16, validation_data=(x, y), **options)
    return model


def state(model):
    return [keras.ops.convert_to_numpy(v) for v in (*model.weights, *model.optimizer.variables)]


def test_a_resumed_run_ends_as_an_unbroken_one(tmp_path):
    """Weights, optimizer, averages, dropout's randomness: each bit."""
    settings = Settings(epochs=6, patience=100)
    whole = train(tmp_path / "whole", 6, settings)
    train(tmp_path / "parts", 2, settings)
    # fit() ends by writing the averages into the weights; the checkpoint is from before.
    resumed = train(tmp_path / "parts", 6, settings)
    for a, b in zip(state(whole), state(resumed), strict=True):
        np.testing.assert_array_equal(a, b)
    history = [(tmp_path / p / "history.csv").read_text() for p in ("whole", "parts")]
    assert history[0] == history[1]


class Killed(BaseException):
    """What a kill is to the process that does not see it coming."""


def kill_at(moment, patch):
    """Lets the process die at the `moment`-th renaming or removing of a file or folder."""
    count = itertools.count(1)

    def deadly(call):
        def counted(*args, **kwargs):
            if next(count) == moment:
                raise Killed
            return call(*args, **kwargs)

        return counted

    patch.setattr(os, "replace", deadly(os.replace))
    patch.setattr(os, "rename", deadly(os.rename))
    patch.setattr(shutil, "rmtree", deadly(shutil.rmtree))


@pytest.mark.slow
def test_killed_at_each_step_of_writing(tmp_path, monkeypatch):
    settings = Settings(epochs=3, patience=100)
    whole = state(train(tmp_path / "whole", 3, settings))
    for moment in range(1, 100):
        path = tmp_path / f"killed-{moment}"
        with monkeypatch.context() as patch:
            kill_at(moment, patch)
            try:
                train(path, 3, settings)
            except Killed:
                pass
            else:
                break
        resumed = state(train(path, 3, settings))
        for a, b in zip(whole, resumed, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=f"killed at step {moment}")
        assert Run(path, "x/y", settings).load_model() is not None
    assert moment > 10


def test_what_a_kill_left_of_a_checkpoint_is_removed(tmp_path):
    train(tmp_path, 1)
    (tmp_path / "checkpoint" / ".epoch-00002.0a1b.part").mkdir()
    train(tmp_path, 2)
    assert [path.name for path in (tmp_path / "checkpoint").iterdir()] == ["epoch-00002"]


def test_early_stopping_is_resumed(tmp_path):
    settings = Settings(epochs=50, patience=2)
    train(tmp_path / "r", 50, settings)
    rows = Run(tmp_path / "r", "x/y", settings).history()
    best = max(rows, key=lambda row: (row["val_accuracy"], -row["epoch"]))
    assert len(rows) < 50
    assert rows[-1]["epoch"] - best["epoch"] == 2
    train(tmp_path / "r", 50, settings)
    assert Run(tmp_path / "r", "x/y", settings).history() == rows


@pytest.mark.parametrize("damage", ["weights", "progress", "all"])
def test_a_damaged_checkpoint(tmp_path, damage):
    train(tmp_path, 2)
    (checkpoint,) = (tmp_path / "checkpoint").iterdir()
    if damage == "all":
        shutil.rmtree(checkpoint.parent)
    else:
        file = {"weights": "model.weights.h5", "progress": "progress.json"}[damage]
        (checkpoint / file).write_bytes(b"cut")
    before = (tmp_path / "model.keras").read_bytes()
    with pytest.raises(CallError, match=r"checkpoint .*model\.keras beside it is whole: .* --from"):
        train(tmp_path, 3)
    assert (tmp_path / "model.keras").read_bytes() == before
    (tmp_path / "model.keras").write_bytes(b"PK cut")
    with pytest.raises(CallError, match="folder is damaged, begin another run"):
        train(tmp_path, 3)


def test_the_best_model_is_kept(tmp_path):
    settings = Settings(epochs=8, patience=100)
    train(tmp_path / "r", 8, settings)
    rows = Run(tmp_path / "r", "x/y", settings).history()
    model = Run(tmp_path / "r", "x/y", settings).load_model()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 3)).astype("float32"), rng.integers(0, 2, 64)
    accuracy = np.mean(np.argmax(model.predict(x, verbose=0), -1) == y)
    assert accuracy == pytest.approx(max(row["val_accuracy"] for row in rows))


def test_less_may_be_better(tmp_path):
    model = small_model()
    run = Run(tmp_path, "x/y", Settings())
    run.restore(model)
    recorder, _ = run.callbacks("val_loss", patience=2, mode="min")
    recorder.set_model(model)
    bias = model.layers[-1].bias
    for epoch, loss in enumerate([3.0, 1.0, 2.0, 1.0]):
        assert not model.stop_training
        bias.assign([epoch, epoch])
        recorder.on_epoch_begin(epoch)
        recorder.on_epoch_end(epoch, {"val_loss": loss})
    assert model.stop_training
    best = run.load_model().layers[-1].bias
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(best), [1, 1])


def test_monitoring_what_fit_does_not_report(tmp_path):
    model = small_model()
    run = Run(tmp_path, "x/y", Settings())
    with pytest.raises(ValueError, match="reports no 'val_f1'"):
        model.fit(np.zeros((4, 3)), np.zeros(4), callbacks=run.callbacks("val_f1"), verbose=0)


def test_json_has_null_for_what_is_not_finite(tmp_path):
    write_json(tmp_path / "f.json", {"a": [1.5, float("nan")], "b": (float("inf"), "NaN")})
    assert json.loads((tmp_path / "f.json").read_text()) == {"a": [1.5, None], "b": [None, "NaN"]}
