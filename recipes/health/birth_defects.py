"""Tweets on birth defects: has the writer's child one, perhaps, or is it only mentioned.

A multi-input RIM with attention pooling (Bagherzadeh and Bergler, 2021) over tokens and the
terms of birth defects and complications of pregnancy, each list read by a module of its own.

    modzoo train health/birth_defects
    modzoo train health/birth_defects --data SMM4H-2020-5 --gazetteers MEDICAL
    modzoo train health/birth_defects --data tweets.csv --text-column text --label-column class

Without `--data` it learns texts generated from a grammar, whose names of birth defects in
the test never occur in training: only the gazetteer tells what they are. With `--data` it reads
SMM4H 2020 task 5 (classes 1, 2 and 3, with ids or without), or any csv or tsv.

Micro-F1 of the first two classes with `--limit 2000 --epochs 6 --backend jax`, seed 0: 1.000 on
generated texts; two to five minutes on a share of a core of an AMD EPYC.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import health
from modzoo.applications.health import HealthTrainingSettings, ModelSettings
from modzoo.knowledge.registry import source_names
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, HealthTrainingSettings):
    epochs: int = setting(3, "most epochs to train")
    sources: tuple[str, ...] = setting(
        ("token", "birth_defects", "pregnancy"),
        f"sources, one module each, of {', '.join(source_names())}",
    )
    min_count: int = setting(2, "occurrences a word needs to be in the vocabulary")


VARIANTS = {"paper": {"units": 256}}
EMBEDDED = {
    "epochs": 4,
    "sources": ("token", "invented:birth_defects"),
    "word_dropout": 0.5,
}
EXAMPLE = "our baby has a cleft palate , a stillbirth before ... we fear nothing now"


def load(data, split, settings):
    columns = settings.text_column, settings.label_column
    return health.load_birth_defects(data, split, *columns, settings.skip_unlabelled)


def main(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    train = train.limit(max(1, round(settings.share * len(train))))
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start, gazetteers=settings.gazetteers) if run.start else None
        model = health.build_classifier(settings, train, "tweets", start)
        run.say(health.cut_remarks(model, train.texts, validation.texts))
        steps = training.steps_per_epoch(train, settings.batch_size)
        learning_rate = keras.optimizers.schedules.CosineDecay(
            settings.learning_rate, settings.epochs * steps
        )
        model.compile(
            optimizer=health.adam(model, settings, learning_rate),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy"), training.MicroF1()],
            # Each length of batch is compiled anew: on TensorFlow that costs more than it gains.
            jit_compile=keras.backend.backend() == "jax",
        )
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(train, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=steps,
            validation_data=training.evaluation_batches(validation, 256),
            class_weight=training.class_weights(train, settings.class_balance),
            **run.fit_options(epochs_done, "val_micro_f1"),
        )
    best = run.load_model()
    health.save_plots(run, best, test, EXAMPLE)
    return run.save_evaluation(health.evaluate(best, test))
