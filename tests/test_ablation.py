"""`modzoo ablate` and its twin: grids of settings, runs, resuming, the table."""

import csv
import json
import re

import keras
import numpy as np
import pytest
from scipy.stats import ttest_rel

import modzoo
from modzoo.ablation.comparing import chosen_metric, summary_of
from modzoo.ablation.grid import rows_of
from modzoo.ablation.plan import Plan, read_seeds
from modzoo.ablation.tables import markdown
from modzoo.errors import CallError
from modzoo.recipes import load_recipe
from modzoo.training import Evaluation, Run
from tests.applications.rows import ROWS
from tests.plots.records import ablation

pytestmark = pytest.mark.one_backend

RECIPE, QUICK = "sentiment/sst2", "tagging/language_id"
SMALL = {"limit": 32, "epochs": 1, "character_units": 4, "head_units": 4}


def rows(**settings):
    return rows_of(Plan.of(RECIPE, settings))


# The grid


def test_the_last_axis_is_the_fastest():
    found, skipped = rows(sources=["token,afinn", ("token", "vader")], units=[4, 8], epochs=2)
    assert [(row.shown["sources"], row.varied["units"]) for row in found] == [
        *[("token,afinn", 4), ("token,afinn", 8)],
        *[("token,vader", 4), ("token,vader", 8)],
    ]
    assert {row.settings.epochs for row in found} == {2}
    assert {row.settings.lexicon_cell for row in found} == {"simple_rnn"}  # as embedded
    assert skipped == []


def test_a_refused_combination_is_left_out():
    found, (skipped,) = rows(sources=["token", "token,afinn"], num_active=[None, 2])
    assert [row.shown["num_active"] for row in found] == ["all", "all", "2"]
    assert skipped.startswith("Left out is --sources token --num-active 2: Between 1 and all")


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"num_active": [1, 9]}, "num_active=9, num_modules=3"),
        ({"sources": ["token", "token,affin"]}, "no source 'affin'"),
        ({"units": [4, 4]}, "--units has a value twice"),
        ({"units": []}, "--units needs a value"),
        ({"units": 0}, "--units must be at least 1"),
        ({"seed": [1, 2]}, "no setting 'seed' to be varied"),
        ({"unit": [1, 2]}, "no setting 'unit' to be varied"),
        ({"units": list(range(1, 40)), "epochs": list(range(1, 40))}, "1,521 combinations"),
    ],
    ids=str,
)
def test_a_value_that_fits_nowhere_is_refused(settings, message):
    with pytest.raises(CallError, match=re.escape(message)):
        rows(**settings)


def test_names_of_folders_are_plain_and_distinct():
    long = "a" * 300
    found, _ = rows(text_column=["../a b", "../a  b", "\u96fb\u5f71", f"{long}b", f"{long}c", None])
    names = [row.folder for row in found]
    assert len(set(names)) == len(names) and names[-1] == "text_column=none"
    assert all(re.fullmatch(r"[\w.,=-]{1,100}", name, re.ASCII) for name in names)


@pytest.mark.parametrize(
    "given, seeds",
    [(3, (0, 1, 2)), ("3", (0, 1, 2)), ("0,1,5", (0, 1, 5)), ([7], (7,)), ("7,", (7,))],
)
def test_seeds(given, seeds):
    assert read_seeds(given) == seeds


@pytest.mark.parametrize("given", [0, "x", "1,1", "-1,2", "", [1.5], 10**12, True, None])
def test_what_are_no_seeds(given):
    with pytest.raises(CallError, match="--seeds must be"):
        read_seeds(given)


# What the runs say


def test_means_deviations_and_the_paired_test():
    first, other = [0.5, 0.6, 0.7], [0.6, 0.65, 0.9]
    runs = [{"accuracy": b, "f1": 1.0, "lost": None} for b in other]
    row = summary_of(runs, [{"accuracy": a, "f1": 0.5} for a in first])
    assert row["metrics"] == pytest.approx({"accuracy": np.mean(other), "f1": 1, "lost": None})
    assert row["deviation"]["accuracy"] == pytest.approx(np.std(other, ddof=1))
    found = row["difference"]["accuracy"]
    assert found["mean"] == pytest.approx(np.mean(other) - np.mean(first))
    assert found["p"] == pytest.approx(ttest_rel(other, first).pvalue)
    assert row["difference"]["f1"] == {"mean": 0.5, "deviation": 0.0, "p": None}
    assert "lost" not in row["difference"]


def test_the_table():
    record = {**ablation(), "backend": "jax", "test": "test", "skipped": ["Left out is x."]}
    record["plan"]["data"] = "DATA"
    first, other = record["rows"]
    other["shown"]["sources"] = "a|b`c\nd"
    other["difference"]["accuracy"]["p"] = 1e-9
    lines = markdown(record).splitlines()
    assert lines[0] == "| `--sources` | accuracy | runs | difference | p |"
    runs = ", ".join(f"{run['accuracy']:.3f}" for run in first["runs"])
    mean, deviation = first["metrics"]["accuracy"], first["deviation"]["accuracy"]
    assert lines[2] == f"| `token` | {mean:.3f} ± {deviation:.3f} | {runs} |  |  |"
    assert lines[3].startswith("| `a\\|b'c d` | ")
    assert lines[3].endswith(" | +0.100 ± 0.200 | < 0.001 |")
    assert "accuracy on test (2,000 examples of DATA), jax;" in lines[5]
    assert lines[-1] == "Left out is x."


def test_one_run_has_no_deviation_and_no_test():
    row = summary_of([{"accuracy": 0.7}], [{"accuracy": 0.5}])
    assert row["deviation"] == {"accuracy": None}
    assert row["difference"]["accuracy"] == {
        "mean": pytest.approx(0.2),
        "deviation": None,
        "p": None,
    }


# From the command line


@pytest.fixture(scope="module")
def ablated(tmp_path_factory):
    """An ablation of two rows and a seed."""
    out = tmp_path_factory.mktemp("ablations") / "a"
    return out, modzoo.ablate(QUICK, out, seeds=[1], units=[4, 6], **SMALL)


def test_each_run_is_as_train_makes_it(ablated, tmp_path):
    out, record = ablated
    row = record["rows"][1]
    run = modzoo.train(QUICK, out=tmp_path / "r", units=6, seed=1, **SMALL)
    assert [run.report()["metrics"]] == row["runs"]
    folder = out / row["folder"] / "seed_1"
    assert Run.open(folder, load_recipe(QUICK).Settings).settings == run.settings


def test_the_files(ablated):
    out, record = ablated
    written = json.loads((out / "ablation.json").read_text())
    assert written == json.loads(json.dumps(record))
    assert (written["metric"], written["split"]) == ("language_accuracy", "test")
    assert (out / "ablation.png").read_bytes()[:4] == b"\x89PNG"
    table = (out / "ablation.md").read_text()
    assert table.startswith("| `--units` | language_accuracy | runs | difference | p |")
    assert "\n| `4` | " in table and "\n| `6` | " in table
    assert "on test (32 examples, the recipe's embedded default)" in table
    with open(out / "ablation.csv") as file:
        lines = list(csv.DictReader(file))
    for line, row in zip(lines, record["rows"], strict=True):
        runs = [run["language_accuracy"] for run in row["runs"]]
        assert [float(line["seed_1"])] == [float(line["mean"])] == runs


def test_it_goes_on_where_it_was_killed(ablated, call):
    out, record = ablated
    folders = [out / row["folder"] / "seed_1" for row in record["rows"]]
    times = {folder: (folder / "model.keras").stat().st_mtime_ns for folder in folders}
    (folders[1] / "metrics.json").unlink()  # as a kill before its evaluation leaves it
    for name in ("ablation.md", "ablation.png"):
        (out / name).unlink()
    resume = ["ablate", QUICK, "--out", out, "--resume"]
    code, printed, err = call(*resume, "--json")
    assert code == 0, err
    assert json.loads(printed)["rows"] == json.loads(json.dumps(record["rows"]))
    assert "[2/2] --units 6 --seed 1" in err and "[1/2]" not in err
    assert {f: (f / "model.keras").stat().st_mtime_ns for f in folders} == times
    assert (out / "ablation.md").is_file() and (out / "ablation.png").is_file()
    code, _, err = call(*resume, "--metric", "bleu")
    assert code == 2 and "report no figure 'bleu' for --metric; they report: language_acc" in err
    code, _, err = call(*resume, "--limit", "33")
    assert code == 2 and "was begun with --limit 32, not with 33" in err
    report = folders[0] / "metrics.json"
    kept = report.read_text()
    for damaged in ("[]", kept.replace('"metrics"', '"m"'), kept.replace('"test"', "1")):
        report.write_text(damaged)
        code, _, err = call(*resume)
        assert code == 2 and "metrics.json is no report of a run; remove it" in err
    report.write_text(kept)
    assert "is of tagging/language_id, not" in call("ablate", RECIPE, *resume[2:])[2]
    assert "is not empty" in call("ablate", QUICK, "--out", out)[2]


def test_the_figure_to_compare():
    figures = {"pesq": None, "stoi": 0.9, "sdr": 1.0}
    assert chosen_metric(None, None, figures) == "stoi"
    assert chosen_metric(None, "sdr", figures) == "sdr"
    assert chosen_metric("stoi", "sdr", figures) == "stoi"
    for wanted in ("pesq", "none"):
        with pytest.raises(CallError, match=f"no figure '{wanted}' for --metric; they report: sto"):
            chosen_metric(wanted, None, figures)


@pytest.mark.parametrize("name", [recipe["name"] for recipe in modzoo.list_recipes()])
def test_every_recipe_can_be_ablated(call, name):
    code, printed, _ = call("ablate", name, "--help")
    assert code == 0 and f"modzoo ablate {name} " in printed
    rows_of(Plan.of(name, {"epochs": [1, 2]}))
    own = getattr(load_recipe(name), "METRIC", None)
    row = next(row for row in ROWS if row.recipe == name)
    assert own is None or own in row.metrics[1:]


def test_flags_take_values_until_the_next_flag(call, tmp_path, monkeypatch):
    given = {}
    monkeypatch.setattr(modzoo.zoo, "ablate", lambda *args, **kwargs: given.update(kwargs))
    axes = ["--plain-layers", "0,-1", "none", "--dropout=0.1", "0.2", "--no-competition"]
    axes += ["--competition", "--limit", "none", "9", "--seeds", "0,1", "--width", "8"]
    assert call("ablate", "images/digits", *axes, "--out", tmp_path, "--json")[0] == 0
    settings = ["plain_layers", "dropout", "competition", "limit", "width"]
    assert [key for key in given if key in settings] == settings  # in the order given
    assert {key: given[key] for key in settings} == {
        "plain_layers": ["0,-1", "none"],
        "dropout": [0.1, 0.2],
        "competition": [False, True],
        "limit": [None, 9],
        "width": [8],
    }
    assert given["seeds"] == "0,1"


@pytest.mark.parametrize(
    "args, message",
    [
        (["--unit", "4", "8"], "No such option '--unit'"),
        (["--units", "4", "x"], "'x' is not a valid integer"),
        (["--sources", "token", "token,affin"], "no source 'affin'"),
        (["--num-active", "1", "4"], "num_active=4, num_modules=3"),
        (["--units", "4", "8", "--seeds", "none"], "--seeds must be their number"),
        (["--units", "4", "--variant", "large"], "'large' is not"),
        (["--units", "4", "8", "--resume"], "to go on with; without --resume"),
        (["--units", "4", "8", "--from", "sentiment_sst2"], "--units is part of the model"),
        (["--data", "d", "e"], "unexpected extra argument"),
        (["--seed", "4"], "No such option '--seed'"),
    ],
    ids=str,
)
def test_wrong_calls_train_nothing(call, tmp_path, args, message):
    code, printed, err = call("ablate", RECIPE, *args, "--out", tmp_path / "a")
    assert (code, printed) == (2, "")
    assert err.splitlines()[-1].startswith("modzoo: ") and message in err
    assert not (tmp_path / "a").exists()


def test_a_call_that_trained_nothing_is_corrected(call, tmp_path):
    code, _, err = call("ablate", RECIPE, "--data", tmp_path / "no", "--out", tmp_path / "a")
    assert code == 2 and "There is no data folder" in err
    code, _, err = call("ablate", RECIPE, "--data", tmp_path / "no", "--out", tmp_path / "a")
    assert code == 2 and "There is no data folder" in err
    (tmp_path / "a" / "notes.txt").write_text("mine")
    assert "is not empty" in call("ablate", RECIPE, "--out", tmp_path / "a")[2]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"plan": 1}', "[" * 100_000, '{"plan": {"axes": {"units": [[4], 1]}}}'],
    ids=lambda content: content[:12],
)
def test_a_record_that_cannot_be_read(call, tmp_path, content):
    if content.startswith('{"plan": {'):
        plan = {"recipe": RECIPE, "fixed": {}, "seeds": [0], **json.loads(content)["plan"]}
        none = dict.fromkeys(("metric", "data", "start", "variant"))
        content = json.dumps({"backend": keras.backend.backend(), "plan": {**plan, **none}})
    (tmp_path / "ablation.json").write_text(content)
    code, _, err = call("ablate", RECIPE, "--out", tmp_path, "--resume")
    assert code == 2 and len(err.splitlines()) == 1
    assert "ablation.json" in err or "--units must be an integer" in err


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), None])
def test_a_run_that_diverged(tmp_path, monkeypatch, figure):
    """The table and the picture are made; the figure is missing there."""
    recipe = load_recipe(QUICK)
    reports = {4: 0.5, 6: figure}

    def main(settings, run):
        run.write_config()
        figures = {"language_accuracy": reports[settings.units]}
        return run.save_evaluation(Evaluation("test", 9, figures))

    monkeypatch.setattr(recipe, "main", main)
    record = modzoo.ablate(QUICK, tmp_path / "a", seeds=2, units=[4, 6])
    assert record["rows"][1]["metrics"] == {"language_accuracy": None}
    assert record["rows"][1]["difference"] == {}
    assert "| `6` | – | –, – |  |  |" in (tmp_path / "a" / "ablation.md").read_text()
