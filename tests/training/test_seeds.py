from dataclasses import dataclass

import numpy as np
import pytest

from modzoo.training import (
    BaseModelSettings,
    Evaluation,
    Run,
    TrainingSettings,
    seed_runs,
    setting,
    sum_up_seeds,
)

pytestmark = pytest.mark.one_backend


@dataclass(frozen=True)
class Settings(BaseModelSettings, TrainingSettings):
    seeds: int = setting(1, "seeds")


def test_one_seed_is_the_run_itself(tmp_path):
    run = Run(tmp_path / "r", "pretraining/glue", Settings())
    assert seed_runs(run) == [(run, run.settings)]
    assert sum_up_seeds(run, ["its report"]) == "its report"


def test_several_seeds_are_parts_that_are_summed_up(tmp_path):
    run = Run(tmp_path / "r", "pretraining/glue", Settings(seed=3, seeds=3))
    parts = seed_runs(run)
    assert [part.path.name for part, _ in parts] == ["seed_3", "seed_4", "seed_5"]
    assert [(own.seed, own.seeds) for _, own in parts] == [(3, 1), (4, 1), (5, 1)]
    assert (tmp_path / "r" / "config.json").is_file()
    values = [0.5, 0.9, 0.6]
    reports = [
        part.save_evaluation(Evaluation("dev", 9, {"accuracy": value, "f1": 1.0}))
        for (part, _), value in zip(parts, values, strict=True)
    ]
    report = sum_up_seeds(run, reports)
    assert report["metrics"] == pytest.approx({"accuracy": np.mean(values), "f1": 1})
    assert report["median"] == pytest.approx({"accuracy": 0.6, "f1": 1})
    assert report["deviation"] == pytest.approx({"accuracy": np.std(values, ddof=1), "f1": 0})
    assert report["runs"][1] == {"accuracy": 0.9, "f1": 1.0}
    assert (report["split"], report["examples"]) == ("dev", 9)
    assert run.report() == report
    run.close()
