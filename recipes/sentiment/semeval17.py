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

import numpy as np

from modzoo.applications.sentiment.settings import SentimentSettings
from modzoo.errors import CallError
from modzoo.recipes.sentiment._trained import disable, explain, predict  # noqa: F401
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(SentimentSettings):
    epochs: int = setting(1, "most epochs to train")
    class_balance: float = setting(1.0, "0: each tweet weighs alike, 1: each class does")
    embedding_dropout: float = setting(0.5, "dropout of the word embedding", "model")
    min_count: int = setting(2, "occurrences a word needs to be in the vocabulary", "model")

    def __post_init__(self):
        super().__post_init__()
        if not 0 <= self.class_balance <= 1:
            raise CallError(
                f"--class-balance must be between 0 and 1, received {self.class_balance}."
            )


VARIANTS = {"paper": {"units": 256}}
EMBEDDED = {"epochs": 8, "lexicon_cell": "simple_rnn", "word_dropout": 0.5}

EXAMPLE = "@ann the new album is NOT bad at all :) but the queue was awful #neverAgain"


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
        class_weight=class_weights(train, config.class_balance),
        callbacks=run.callbacks("val_macro_recall", config.patience),
        verbose=run.verbose,
    )
    best = run.load_model()
    run.save_plot("history", draw_history(run.history()))
    run.save_plot("modules", explain(best, EXAMPLE)[1])
    return run.save_metrics(*evaluate(best, config, run.data))


def class_weights(examples, balance):
    """Weights of the classes in the loss: macro-averaged recall asks as much of a rare one."""
    counts = np.bincount(examples.labels, minlength=len(examples.label_names))
    weights = (len(examples) / np.maximum(counts, 1) / len(counts)) ** balance
    return dict(enumerate(weights.tolist()))


def evaluate(model, config, data, split=None, limit=None):
    from modzoo.applications import sentiment
    from modzoo.recipes.sentiment import _trained

    return _trained.evaluate(sentiment.load_tweets, model, config, data, split, limit)
