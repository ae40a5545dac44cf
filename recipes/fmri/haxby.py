"""What a person saw, from the blocks of a scanned run: eight categories, one run left out.

The block-design runs of Haxby et al., 2001, read by the routed networks of Xu et al., Multi-Task
Recurrent Modular Networks. One task alone, so nothing is shared: this asks whether the model
reads real scans.

    modzoo train fmri/haxby                                  simulated blocks
    modzoo train fmri/haxby --data HAXBY --image 1slice      eight runs, each left out once
    modzoo train fmri/haxby --data HAXBY --image 1slice --sharing none         control: an LSTM
    modzoo train fmri/haxby --data HAXBY --image 1slice --routing all          all routes open
    modzoo train fmri/haxby --data HAXBY --image 25mm        coarse regions
    modzoo train fmri/haxby --data HAXBY --fold 0            the last run left out, one model

HAXBY is a folder of 4-D NIfTI images beside tables of events, and estimates of motion if there are
some. Voxels above a quarter of the brightest are read, by the means of all runs; drift and motion
are taken out of each run; the map that whitens voxels is fitted to the blocks of training alone. 56
blocks are too few to hold some back: the epoch of the lowest loss in training counts. `controls`
beside the figures are a ridge classifier of the same voxels' means, and what the block's position
in the run alone says.

Accuracy over all 64 blocks of `--image 1slice`, mean of seeds 0 to 4: 0.572 +- 0.024 (chance 0.125,
the ridge 0.859, the position 0.250); five minutes a seed on a core of an AMD EPYC (PyTorch).
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import fmri
from modzoo.applications.fmri import FmriTrainingSettings, ModelSettings
from modzoo.data.scanner_blocks import simulate_blocks
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, FmriTrainingSettings):
    image: str | None = setting(
        None, "ending of the images' names, where several lie beside a table", is_data=True
    )
    readout: str = setting("mean", "what is classified: mean over the steps, or last")
    components: int | None = setting(50, "whitened components of the voxels")
    dropout: float = setting(0.3, "dropout of what is classified")
    noise: float = setting(0.2, "deviation of the noise on whitened voxels in training")
    epochs: int = setting(40, "epochs to train")
    learning_rate: float = setting(1e-2, "step size of Adam, which falls to a tenth")
    weight_decay: float = setting(1e-2, "decay of the weights")
    patience: int = setting(40, "epochs without a lower loss before training stops")
    folds: int = setting(8, "folds of the runs, as many as runs to leave each out")


VARIANTS = {}
EMBEDDED = {}


def load(data, split, settings):
    examples = simulate_blocks() if data is None else fmri.load_series(data, settings.image)
    number = settings.fold or 0
    return examples.fold(split, number, settings.folds, settings.repeat, hold_back=False)


def main(settings, run):
    return fmri.sum_up(run, [train(own, part) for part, own in fmri.fold_runs(run)])


def train(settings, run):
    import keras

    train, test = (
        load(run.data, split, settings).limit(settings.limit) for split in ("train", "test")
    )
    run.say(f"{examples.split}: {examples.summary}" for examples in (train, test))
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = fmri.build_model(settings, train, start)
        examples = fmri.TaskBatches(train, model)
        steps = training.steps_per_epoch(examples, settings.batch_size)
        loss, weights = fmri.losses(model)
        model.compile(
            optimizer=fmri.adam(settings, steps),
            loss=loss,
            loss_weights=weights,
            weighted_metrics=fmri.metrics(model),
            jit_compile=keras.backend.backend() == "jax",
        )
        callbacks = fmri.callbacks(settings, model, examples, prefix="")
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(examples, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=steps,
            **run.fit_options(epochs_done, "loss", mode="min", callbacks=callbacks),
        )
    best = run.load_model()
    fmri.save_plots(run, best, test)
    controls = {
        "ridge": fmri.ridge_accuracy(train, test),
        "position": fmri.place_accuracy(train, test),
    }
    return run.save_evaluation(fmri.evaluate(best, test), controls=controls)
