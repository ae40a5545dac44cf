"""Scores of figurative and plain tweets, from very negative to very positive, by cosine.

A multi-input RIM with attention pooling (Bagherzadeh and Bergler, 2021), one class a score;
the measure is the cosine between gold scores and the means of the predicted ones.

    modzoo train sentiment/scores
    modzoo train sentiment/scores --data SEMEVAL-CE
    modzoo train sentiment/scores --data scored.csv --text-column text --label-column score

With `--data` it reads SemEval-2015 task 11 (-5..5) or SemEval-2016 task 4CE (-2..2), or any csv
or tsv of whole scores; without, generated reviews of five classes.

Cosine on SemEval-2016 4CE's devtest, mean of seeds 0 to 2: 0.636; about a minute on two cores
of an AMD EPYC.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import sentiment
from modzoo.applications.sentiment import ModelSettings, TextTrainingSettings
from modzoo.knowledge import class_scores
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, TextTrainingSettings):
    epochs: int = setting(3, "most epochs to train")


VARIANTS = {"paper": {"units": 256}}
EMBEDDED = {"epochs": 8, "lexicon_cell": "simple_rnn", "word_dropout": 0.5}
EXAMPLE = "@ann the new album is NOT bad at all :) but the queue was awful #neverAgain"
METRIC = "cosine"


def load(data, split, settings):
    columns = settings.text_column, settings.label_column
    return sentiment.load_scored(data, split, *columns, settings.skip_unlabelled)


def main(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = sentiment.build_classifier(settings, train, "tweets", start)
        run.say(sentiment.cut_remarks(model, train.texts, validation.texts))
        steps = training.steps_per_epoch(train, settings.batch_size)
        learning_rate = keras.optimizers.schedules.CosineDecay(
            settings.learning_rate, settings.epochs * steps
        )
        model.compile(
            optimizer=sentiment.adam(model, settings, learning_rate),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=[
                keras.metrics.SparseCategoricalAccuracy("accuracy"),
                training.ScoreCosine(class_scores(model.labels)),
            ],
            # Each length of batch is compiled anew: on TensorFlow that costs more than it gains.
            jit_compile=keras.backend.backend() == "jax",
        )
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(train, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=steps,
            validation_data=training.evaluation_batches(validation, 256),
            **run.fit_options(epochs_done, "val_cosine"),
        )
    best = run.load_model()
    sentiment.save_plots(run, best, test, EXAMPLE)
    return run.save_evaluation(sentiment.evaluate(best, test))
