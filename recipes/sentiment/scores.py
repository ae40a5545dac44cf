"""Scores of figurative and plain tweets, from very negative to very positive, by cosine.

A multi-input RIM with attention pooling (Bagherzadeh and Bergler, 2021), one class a score;
the measure is the cosine between gold scores and the means of the predicted ones.

    modzoo train sentiment/scores
    modzoo train sentiment/scores --data SEMEVAL-CE
    modzoo train sentiment/scores --data scored.csv --text-column text --label-column score

With `--data` it reads SemEval-2015 task 11 (-5..5) or SemEval-2016 task 4CE (-2..2), or any csv
or tsv of whole scores; without, generated reviews of five classes. The figures to expect are
in the application's card.
"""

from dataclasses import dataclass

from modzoo.applications.sentiment.settings import SentimentSettings
from modzoo.recipes.sentiment._trained import disable, explain, predict  # noqa: F401
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(SentimentSettings):
    epochs: int = setting(3, "most epochs to train")


VARIANTS = {"paper": {"units": 256}}
EMBEDDED = {"epochs": 8, "lexicon_cell": "simple_rnn", "word_dropout": 0.5}

EXAMPLE = "@ann the new album is NOT bad at all :) but the queue was awful #neverAgain"


def main(config, run):
    import keras

    from modzoo.applications import sentiment
    from modzoo.explain import draw_history
    from modzoo.recipes import load_start
    from modzoo.training import (
        ScoreCosine,
        epoch_batches,
        evaluation_batches,
        prepare,
        steps_per_epoch,
    )

    train = sentiment.load_scored(run.data, "train", config)
    validation = sentiment.load_scored(run.data, "validation", config)
    prepare(config)

    model = sentiment.build_classifier(config, train, "tweets", load_start(run))
    steps = steps_per_epoch(train, config.batch_size)
    learning_rate = keras.optimizers.schedules.CosineDecay(
        config.learning_rate, config.epochs * steps
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate, clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy", ScoreCosine(sentiment.class_scores(model.labels))],
        # Each length of batch is compiled anew: on TensorFlow that costs more than it gains.
        jit_compile=keras.backend.backend() == "jax",
    )
    epochs_done = run.restore(model)
    model.fit(
        epoch_batches(train, config.batch_size, config.seed, epochs_done),
        steps_per_epoch=steps,
        initial_epoch=epochs_done,
        epochs=config.epochs,
        validation_data=evaluation_batches(validation)[0],
        shuffle=False,
        callbacks=run.callbacks("val_cosine", config.patience),
        verbose=run.verbose,
    )
    best = run.load_model()
    run.save_plot("history", draw_history(run.history()))
    run.save_plot("modules", explain(best, EXAMPLE)[1])
    return run.save_metrics(*evaluate(best, config, run.data))


def evaluate(model, config, data, split=None, limit=None):
    from modzoo.applications import sentiment
    from modzoo.recipes.sentiment import _trained

    return _trained.evaluate(sentiment.load_scored, model, config, data, split, limit)
