"""Sentiment of tweets: negative, neutral or positive, by macro-averaged recall.

A multi-input RIM with attention pooling (Bagherzadeh and Bergler, 2021) over the words of
tweets and the lexica that know them.

    modzoo train sentiment/semeval17
    modzoo train sentiment/semeval17 --data SEMEVAL --lexica LEXICA --sources token,afinn,mpqa,nrc
    modzoo train sentiment/semeval17 --data tweeteval/emotion

With `--data` it reads SemEval-2017 task 4A (twitter-*-A.tsv; 2016devtest is the test),
a folder in TweetEval's layout, or any csv or tsv; without, generated reviews of three
classes. The figures to expect are in the application's card.
"""

from dataclasses import dataclass

from modzoo.applications.sentiment.settings import SentimentSettings
from modzoo.recipes.sentiment._trained import disable, explain, predict  # noqa: F401
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(SentimentSettings):
    epochs: int = setting(4, "most epochs to train")


VARIANTS = {"paper": {"units": 256}}

EXAMPLE = "the story is never dull , but the ending feels rather disappointing"


def main(config, run):
    import keras

    from modzoo.applications import sentiment
    from modzoo.explain import draw_history
    from modzoo.recipes import load_start
    from modzoo.training import (
        MacroRecall,
        epoch_batches,
        evaluation_batches,
        prepare,
        steps_per_epoch,
    )

    train = sentiment.load_tweets(run.data, "train", config)
    validation = sentiment.load_tweets(run.data, "validation", config)
    prepare(config)

    model = sentiment.build_classifier(config, train, "tweets", load_start(run))
    steps = steps_per_epoch(train, config.batch_size)
    learning_rate = keras.optimizers.schedules.CosineDecay(
        config.learning_rate, config.epochs * steps
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate, clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy", MacroRecall(model.num_classes)],
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
        callbacks=run.callbacks("val_macro_recall", config.patience),
        verbose=run.verbose,
    )
    best = run.load_model()
    run.save_plot("history", draw_history(run.history()))
    run.save_plot("modules", explain(best, EXAMPLE)[1])
    return run.save_metrics(*evaluate(best, config, run.data))


def evaluate(model, config, data, split=None, limit=None):
    from modzoo.applications import sentiment
    from modzoo.recipes.sentiment import _trained

    return _trained.evaluate(sentiment.load_tweets, model, config, data, split, limit)
