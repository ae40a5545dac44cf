"""Handwritten digits generated pixel by pixel: scikit-learn's, in minutes, or MNIST's.

An Image-GPT of competing mechanisms (Lamb et al., Transformers with Competitive Ensembles of
Independent Mechanisms, section 4.1) on the smallest pictures there are.

    modzoo train images/digits                               scikit-learn's, 8 x 8 in 17 shades
    modzoo train images/digits --num-mechanisms 1            by an ordinary Transformer
    modzoo train images/digits --data MNIST                  made smaller to 14 x 14, 16 shades
    modzoo train images/digits --data MNIST --resolution 28  as they are

Bits per dimension on scikit-learn's test digits, seed 0: 1.877; under two minutes on two cores
of an AMD EPYC (PyTorch).
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import images
from modzoo.applications.images import ImageTrainingSettings, ModelSettings
from modzoo.data.mnist import load_mnist
from modzoo.data.pictures import SideBySide
from modzoo.data.sample_images import load_digits


@dataclass(frozen=True)
class Settings(ModelSettings, ImageTrainingSettings):
    pass


VARIANTS = {"baseline": {"width": 76, "num_mechanisms": 1}}
EMBEDDED = {"resolution": 8, "num_colors": 17, "epochs": 12}
SIDES = ("digit",)


def load(data, split, settings):
    return SideBySide((load_digits(split) if data is None else load_mnist(data, split),))


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
