"""Digits left, photographs right: do two mechanisms take a side each?

The task of two independent sources of Lamb et al., Transformers with Competitive Ensembles of
Independent Mechanisms: section 4.1 and figure 2. An Image-GPT generates a picture whose left side
is a digit of MNIST and whose right side is an image of CIFAR-10, chosen apart. The relative
variance of the competition between the sides (`between_sides_<layer>`, `plots/sides.png`) says
how far the mechanisms divide the sides between themselves.

    modzoo train images/mnist_cifar                          scikit-learn's digits and photographs
    modzoo train images/mnist_cifar --data DIR               DIR/mnist and DIR/cifar10, 14 x 28
    modzoo train images/mnist_cifar --data DIR --variant baseline       a plain one of its size
    modzoo train images/mnist_cifar --data DIR --variant paper          32 x 64, 512 colours

Every epoch passes over the smaller of the two sets once, in pairs drawn anew. The paper
takes 24 pictures a step, of ten times as many: of a few thousand, 8 a step do better, and part
the sides where 24 were seen to part light from dark.

Bits per dimension on 500 test pairs after 16 epochs of 4,000, seed 0: 1.232, the baseline's 1.231,
and shares between the sides of 0.87 and 0.92 in layers 3 and 4; an hour on two cores of an AMD EPYC
(PyTorch).
"""

from dataclasses import dataclass
from pathlib import Path

import modzoo
from modzoo import training
from modzoo.applications import images
from modzoo.applications.images import ImageTrainingSettings, ModelSettings
from modzoo.data.cifar10 import load_cifar10
from modzoo.data.mnist import load_mnist
from modzoo.data.pictures import SideBySide
from modzoo.data.sample_images import load_digits, load_patches
from modzoo.errors import CallError
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, ImageTrainingSettings):
    batch_size: int = setting(8, "pictures a step")


PAPER = {"resolution": 32, "num_colors": 512, "epochs": 30, "batch_size": 24}
VARIANTS = {
    "baseline": {"width": 76, "num_heads": 4, "num_mechanisms": 1},
    "paper": {**PAPER, "width": 200, "num_heads": 10},
    "paper_baseline": {**PAPER, "width": 184, "num_heads": 8, "num_mechanisms": 1},
}
EMBEDDED = {"resolution": 8, "epochs": 20, "batch_size": 24, "learning_rate": 1e-3}
SIDES = ("digit", "photograph")
WATCHED = 64  # pictures on which the competition is measured after each epoch


def load(data, split, settings):
    if data is None:
        return SideBySide((load_digits(split), load_patches(split)))
    mnist, cifar10 = Path(data, "mnist"), Path(data, "cifar10")
    for folder in (mnist, cifar10):
        if not folder.is_dir():
            raise CallError(
                f"{data} has no folder {folder.name}; expected a folder that holds mnist, with "
                "the files of MNIST, and cifar10, with those of CIFAR-10."
            )
    return SideBySide((load_mnist(mnist, split), load_cifar10(cifar10, split)))


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
        sides = images.SidesRecorder(model, validation.limit(WATCHED).in_order())
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(train, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=steps,
            validation_data=training.evaluation_batches(validation, 32),
            **run.fit_options(epochs_done, "val_bits_per_dim", mode="min", callbacks=[sides]),
        )
    best = run.load_model()
    images.save_plots(run, best, sides.before)
    notes = {"before_training": sides.before} if sides.before else {}
    return run.save_evaluation(images.evaluate(best, test), **notes)
