"""What is the fMRI application's own: scaling, read-outs, controls, folds and scanned runs."""

import json
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest
from scipy.special import softmax

import modzoo
from modzoo.applications.fmri import (
    SeriesClassifier,
    TaskBatches,
    build_model,
    callbacks,
    evaluate,
    explain,
    fold_runs,
    losses,
    parts,
    place_accuracy,
    predict,
    ridge_accuracy,
    servable,
    shared_layers,
    sum_up,
    without,
)
from modzoo.applications.fmri.settings import Options
from modzoo.data.region_simulator import simulate_regions
from modzoo.data.scanner_blocks import simulate_blocks
from modzoo.errors import CallError
from modzoo.layers.multi_task_names import BASES
from modzoo.recipes.fmri.simulated import Settings
from modzoo.training import Run
from tests.backends import to_numpy
from tests.data.test_scanner import TIME, write_run

LABELS = {"left": ["a", "b"], "right": ["c", "d", "e"]}
SMALL = {"units": 4, "num_cells": 2, "num_layers": 2, "num_modules": 2}
X = np.random.default_rng(0).normal(3, 2, size=(5, 6, 4)).astype("float32")


@pytest.fixture(scope="module")
def model():
    model = SeriesClassifier(LABELS, 6, 4, num_conditions=3, **SMALL)
    model.fit_scaling(X)
    return model


def outputs(model, x=X):
    return {name: to_numpy(y) for name, y in model(x).items()}


# Scaling


def test_features_are_scaled():
    model = SeriesClassifier(LABELS, 6, 5, num_conditions=3, **SMALL)
    x = np.concatenate([X, np.full((5, 6, 1), 7.0)], axis=-1)
    model.fit_scaling(x, np.array([True, True, False, True, True]))
    scaled = to_numpy(model.scaling(x))
    assert scaled[..., [0, 1, 3]].mean((0, 1)) == pytest.approx([0] * 3, abs=1e-5)
    assert scaled[..., [0, 1, 3]].std((0, 1)) == pytest.approx([1] * 3, abs=1e-5)
    assert not scaled[..., [2, 4]].any()  # one that is not read, one that never changes


def test_means_are_whitened():
    x = np.random.default_rng(1).normal(size=(40, 6, 10)) @ np.diag(np.arange(1, 11))
    is_read = np.arange(10) > 1
    model = SeriesClassifier(LABELS, 6, 10, num_conditions=3, components=5, **SMALL)
    model.fit_scaling(x, is_read)
    means = to_numpy(model.scaling(x.astype("float32"))).mean(1)
    variances = np.linalg.eigvalsh(np.cov(x[..., is_read].mean(1).T, bias=True))[::-1]
    expected = variances / (variances + variances.mean() / 2)
    assert np.allclose(np.cov(means.T, bias=True), np.diag(expected[:5]), atol=1e-3)
    assert np.allclose(means.mean(0), 0, atol=1e-4)
    other = np.where(is_read, x, 99).astype("float32")
    assert np.allclose(to_numpy(model.scaling(other)).mean(1), means, atol=1e-3)
    few = SeriesClassifier(LABELS, 6, 10, num_conditions=3, components=50, **SMALL)
    few.fit_scaling(x[:4])
    assert np.isfinite(to_numpy(few.scaling.kernel)).all()
    assert (to_numpy(few.scaling.kernel) != 0).any(0).sum() == 3


# The model


@pytest.mark.parametrize(
    ("readout", "steps"), [("conditions", [1, 3, 5]), ("mean", [*range(6)]), ("last", [5])]
)
def test_what_is_read_out(readout, steps):
    model = SeriesClassifier(LABELS, 6, 4, readout=readout, num_conditions=3, **SMALL)
    states, _ = model.rnn(model.scaling(X))
    found = outputs(model)
    for task, state, layer in zip(LABELS, states, model.logit_layers, strict=True):
        expected = layer(to_numpy(state)[:, steps].mean(1))
        assert np.allclose(found[task], to_numpy(expected), atol=1e-5)


def test_routes_of_the_controls():
    x = np.random.default_rng(2).normal(size=(40, 6, 4)).astype("float32")
    for routing, least, most in (("all", 1, 1), ("random", 0.4, 0.6)):
        model = SeriesClassifier(LABELS, 6, 4, routing=routing, num_conditions=3, **SMALL)
        found = model.decisions_model()(x)
        rates = [to_numpy(found["encoder_routes"]).mean()]
        rates += [to_numpy(reads).mean() for reads in found["decoder_routes"]]
        assert min(rates) >= least and max(rates) <= most
        assert not [w.path for w in model.weights if "polic" in w.path or "context" in w.path]


def test_a_series_trains_its_own_task_alone():
    examples = simulate_regions("1", 6).take(np.arange(4))
    model = SeriesClassifier(examples.labels, 28, 10, sharing="none", units=4)
    x, numbers, weights = TaskBatches(examples, model).gather(np.array([3, 1]))
    assert x.shape == (2, 28, 10)
    tasks = [list(examples.labels)[i] for i in examples.tasks[[3, 1]]]
    for task in examples.labels:
        assert np.asarray(weights[task]).tolist() == [float(task == own) for own in tasks]
    assert [int(numbers[task][i]) for i, task in enumerate(tasks)] == [
        examples.classes[3],
        examples.classes[1],
    ]


def test_classes_go_by_their_names(model):
    examples = simulate_regions("1", 6)
    few = replace(examples, series=examples.series[:, :6, :4])
    with pytest.raises(CallError, match="classes region 1, region 2, region 3 of the task cogn"):
        evaluate(model, few)
    turned = replace(
        few.take(np.arange(6)), tasks=np.array([0, 1] * 3), classes=np.zeros(6, int),
        labels={"right": ["e", "c"], "left": ["b"]},
    )  # fmt: skip
    found = evaluate(model, turned).metrics
    logits = outputs(model, turned.series)
    right = logits["right"][::2].argmax(-1) == 2
    left = logits["left"][1::2].argmax(-1) == 1
    assert found["right_accuracy"] == pytest.approx(right.mean())
    assert found["left_accuracy"] == pytest.approx(left.mean())
    assert found["accuracy"] == pytest.approx((right.sum() + left.sum()) / 6)
    with pytest.raises(CallError, match="reads series of 6 steps x 4 features, and those in the"):
        evaluate(model, examples)


# Inference


def test_predict_and_explain(model, tmp_path):
    np.savez(tmp_path / "own.npz", series=X, task=["left", "right", "left", "left", "left"])
    np.savez(tmp_path / "bare.npz", series=X)
    logits = outputs(model)
    records = predict(model, [tmp_path / "own.npz", tmp_path / "bare.npz"]).records
    said = records[0]["series"]
    assert [one["task"] for one in said] == ["left", "right", "left", "left", "left"]
    expected = dict(zip("cde", softmax(logits["right"][1]), strict=True))
    assert said[1]["scores"] == pytest.approx(expected, abs=1e-5)
    assert said[1]["label"] == max(expected, key=expected.get)
    assert len(records[1]["series"]) == 10
    right = predict(model, [tmp_path / "bare.npz"], Options(task="right")).records[0]["series"]
    assert [one["task"] for one in right] == ["right"] * 5

    record = explain(model, tmp_path / "own.npz")
    decided = model.decisions_model()(X)
    reads = [to_numpy(x) for x in decided["decoder_routes"]]
    assert np.allclose(record["rates"][0], reads[0][[0, 2, 3, 4]].mean(0), atol=1e-4)
    assert np.allclose(record["rates"][1], reads[1][1], atol=1e-4)
    assert np.sum(record["shares"], axis=(1, 2)) == pytest.approx([1, 1])
    assert np.min(record["rates"]) >= 0 and np.max(record["rates"]) <= 1
    example = record["example"]
    assert np.array_equal(example["routes"], to_numpy(decided["encoder_routes"])[0])
    assert np.array_equal(example["reads"], reads[0][0])
    json.dumps(record)


def test_what_cannot_be_read(model, tmp_path):
    np.savez(tmp_path / "own.npz", series=X, task="up")
    with pytest.raises(CallError, match="the task 'up', which the model does not know"):
        predict(model, [tmp_path / "own.npz"])
    np.savez(tmp_path / "own.npz", series=X[:, :3])
    with pytest.raises(CallError, match=r"6 steps x 4 features, and those in .* are of 3 x 4"):
        predict(model, [tmp_path / "own.npz"])
    with pytest.raises(CallError, match="There is no file"):
        predict(model, [tmp_path / "none.npz"])
    np.savez(tmp_path / "own.npz", series=X)
    with pytest.raises(CallError, match="no task 'up'; it has: left, right"):
        predict(model, [tmp_path / "own.npz"], Options(task="up"))


@pytest.mark.one_backend
def test_a_scanned_run(tmp_path):
    path = write_run(tmp_path)
    model = SeriesClassifier({"category": ["a", "b"]}, 5, 6, readout="mean", **SMALL)
    (record,) = predict(model, [path]).records
    assert [one["name"] for one in record["series"]] == ["10 s", "30 s", "50 s"]
    assert explain(model, path)["tasks"] == ["category"]
    with pytest.raises(CallError, match=r"5 steps x 6 features, and those in .* are of 5 x 4"):
        predict(model, [write_run(tmp_path, np.ones((2, 2, 1, TIME)))])


def test_what_is_switched_off(model):
    assert parts(model) == [
        *("0:0", "0:1"),
        *("left:0:0", "right:0:0", "0:0:0", "0:0:1"),
        *("left:0:1", "right:0:1", "0:1:0", "0:1:1"),
    ]

    def decided(names):
        found = without(model, names).decisions_model()(X)
        return to_numpy(found["encoder_routes"]), [to_numpy(x) for x in found["decoder_routes"]]

    routes, reads = decided(["0:1"])
    assert not reads[0][..., 1].any() and not reads[1][..., 1].any()
    routes, reads = decided(["right:0:0", "0:1:0"])
    assert not reads[1][..., 0, 0].any() and reads[0][..., 0, 0].any()
    assert not routes[:, :, 0, 0, 1].any() and routes[:, :, 0, 1, 1].any()
    nothing = without(model, ["0:0", "0:1"])  # routes nothing anywhere
    assert all(np.isfinite(y).all() for y in outputs(nothing).values())
    with pytest.raises(CallError, match="no part '0:2' to disable; name a sub-encoder"):
        without(model, ["0:2"])
    alone = SeriesClassifier(LABELS, 6, 4, sharing="none", num_conditions=3, units=4)
    assert parts(alone) == []
    with pytest.raises(CallError, match="no routes, and so nothing to disable"):
        without(alone, ["0:0"])


@pytest.mark.one_backend
@pytest.mark.parametrize("sharing", ["mt_rmn", "none"])
def test_a_servable_says_what_predict_says(sharing, tmp_path):
    model = SeriesClassifier(LABELS, 6, 4, sharing=sharing, num_conditions=3, **SMALL)
    np.savez(tmp_path / "own.npz", series=X)
    said = predict(model, [tmp_path / "own.npz"], Options(task="right")).records[0]["series"]
    served = servable(model).signatures
    answer = served["serving_default"]({"series": X})
    assert [label.decode() for label in answer["right"]] == [one["label"] for one in said]
    scores = [list(one["scores"].values()) for one in said]
    assert np.allclose(answer["right_scores"], scores, atol=1e-5)
    assert [x.decode() for x in answer["right_labels"][0]] == LABELS["right"]
    more = served["explain"]({"series": X})
    assert ("encoder_routes" in more) == ("left_reads" in more) == (sharing == "mt_rmn")


# Controls and folds


@pytest.mark.one_backend
def test_controls():
    blocks = simulate_blocks()
    train, test = (blocks.fold(split, 0, 8, hold_back=False) for split in ("train", "test"))
    assert (len(train), len(test)) == (56, 8)
    assert ridge_accuracy(train, test) == 1
    first = replace(blocks, classes=np.where(blocks.places == 0, 3, 0))
    train, test = (first.fold(split, 0, 8, hold_back=False) for split in ("train", "test"))
    assert place_accuracy(train, test) == 1
    shuffled = replace(train, classes=np.roll(train.classes, 1))
    assert place_accuracy(shuffled, test) == pytest.approx(6 / 8)
    regions = simulate_regions("1", 300)  # signs hide what a linear map could find
    train, test = regions.fold("train"), regions.fold("test")
    assert ridge_accuracy(train, test) < 0.45


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="PyTorch has nothing to compile")
def test_folds_are_summed_up(call, tmp_path):
    run = tmp_path / "r"
    flags = ["--folds", "2", "--epochs", "1", "--limit", "30", "--units", "2"]
    args = ["train", "fmri/simulated", "--base", "fs_mtl", "--sharing", "none", *flags]
    code, out, err = call(*args, "--out", run, "--json")
    assert code == 0, err
    report = json.loads(out)
    parts = [run / f"repeat_0_fold_{fold}" for fold in (0, 1)]
    accuracies = [run_report(part)["metrics"]["accuracy"] for part in parts]
    assert [metrics["accuracy"] for metrics in report["runs"]] == accuracies
    assert report["metrics"]["accuracy"] == pytest.approx(np.mean(accuracies))
    assert report["deviation"]["accuracy"] == pytest.approx(np.std(accuracies, ddof=1))
    assert report["examples"] == sum(run_report(part)["examples"] for part in parts)
    assert set(report["controls"]) == {"ridge"}
    assert "name one, as in" in call("predict", run, run / "none.npz")[2]
    code, out, err = call("evaluate", parts[1], "--limit", "30", "--json")
    assert json.loads(out)["metrics"]["accuracy"] == pytest.approx(accuracies[1])
    shutil.rmtree(parts[1])
    (run / "metrics.json").unlink()  # as if it had been killed between the folds
    assert call(*args, "--out", run, "--resume")[0] == 0
    assert run_report(run) == report


def run_report(path):
    return json.loads((path / "metrics.json").read_text())


@pytest.mark.one_backend
def test_repeats_are_summed_up(tmp_path):
    run = Run(tmp_path, "fmri/simulated", Settings(folds=2, repeats=2))
    parts = fold_runs(run)
    assert [(own.repeat, own.fold) for _, own in parts] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    reports = [
        {
            "metrics": {"accuracy": a, "b_accuracy": b},
            "counts": {"accuracy": n, "b_accuracy": 1},
            "examples": n,
            "controls": {"ridge": 0.5},
        }
        for a, b, n in ((0.5, 1, 10), (0.8, 0, 20), (0.6, 1, 10), (0.9, 1, 20))
    ]
    del reports[3]["metrics"]["b_accuracy"], reports[3]["counts"]["b_accuracy"]
    report = sum_up(run, reports)
    assert report["metrics"]["accuracy"] == pytest.approx((0.7 + 0.8) / 2)
    assert report["deviation"]["accuracy"] == pytest.approx(np.std([0.7, 0.8], ddof=1))
    assert report["metrics"]["b_accuracy"] == pytest.approx((0.5 + 1) / 2)
    assert (report["examples"], report["controls"]) == (60, {"ridge": 0.5})
    run.start = "m"  # a model that has seen what other folds test
    assert fold_runs(run) == [(run, run.settings)]
    run.close()


def test_a_model_of_other_classes_is_not_trained_further(model):
    with pytest.raises(CallError, match="classes must be the same"):
        build_model(Settings(), simulate_regions("1", 3), model)
    with pytest.raises(CallError, match="--num-conditions must divide the 28 steps"):
        build_model(Settings(num_conditions=5), simulate_regions("1", 3))


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="PyTorch has nothing to compile")
def test_what_tasks_share_is_taken_over_and_fixed(call, tmp_path):
    flags = ["--fold", "0", "--limit", "48", "--units", "4", "--num-layers", "2", "--epochs", "2"]
    for name, method in (
        ("rmn", []),
        ("rrn", ["--base", "rrn", "--sharing", "none"]),
        ("ic", ["--base", "ic_mtl", "--sharing", "none"]),
    ):
        run = tmp_path / name
        code, _, err = call("train", "fmri/transfer", *flags, *method, "--out", run)
        assert code == 0, err
        new, others = modzoo.load(run), modzoo.load(run / "others")
        assert [*new.labels] == ["senses"] and [*others.labels] == [
            "cognition",
            "mixed",
            "attention",
        ]
        layers = [*zip(shared_layers(new), shared_layers(others), strict=True)]
        assert layers
        for layer, learned in layers:
            for taken, value in zip(layer.weights, learned.weights, strict=True):
                same = np.array_equal(to_numpy(taken.value), to_numpy(value.value))
                assert same or "temperature" in taken.path, taken.path


def test_nothing_is_shared_by_tasks_that_stand_alone(model):
    alone = SeriesClassifier(LABELS, 6, 4, sharing="none", num_conditions=3, units=4)
    assert shared_layers(alone) == []
    assert [layer.name for layer in shared_layers(model)] == ["encoder"]


@pytest.mark.one_backend
@pytest.mark.parametrize("base", BASES)
def test_every_base_model(base):
    examples = simulate_regions("1", 3)
    model = build_model(Settings(base=base, sharing="none", units=4), examples)
    _, numbers, weights = TaskBatches(examples, model).gather(np.arange(4))
    loss, shares = losses(model)
    assert loss.keys() == shares.keys() == numbers.keys() == weights.keys() == model.output.keys()
    assert model.has_adversary == (base == "sp_mtl")
    if model.has_adversary:
        assert numbers["adversary"].numpy().tolist() == examples.tasks[:4].tolist()
        assert shares["adversary"] == 0.05 and (weights["adversary"].numpy() == 1).all()
    assert bool(callbacks(Settings(), model, TaskBatches(examples, model))) == (base == "rrn")


@pytest.mark.one_backend
@pytest.mark.parametrize("prefix", ["", "val_"])
def test_routes_are_counted_after_each_epoch(prefix):
    examples = simulate_regions("1", 3)
    model = build_model(Settings(units=4), examples)
    cooling, counting = callbacks(Settings(), model, TaskBatches(examples, model), prefix)
    assert (cooling.initial, cooling.decay) == (5.0, 0.9)
    logs = {}
    counting.on_epoch_end(0, logs)
    assert list(logs) == [f"{prefix}{task}_route_entropy" for task in examples.labels]
    assert all(0 <= bits <= 1 for bits in logs.values())
