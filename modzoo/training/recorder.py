"""The callback that makes a run killable: each epoch ends in one whole checkpoint.

`keras.callbacks.BackupAndRestore` leaves out the states of seed generators and the states
of other callbacks, and cannot replay the order of the data. Here early stopping and the
choice of the best model are functions of the history, which is part of the checkpoint.
"""

import json
import shutil

import keras
import numpy as np

from modzoo.files import whole_file, whole_folder, write_csv
from modzoo.training.distribution import clip_together, is_first_process, readable, wait_for_all

CHECKPOINT = "checkpoint"


class Recorder(keras.callbacks.Callback):
    """Writes history, best model and checkpoint after each epoch, and stops early."""

    def __init__(self, run, monitor, patience=None, mode="max"):
        super().__init__()
        self.run = run
        self.monitors = [monitor] if isinstance(monitor, str) else list(monitor)
        self.patience = patience
        self.sign = {"max": 1, "min": -1}[mode]
        self.history = _progress(run)["history"]

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        _seed_torch(self.run.settings.seed, epoch)

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:  # again: making the iterator of the data has drawn numbers, or has not
            _seed_torch(self.run.settings.seed, self._epoch)

    def on_epoch_end(self, epoch, logs=None):
        for name in self.monitors:
            if logs is None or name not in logs:
                raise ValueError(f"fit() reports no {name!r}. Received: {sorted(logs or ())}.")
        row = {"epoch": epoch, **{name: float(value) for name, value in logs.items()}}
        self.history.append(row)
        if keras.backend.backend() == "jax":
            self.model.jax_state_sync()
        waited = epoch - self._best()["epoch"]
        stopped = self.patience is not None and waited > 0 and waited >= self.patience
        if is_first_process():
            self._write(is_best=waited == 0, stopped=stopped)
        wait_for_all()
        self.model.stop_training = self.model.stop_training or stopped

    def _write(self, is_best, stopped):
        with readable([*self.model.variables, *self.model.optimizer.variables]):
            if is_best:
                with whole_file(self.run.model_file) as path:
                    self.model.save(path)
            write_csv(self.run.history_file, self.history)
            _save(self.run, self.model, self.history, stopped)

    def _best(self):
        def rank(row):
            figure = self.sign * sum(row[name] for name in self.monitors)
            return np.nan_to_num(figure, nan=-np.inf), -row["epoch"]

        return max(self.history, key=rank)


class Board(keras.callbacks.TensorBoard):
    """Writes an epoch's figures for TensorBoard; the rate it writes is computed here alone."""

    def on_epoch_end(self, epoch, logs=None):
        with readable(self.model.optimizer.variables):
            super().on_epoch_end(epoch, logs)


def restore(run, model):
    # A step that creates variables, the optimizer's or of metrics by name, is traced twice on
    # TensorFlow.
    model.optimizer.build(model.trainable_variables)
    clip_together(model.optimizer)
    folder = _latest(run)
    if folder is None:
        if run.history_file.is_file() and len(run.history()) > 1:
            raise FileNotFoundError(f"there is no {CHECKPOINT}/epoch-*")
        return 0
    model.load_weights(folder / "model.weights.h5")
    with np.load(folder / "random.npz") as states:
        for i, variable in enumerate(_random_variables(model)):
            variable.assign(states[f"seed_{i}"])
    if (folder / "lora.npz").is_file():
        with np.load(folder / "lora.npz") as weights:
            for i, variable in enumerate(_lora_weights(model)):
                variable.assign(weights[f"weight_{i}"])
    progress = _progress(run)
    return run.settings.epochs if progress["stopped"] else len(progress["history"])


def _seed_torch(seed, epoch):
    """On PyTorch dropout draws from one global generator: an epoch's draws, like its order,
    become a function of seed and epoch."""
    if keras.backend.backend() == "torch":
        import torch

        torch.manual_seed(int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0]))


def _save(run, model, history, stopped):
    folder = run.path / CHECKPOINT / f"epoch-{len(history):05d}"
    with whole_folder(folder) as beside:
        model.save_weights(beside / "model.weights.h5")
        states = {
            f"seed_{i}": keras.ops.convert_to_numpy(variable)
            for i, variable in enumerate(_random_variables(model))
        }
        np.savez(beside / "random.npz", **states)
        if weights := _lora_weights(model):
            arrays = {
                f"weight_{i}": keras.ops.convert_to_numpy(weight)
                for i, weight in enumerate(weights)
            }
            np.savez(beside / "lora.npz", **arrays)
        progress = {"history": history, "stopped": stopped}
        (beside / "progress.json").write_text(json.dumps(progress), encoding="utf-8")
    for old in folder.parent.iterdir():  # also what a run that was killed had begun
        if old != folder:
            shutil.rmtree(old)


def _latest(run):
    whole = sorted((run.path / CHECKPOINT).glob("epoch-*"))
    return whole[-1] if whole else None


def _progress(run):
    folder = _latest(run)
    if folder is None:
        return {"history": [], "stopped": False}
    return json.loads((folder / "progress.json").read_text(encoding="utf-8"))


def _random_variables(model):
    """Seed generators' states: variables that `save_weights` leaves out."""
    saved = {id(v) for v in (*model.weights, *model.metrics_variables)}
    return [v for v in model.variables if id(v) not in saved]


def _lora_weights(model):
    """Weights of the layers that LoRA adapts: `save_weights` writes their sum alone."""
    layers = model._flatten_layers(include_self=False)
    adapted = [layer for layer in layers if getattr(layer, "lora_enabled", False)]
    return [w for layer in adapted for w in layer.weights]
