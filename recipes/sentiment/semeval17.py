"""Sentiment of tweets: negative, neutral or positive, by macro-averaged recall.

A multi-input RIM with attention pooling (Bagherzadeh and Bergler, 2021) over the words of
tweets and the lexica that know them.

    modzoo train sentiment/semeval17
    modzoo train sentiment/semeval17 --data SEMEVAL --lexica LEXICA --sources token,afinn,mpqa,nrc
    modzoo train sentiment/semeval17 --data tweeteval/emotion

With `--data` it reads SemEval-2017 task 4A (twitter-*-A.tsv; 2016devtest is the test),
a folder in TweetEval's layout, or any csv or tsv; without, generated reviews of three
classes.

Macro recall on 2016devtest, means of seeds 0 to 2: 0.551, and 0.558 with
`--sources token,afinn,mpqa,nrc`; about two minutes on two cores of an AMD EPYC.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import sentiment
from modzoo.applications.sentiment import ModelSettings, TextTrainingSettings
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, TextTrainingSettings):
    epochs: int = setting(1, "most epochs to train")
    class_balance: float = setting(1.0, "0: each tweet weighs alike, 1: each class does")
    embedding_dropout: float = setting(0.5, "dropout of the word embedding")
    min_count: int = setting(2, "occurrences a word needs to be in the vocabulary")

    def __post_init__(self):
        super().__post_init__()
        self.require_from_to(0, 1, "class_balance")


VARIANTS = {"paper": {"units": 256}}
EMBEDDED = {"epochs": 8, "lexicon_cell": "simple_rnn", "word_dropout": 0.5}
EXAMPLE = "@ann the new album is NOT bad at all :) but the queue was awful #neverAgain"
METRIC = "macro_recall"


def load(data, split, settings):
    columns = settings.text_column, settings.label_column
    return sentiment.load_tweets(data, split, *columns, settings.skip_unlabelled)


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
                training.MacroRecall(model.num_classes),
            ],
            # Each length of batch is compiled anew: on TensorFlow that costs more than it gains.
            jit_compile=keras.backend.backend() == "jax",
        )
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(train, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=steps,
            validation_data=training.evaluation_batches(validation, 256),
            class_weight=training.class_weights(train, settings.class_balance),
            **run.fit_options(epochs_done, "val_macro_recall"),
        )
    best = run.load_model()
    sentiment.save_plots(run, best, test, EXAMPLE)
    return run.save_evaluation(sentiment.evaluate(best, test))
