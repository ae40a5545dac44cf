import csv
import dataclasses
import json
import sys
import time
import zipfile
from pathlib import Path

from modzoo.errors import CallError
from modzoo.files import require_writable, save_figure, whole_file, write_json
from modzoo.knowledge import looking_in
from modzoo.training.distribution import is_first_process, wait_for_all
from modzoo.training.environment import running_backend, versions
from modzoo.training.lock import LOCK, FolderLock
from modzoo.training.model_file import MODEL, first_line, load_model_file, model_file_of
from modzoo.training.settings import differences, flag, folders_of, from_json

CONFIG, METRICS, HISTORY = "config.json", "metrics.json", "history.csv"


class Run:
    """The folder of one training: settings, best model, checkpoint, history, figures, plots.

    Where several processes train together, all see the folder and the first one writes to it.

    Attributes:
        path: The folder.
        recipe: Name of the recipe, `<application>/<experiment>`.
        settings: The recipe's settings.
        data: The data folder, or None for the recipe's embedded default.
        start: Name of the preset or path of the run whose model is trained further, or None.
        distribution: What `make_distribution` returned: the devices to train on.
    """

    distribution = None

    def __init__(self, path, recipe, settings, data=None, start=None):
        self.path = Path(path)
        self.recipe = recipe
        self.settings = settings
        self.data = data
        self.start = start
        self._must_be_empty = False
        self._lock = None

    # Begin, go on, open

    @classmethod
    def begin(cls, path, recipe, settings, data=None, start=None):
        """A new run in an empty or new folder. Default: `runs/<recipe>/<time>/`.

        Nothing is written before `restore`, which takes the folder for this run until `close`.
        """
        if path is None:
            path = Path("runs") / recipe / time.strftime("%Y-%m-%d_%H-%M-%S")
        path = Path(path)
        if is_first_process():
            require_writable(path)
            _require_empty(path)
        run = cls(path, recipe, settings, data, start)
        run._must_be_empty = True
        return run

    @classmethod
    def resume(cls, path, recipe, settings_class, given, data=None, start=None, defaults=None):
        """Goes on with a run that was stopped.

        Args:
            path: The run folder, which must be there; if nothing is in it, the run was stopped
                before its first step and begins. Default: the recipe's latest below `runs/`.
            recipe: Name of the recipe.
            settings_class: Its dataclass of settings.
            given: Dictionary of the settings given in this call; they must be the run's own,
                but for `epochs`, which may change.
            data: The data folder given in this call, if any.
            start: The `--from` given in this call, if any.
            defaults: Settings for a run that was stopped before its first step, below `given`.
        """
        if path is None:
            begun = sorted(Path("runs", recipe).glob(f"*/{CONFIG}"))
            if not begun:
                raise CallError(f"There is no run of {recipe} below runs/ to resume.")
            path = begun[-1].parent
        elif not Path(path).is_dir():
            raise CallError(
                f"There is no run folder {path} to go on with; without --resume a run begins there."
            )
        elif _is_empty(path):  # stopped before its first step
            settings = settings_class(**{**(defaults or {}), **given})
            return cls.begin(path, recipe, settings, data, start)
        path = Path(path)
        config = read_config(path)
        if config["recipe"] != recipe:
            raise CallError(f"{path} holds a run of {config['recipe']}, not of {recipe}.")
        settings = from_json(settings_class, config["settings"], path / CONFIG)
        changed = {}
        if start is not None and start != config["from"]:
            changed["from"] = (config["from"], start)
        if data is not None and str(Path(data).resolve()) != config["data"]:
            changed["data"] = (config["data"], data)
        changed |= differences(settings, dataclasses.replace(settings, **given))
        changed.pop("epochs", None)
        for name, (old, new) in changed.items():
            begun = f"without {flag(name)}" if old is None else f"with {flag(name)} {old}"
            raise CallError(
                f"The run in {path} was begun {begun}, not with {new}; resume it as it was begun, "
                "or begin another with --out."
            )
        if config["backend"] != running_backend():
            raise CallError(
                f"The run in {path} was begun on {config['backend']}; "
                f"resume it with --backend {config['backend']}."
            )
        settings = dataclasses.replace(settings, **given)
        return cls(path, recipe, settings, config["data"], config["from"])

    @classmethod
    def open(cls, path, settings_class, config=None):
        """A run that was trained before."""
        config = config or read_config(path)
        settings = from_json(settings_class, config["settings"], Path(path, CONFIG))
        return cls(path, config["recipe"], settings, config["data"], config["from"])

    def write_config(self):
        """Writes `config.json`, and takes the folder until `close`: no other run writes there."""
        if is_first_process():
            self._write_config()
        wait_for_all()
        if not (self.path / CONFIG).is_file():
            raise CallError(
                f"There is no {self.path / CONFIG} for a process to see that another wrote; --out "
                "must be a folder that all processes share."
            )

    def _write_config(self):
        if self._lock is None:
            try:
                self._lock = FolderLock(self.path)
            except OSError as error:
                raise CallError(f"Cannot write to {self.path}: {error.strerror}.") from error
            if self._must_be_empty:  # still
                _require_empty(self.path)
        write_json(
            self.path / CONFIG,
            {
                "recipe": self.recipe,
                "data": None if self.data is None else str(Path(self.data).resolve()),
                "from": self.start,
                "backend": running_backend(),
                "settings": dataclasses.asdict(self.settings),
                "versions": versions(),
            },
        )

    def close(self):
        """Lets go of the folder, so that another training may go on with it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def model_file(self):
        """The best model by validation."""
        return self.path / MODEL

    @property
    def history_file(self):
        """The figures of each epoch."""
        return self.path / HISTORY

    def part(self, name, settings):
        """The run of one of several trainings, in a folder of its own in this one's."""
        part = Run(self.path / name, self.recipe, settings, self.data, self.start)
        part.distribution = self.distribution
        part._lock = self._lock
        return part

    # Training

    def fit_options(self, epochs_done, monitor, mode="max", callbacks=()):
        """What every recipe's `fit` has in common, as keyword arguments: the epochs to train,
        and the callbacks that keep the best model, stop early, record and checkpoint.

        Args:
            epochs_done: What `restore` returned.
            monitor: Name of the validation figure to choose the epoch by; or a list of names, to
                choose by their sum. Training stops after `settings.patience` epochs without a
                better one.
            mode: `"max"` if more is better, `"min"` if less.
            callbacks: The recipe's own, which come first and may add figures to the epoch's.
        """
        return {
            "initial_epoch": epochs_done,
            "epochs": self.settings.epochs,
            "shuffle": False,
            "callbacks": [*callbacks, *self.callbacks(monitor, self.settings.patience, mode)],
            "verbose": self._verbosity(),
        }

    def _verbosity(self):
        if not is_first_process():
            return 0
        return 1 if sys.stderr.isatty() else 2  # a progress bar, or a line an epoch

    def callbacks(self, monitor, patience=None, mode="max"):
        """The callbacks among `fit_options`; `patience=None`: training never stops early."""
        from modzoo.training.recorder import Board, Recorder

        self.say(["Compiling the training step, which takes a while ..."])
        recorder = Recorder(self, monitor, patience, mode)
        if not is_first_process():
            return [recorder]
        return [recorder, Board(str(self.path / "tensorboard"), write_graph=False)]

    def restore(self, model):
        """Puts a compiled model where the run's last whole epoch left it.

        Call it right before `fit`: here the run folder begins to be.

        Returns the number of epochs done; 0 for a new run.
        """
        from modzoo.training.recorder import restore

        self.write_config()
        try:
            return restore(self, model)
        except Exception as error:
            raise CallError(
                f"Cannot read the checkpoint in {self.path} ({type(error).__name__}: "
                f"{first_line(error)}); {self._what_is_left()}"
            ) from error

    def _what_is_left(self):
        """What can be done where the checkpoint is damaged."""
        if not zipfile.is_zipfile(self.model_file):
            return "the folder is damaged, begin another run with --out."
        return (
            f"{MODEL} beside it is whole: predict, evaluate and explain take {self.path}, and "
            f"--from {self.path} with another --out trains it further."
        )

    def load_model(self):
        """The best model by validation."""
        with looking_in(**folders_of(self.settings)):
            return load_model_file(model_file_of(self.path))

    def replace_model(self, model):
        """Writes what was made of the best model in its place."""
        if is_first_process():
            with whole_file(self.model_file) as path:
                model.save(path)

    # Results

    def say(self, remarks):
        """Says sentences to the person who waits for the training."""
        for remark in remarks if is_first_process() else ():
            print(remark, file=sys.stderr, flush=True)

    def history(self):
        """The rows of `history.csv`, one an epoch."""
        try:
            with open(self.history_file, encoding="utf-8", newline="") as file:
                return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
        except (OSError, ValueError) as error:
            raise CallError(f"Cannot read {self.history_file}: {error}.") from error

    def save_plot(self, name, figure):
        """Writes a Matplotlib figure to `plots/<name>.png`."""
        if is_first_process():
            save_figure(figure, self.path / "plots" / f"{name}.png")

    def save_record(self, name, record):
        """Writes JSON values to `<name>.json`."""
        if is_first_process():
            write_json(self.path / f"{name}.json", record)

    def report(self):
        """What `metrics.json` holds."""
        file = self.path / METRICS
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CallError(f"Cannot read {file}: {error}.") from error

    def save_evaluation(self, evaluation, **notes):
        """Writes an `Evaluation`, and `notes` on the training, to `metrics.json`; returns what
        that holds."""
        self.say(evaluation.remarks)
        report = {**metrics_report(self.path, self.recipe, evaluation), **notes}
        if is_first_process():
            write_json(self.path / METRICS, report)
        return report


def metrics_report(model, recipe, evaluation):
    """What `metrics.json` and `evaluate --json` hold of an `Evaluation`."""
    return {
        "model": str(model),
        "recipe": recipe,
        "backend": running_backend(),
        "split": evaluation.split,
        "examples": evaluation.examples,
        "metrics": evaluation.metrics,
        **evaluation.notes,
    }


def is_run(path):
    """Whether a folder holds a run."""
    if Path(path, MODEL).is_file():
        return True
    try:
        return "recipe" in json.loads(Path(path, CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, RecursionError):
        return False


def read_config(path):
    """The `config.json` of a run folder."""
    path = Path(path)
    file = path / CONFIG
    if not path.is_dir():
        raise CallError(f"There is no run folder {path}.")
    if not file.is_file():
        raise CallError(f"The folder {path} has no {CONFIG}, so it is no run of modzoo.")
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(config["recipe"], str) or not isinstance(config["settings"], dict):
            raise TypeError("recipe or settings are of the wrong type")
        wanted = {key: config[key] for key in ("recipe", "data", "backend", "settings")}
        wanted["from"] = config.get("from")
        if not all(isinstance(wanted[key], (str, type(None))) for key in ("data", "from")):
            raise TypeError("data and from must be paths or null")
        return wanted
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CallError(
            f"Cannot read {file}: it is not a run's configuration ({error})."
        ) from error


def _is_empty(path):
    """Whether `path` is missing, or a folder of nothing but what a kill left behind."""
    path = Path(path)
    return not path.exists() or (
        path.is_dir()
        and all(entry.name == LOCK or ".part" in entry.name for entry in path.iterdir())
    )


def _require_empty(path):
    if not _is_empty(path):
        raise CallError(
            f"The folder {path} is not empty; add --resume to go on with the run in it, "
            "or name another with --out."
        )
