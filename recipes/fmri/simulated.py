"""Regions of the brain told apart in related tasks, simulated: do routes find what tasks share?

The tfMRI tasks of Xu et al., Multi-Task Recurrent Modular Networks: table 1. In the simulation it
is known which tasks share what, in which condition.

    modzoo train fmri/simulated                              mtl-RMN, related tasks, five folds
    modzoo train fmri/simulated --group 2                    less related tasks
    modzoo train fmri/simulated --sharing none               control: an LSTM a task
    modzoo train fmri/simulated --base fs_mtl --sharing none          one LSTM for all tasks
    modzoo train fmri/simulated --routing all                control: all routes open
    modzoo train fmri/simulated --routing random             control: routes at random
    modzoo train fmri/simulated --data DIR                   a person's own regions, npz or csv
    modzoo train fmri/simulated --fold 0                     one fold alone, a run of one model

Accuracy over five folds, seed 0, PyTorch: 0.780 in group 1, 0.751 in group 2; of an LSTM a task
0.700 and 0.684 (chance and a ridge classifier: 0.33). One to two minutes a fold on a core of an
AMD EPYC.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import fmri
from modzoo.applications.fmri import FmriTrainingSettings, ModelSettings
from modzoo.data.region_simulator import GROUPS, simulate_regions
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, FmriTrainingSettings):
    group: str = setting("1", f"simulated tasks: {', '.join(GROUPS)}", is_data=True)
    noise: float = setting(0.7, "deviation of the noise on scaled features in training")
    samples: int = setting(800, "simulated series of each task", is_data=True)

    def __post_init__(self):
        super().__post_init__()
        self.require_one_of(GROUPS, "group")
        self.require_at_least(15, "samples")


VARIANTS = {"paper": {"repeats": 5, "readout": "last"}}
EMBEDDED = {}


def load(data, split, settings):
    if data is None:
        examples = simulate_regions(settings.group, settings.samples)
    else:
        examples = fmri.load_series(data)
    return examples.fold(split, settings.fold or 0, settings.folds, settings.repeat)


def main(settings, run):
    return fmri.sum_up(run, [train(own, part) for part, own in fmri.fold_runs(run)])


def train(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = fmri.build_model(settings, train, start)
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
    best = run.load_model()
    fmri.save_plots(run, best, validation)
    controls = {"ridge": fmri.ridge_accuracy(train, test)}
    return run.save_evaluation(fmri.evaluate(best, test), controls=controls)
