"""A task that is new, learned from few series, with what three other tasks have in common.

The unseen tasks of Xu et al., Multi-Task Recurrent Modular Networks: table 2. A model learns three
tasks; what they share is fixed, and a model of a fourth task, of which there are 150 series, learns
the rest.

    modzoo train fmri/transfer                               RMN_tr, scenario A: senses is new
    modzoo train fmri/transfer --new-task attention          B; mixed: C; cognition: D
    modzoo train fmri/transfer --shared untrained            RMN_un: the encoder as it was drawn
    modzoo train fmri/transfer --sharing none                LSTM: nothing is shared
    modzoo train fmri/transfer --base rrn --sharing none     RRN: functions and router are fixed
    modzoo train fmri/transfer --base ic_mtl --sharing none  IC-MTL: the shared LSTM is fixed
    modzoo train fmri/transfer --data DIR --new-task NAME    one of a person's own tasks

Accuracy, mean of the four scenarios and of `--fold 0 --seed 0` and `--fold 1 --seed 1` (PyTorch):
RMN_tr 0.583, IC-MTL 0.495, RRN 0.489, LSTM 0.389, RMN_un 0.384 (chance 0.333); one to three
minutes a run on a core.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import fmri
from modzoo.applications.fmri import FmriTrainingSettings, ModelSettings
from modzoo.data.region_simulator import simulate_regions
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, FmriTrainingSettings):
    new_task: str = setting("senses", "the task that is new", is_data=True)
    new_samples: int = setting(150, "series of it to learn from", is_data=True)
    noise: float = setting(0.7, "deviation of the noise on scaled features in training")
    samples: int = setting(800, "simulated series of each task", is_data=True)
    shared: str = setting("trained", "what tasks share: trained on the others, or untrained")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(15, "samples")
        self.require_at_least(3, "new_samples")
        self.require_one_of(("trained", "untrained"), "shared")


VARIANTS = {"paper": {"repeats": 5, "readout": "last"}}
EMBEDDED = {}


def load(data, split, settings):
    new = read(data, settings).only([settings.new_task])
    new = new.fold(split, settings.fold or 0, settings.folds, settings.repeat)
    return new.limit(settings.new_samples) if split == "train" else new


def read(data, settings):
    return simulate_regions("all", settings.samples) if data is None else fmri.load_series(data)


def main(settings, run):
    return fmri.sum_up(run, [transfer(own, part) for part, own in fmri.fold_runs(run)])


def transfer(settings, run):
    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = fmri.build_model(settings, train, start)
        run.write_config()
        fmri.fix_shared(model, None if start else learn_others(settings, run))
        best = fit(settings, run, model, train, validation)
    fmri.save_plots(run, best, validation)
    controls = {"ridge": fmri.ridge_accuracy(train, test)}
    return run.save_evaluation(fmri.evaluate(best, test), controls=controls)


def learn_others(settings, run):
    """The model of the other tasks, in a run of its own; None where nothing is to be taken over."""
    examples = read(run.data, settings)
    others = examples.only([task for task in examples.labels if task != settings.new_task])
    train, validation = (
        others.fold(split, settings.fold or 0, settings.folds, settings.repeat).limit(
            settings.limit
        )
        for split in ("train", "validation")
    )
    model = fmri.build_model(settings, train)
    if settings.shared == "untrained" or not fmri.shared_layers(model):
        return None
    return fit(settings, run.part("others", settings), model, train, validation)


def fit(settings, run, model, train, validation):
    import keras

    examples, watched = (fmri.TaskBatches(part, model) for part in (train, validation))
    steps = training.steps_per_epoch(examples, settings.batch_size)
    loss, weights = fmri.losses(model)
    model.compile(
        optimizer=fmri.adam(settings, steps),
        loss=loss,
        loss_weights=weights,
        weighted_metrics=fmri.metrics(model),
        jit_compile=keras.backend.backend() == "jax",
    )
    callbacks = fmri.callbacks(settings, model, watched)
    epochs_done = run.restore(model)
    model.fit(
        training.train_batches(examples, settings.batch_size, settings.seed, epochs_done),
        steps_per_epoch=steps,
        validation_data=training.evaluation_batches(watched),
        **run.fit_options(epochs_done, "val_loss", mode="min", callbacks=callbacks),
    )
    return run.load_model()
