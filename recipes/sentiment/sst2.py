"""Sentiment of film reviews: tokens and sentiment lexica, each read by a module of its own.

A multi-input RIM with attention pooling (Bagherzadeh and Bergler, 2021), with word
embeddings trained from scratch.

    modzoo train sentiment/sst2
    modzoo train sentiment/sst2 --data SST-2
    modzoo train sentiment/sst2 --data reviews.csv --text-column text --label-column stars

Without `--data` it learns reviews generated from a grammar, whose test words never occur in
training: only the lexica tell their sentiment. With `--data` it reads GLUE's SST-2 folder
(train.tsv, dev.tsv), or any csv or tsv. The figures to expect are in the application's card.
"""

from dataclasses import dataclass

from modzoo.applications.sentiment.settings import SentimentSettings
from modzoo.recipes.sentiment._trained import disable, explain, predict  # noqa: F401
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(SentimentSettings):
    epochs: int = setting(1, "most epochs to train")


VARIANTS = {"paper": {"units": 256}}
EMBEDDED = {"epochs": 8, "lexicon_cell": "simple_rnn", "word_dropout": 0.5}

EXAMPLE = "the story is never dull , but the ending feels rather disappointing"


def main(config, run):
    import keras

    from modzoo.applications import sentiment
    from modzoo.explain import draw_history
    from modzoo.recipes import load_start
    from modzoo.training import epoch_batches, evaluation_batches, prepare, steps_per_epoch

    train = sentiment.load_reviews(run.data, "train", config)
    validation = sentiment.load_reviews(run.data, "validation", config)
    prepare(config)

    model = sentiment.build_classifier(config, train, "reviews", load_start(run))
    steps = steps_per_epoch(train, config.batch_size)
    learning_rate = keras.optimizers.schedules.CosineDecay(
        config.learning_rate, config.epochs * steps
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate, clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
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
        callbacks=run.callbacks("val_accuracy", config.patience),
        verbose=run.verbose,
    )
    best = run.load_model()
    run.save_plot("history", draw_history(run.history()))
    run.save_plot("modules", explain(best, EXAMPLE)[1])
    return run.save_metrics(*evaluate(best, config, run.data))


def evaluate(model, config, data, split=None, limit=None):
    from modzoo.applications import sentiment
    from modzoo.recipes.sentiment import _trained

    return _trained.evaluate(sentiment.load_reviews, model, config, data, split, limit)
