"""Speech without its noise, as it comes in: mixed anew in every epoch, measured by PESQ.

The causal enhancer of Lamb et al., Transformers with Competitive Ensembles of Independent
Mechanisms: section 4.2, table 1, figure 3 and appendix A.2.

    modzoo train speech/dns                                  synthesised voices and coloured noise
    modzoo train speech/dns --data DNS                       DNS/clean, DNS/noise, at any depth
    modzoo train speech/dns --data DNS --variant baseline    an ordinary Transformer of its size
    modzoo train speech/dns --data DNS --variant paper       the paper's sizes, target, loss, SNRs

PESQ-WB of the synthesised test mixtures, seed 0: 1.46, of 1.17 as they are; a minute or two on two
cores of an AMD EPYC (PyTorch). Of real speech and noise, after 25 minutes: 1.88, of 1.51.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import speech
from modzoo.applications.speech import ModelSettings, SpeechTrainingSettings


@dataclass(frozen=True)
class Settings(ModelSettings, SpeechTrainingSettings):
    pass


PAPER = {
    "num_layers": 8,
    "plain_layers": ("0", "1", "-1"),
    "width": 256,
    "intermediate_dim": 512,
    "num_heads": 16,
    "channels": ("1024", "512", "128"),
    "target": "log_magnitude",
    "noise_floor": False,
    "dropout": 0.1,
    "loss": "log_magnitude",
    "snr": ("0", "40"),
    "epochs": 50,
    "batch_size": 16,
    "learning_rate": 2e-4,
}
VARIANTS = {
    "baseline": {"num_mechanisms": 1, "intermediate_dim": 152},
    "paper": PAPER,
    "paper_baseline": {**PAPER, "num_mechanisms": 1, "intermediate_dim": 256},
}
EMBEDDED = {
    "num_layers": 3,
    "width": 48,
    "intermediate_dim": 96,
    "channels": ("48", "48", "48"),
    "seconds": 2.0,
    "epochs": 6,
    "warm_up": 20,
    "learning_rate": 3e-3,
}


def load(data, split, settings):
    return speech.load_speech(data, split, settings.mixture_options(), settings.seconds)


def main(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = speech.build_model(settings, start)
        steps = training.steps_per_epoch(train, settings.batch_size)
        model.compile(
            optimizer=speech.adam(settings, steps),
            loss=speech.build_loss(settings),
            metrics=speech.build_metrics(),
            # On TensorFlow a step takes as long without, and begins a minute sooner.
            jit_compile=keras.backend.backend() == "jax",
        )
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(train, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=steps,
            validation_data=training.evaluation_batches(validation, 8),
            **run.fit_options(epochs_done, ["val_si_sdr", "val_closeness"]),
        )
    best = run.load_model()
    speech.save_plots(run, best, test)
    return run.save_evaluation(speech.evaluate(best, test))
