import contextlib
import dataclasses
import math
import os
import sys
import time
from pathlib import Path

from modzoo.ablation.comparing import TEST, chosen_metric, summary_of
from modzoo.ablation.grid import in_words, rows_of
from modzoo.ablation.plan import RECORD, Plan, read_record
from modzoo.ablation.tables import write_tables
from modzoo.errors import CallError
from modzoo.files import require_writable, save_figure, write_json
from modzoo.recipes import begin_run, load_recipe
from modzoo.training.distribution import num_processes
from modzoo.training.environment import running_backend, versions
from modzoo.training.lock import LOCK, FolderLock
from modzoo.training.run import METRICS, Run, require_empty
from modzoo.training.seeds import seed_folder


class Ablation:
    """The folder of an ablation: a folder a row, in it one a seed, each a run of its own.

    Attributes:
        path: The folder.
        plan: The `Plan`.
        rows: List of `Row`.
        skipped: Sentences on combinations that the recipe refuses.
    """

    def __init__(self, path, plan, distribute="none", goes_on=False):
        if num_processes() > 1:
            raise CallError("An ablation runs in one process; start each training by itself.")
        self.path = Path(path)
        self.plan = plan
        self.rows, self.skipped = rows_of(plan)
        self._distribute = distribute
        self._goes_on = goes_on

    @classmethod
    def open(cls, path, plan, resume=False, distribute="none"):
        """A new ablation, or with `resume` the one in the folder, where `plan` does not differ."""
        if resume:
            plan = plan.over(Plan.read(path))
            _require_same_backend(path)
        else:
            _require_room(path)
        return cls(path, plan.complete(), distribute, resume)

    def train(self):
        """Trains what is not trained yet; returns what `ablation.json` holds."""
        with contextlib.closing(FolderLock(self.path)):
            runs = {row.folder: [] for row in self.rows}
            if not self._goes_on:  # else the record stays until a run of this plan is done
                self._write(runs)
            times, seeds = [], self.plan.seeds
            whole = len(self.rows) * len(seeds)
            for row in self.rows:
                for seed in seeds:
                    began = time.monotonic()
                    done = sum(map(len, runs.values()))
                    report = self._finished(row, seed)
                    if report is None:
                        _say(f"[{done + 1}/{whole}] {_what(row, seed)}{_left(times, whole - done)}")
                        report = self._train(row, seed)
                        times.append(time.monotonic() - began)
                    runs[row.folder].append(report)
                    record = self._write(runs)
            write_tables(self.path, record)
            from modzoo.plots import draw_ablation

            save_figure(draw_ablation(record), self.path / "ablation.png")
            return record

    def _path(self, row, seed):
        return self.path / row.folder / seed_folder(seed)

    def _settings(self, row, seed):
        own = {"seed": seed, "seeds": 1}
        has = {field.name for field in dataclasses.fields(row.settings)}
        return {name: value for name, value in own.items() if name in has}

    def _finished(self, row, seed):
        """The report of a run that has ended, with the settings it is to have; else None."""
        path = self._path(row, seed)
        if not (path / METRICS).is_file():
            return None
        run = Run.open(path, type(row.settings))
        wanted = dataclasses.replace(row.settings, **self._settings(row, seed))
        plan = self.plan
        is_same = (run.settings, run.start) == (wanted, plan.start) and run.data == (
            None if plan.data is None else str(Path(plan.data).resolve())
        )
        return _checked(run.report(), path / METRICS) if is_same else None

    def _train(self, row, seed):
        import keras

        keras.utils.clear_session()  # names of layers begin anew, and memory is free
        path, plan = self._path(row, seed), self.plan
        run = begin_run(
            plan.recipe,
            {**row.given, **self._settings(row, seed)},
            data=plan.data,
            out=path,
            variant=plan.variant,
            start=plan.start,
            resume=path.is_dir(),
            distribute=self._distribute,
        )
        with contextlib.closing(run):
            return load_recipe(plan.recipe).main(run.settings, run)

    def _write(self, runs):
        """Writes the record of the rows that are done; `runs`: `{folder: reports}`."""
        done = [row for row in self.rows if len(runs[row.folder]) == len(self.plan.seeds)]
        figures = {row.folder: [_figures(report) for report in runs[row.folder]] for row in done}
        reports = [report for row in self.rows for report in runs[row.folder]]
        record = {
            "plan": dataclasses.asdict(self.plan),
            "backend": running_backend(),
            "versions": versions(),
            "test": TEST,
            **(self._measured(reports[0]) if reports else {}),
            "skipped": self.skipped,
            "rows": [
                {
                    "settings": row.varied,
                    "shown": row.shown,
                    "folder": row.folder,
                    **summary_of(figures[row.folder], figures[done[0].folder]),
                }
                for row in done
            ],
        }
        write_json(self.path / RECORD, record)
        return record

    def _measured(self, report):
        """What is compared, and on what: of the report of a run."""
        own = getattr(load_recipe(self.plan.recipe), "METRIC", None)
        return {
            "metric": chosen_metric(self.plan.metric, own, _figures(report)),
            "split": report["split"],
            "examples": report["examples"],
        }


def _require_room(path):
    """Raises unless the folder can be written to and holds nothing but what an ablation that has
    trained nothing leaves there."""
    require_writable(path)
    if not Path(path, RECORD).is_file() or set(os.listdir(path)) - {RECORD, LOCK}:
        require_empty(path)


def _require_same_backend(path):
    backend = read_record(path).get("backend")
    if backend != running_backend():
        raise CallError(
            f"The ablation in {path} was begun on {backend}; resume it with --backend {backend}."
        )


def _checked(report, file):
    """The report of a run in a folder, if it is one."""
    if isinstance(report, dict) and isinstance(report.get("metrics"), dict):
        figures = report["metrics"].values()
        is_whole = all(type(figure) in (int, float, type(None)) for figure in figures)
        if is_whole and type(report.get("split")) is str and type(report.get("examples")) is int:
            return report
    raise CallError(f"{file} is no report of a run; remove it, and the run is evaluated again.")


def _figures(report):
    """The figures of a run, None where they are not finite."""
    return {
        name: figure if figure is not None and math.isfinite(figure) else None
        for name, figure in report["metrics"].items()
    }


def _what(row, seed):
    return " ".join(filter(None, [in_words(row.shown), f"--seed {seed}"]))


def _left(times, runs):
    """About how long so many runs take, of the `times` of those before."""
    if not times:
        return ""
    minutes = sum(times) / len(times) * runs / 60
    return f" (about {minutes:.0f} minutes left)" if minutes >= 1 else " (less than a minute left)"


def _say(sentence):
    print(sentence, file=sys.stderr, flush=True)
