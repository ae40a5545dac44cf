"""Small photographs generated pixel by pixel: do mechanisms part foreground and background?

The Image-GPT on CIFAR-10 of Lamb et al., Transformers with Competitive Ensembles of Independent
Mechanisms: section 4.1, figure 1 and appendix A.1.

    modzoo train images/cifar10                              patches of scikit-learn's photographs
    modzoo train images/cifar10 --data CIFAR                 made smaller to 14 x 14, 16 colours
    modzoo train images/cifar10 --data CIFAR --variant baseline         a plain one of its size
    modzoo train images/cifar10 --data CIFAR --variant paper            32 x 32, 512 colours

CIFAR is a folder of batches, binary or pickled. Bits per dimension on 500 test photographs after
six epochs of 4,000 (`--batch-size 8 --epochs 6`), seed 0: 1.740, the baseline's 1.741; ten minutes
on a core of an AMD EPYC (PyTorch).
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import images
from modzoo.applications.images import ImageTrainingSettings, ModelSettings
from modzoo.data.cifar10 import load_cifar10
from modzoo.data.pictures import SideBySide
from modzoo.data.sample_images import load_patches


@dataclass(frozen=True)
class Settings(ModelSettings, ImageTrainingSettings):
    pass


PAPER = {"resolution": 32, "num_colors": 512, "epochs": 30, "batch_size": 24}
VARIANTS = {
    "baseline": {"width": 76, "num_heads": 4, "num_mechanisms": 1},
    "paper": {**PAPER, "width": 200, "num_heads": 10},
    "paper_baseline": {**PAPER, "width": 184, "num_heads": 8, "num_mechanisms": 1},
}
EMBEDDED = {"resolution": 8, "epochs": 12}
SIDES = ("photograph",)


def load(data, split, settings):
    return SideBySide((load_patches(split) if data is None else load_cifar10(data, split),))


def main(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = images.build_model(settings, train, SIDES, start)
        train, validation = (
            images.encode_pictures(pictures, model.codebook, settings.resolution)
            for pictures in (train, validation)
        )
        steps = training.steps_per_epoch(train, settings.batch_size)
        model.compile(
            optimizer=images.adam(settings, steps),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=[training.BitsPerDim()],
            # On TensorFlow a step takes as long without, and begins a minute sooner.
            jit_compile=keras.backend.backend() == "jax",
        )
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(train, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=steps,
            validation_data=training.evaluation_batches(validation, 32),
            **run.fit_options(epochs_done, "val_bits_per_dim", mode="min"),
        )
    best = run.load_model()
    images.save_plots(run, best)
    return run.save_evaluation(images.evaluate(best, test))
