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

import functools
from dataclasses import dataclass

import numpy as np

from modzoo.applications.sentiment.settings import SentimentSettings
from modzoo.errors import CallError
from modzoo.recipes.sentiment import _common
from modzoo.recipes.sentiment._common import (  # noqa: F401
    EMBEDDED,
    VARIANTS,
    disable,
    explain,
    predict,
)
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


EXAMPLE = "@ann the new album is NOT bad at all :) but the queue was awful #neverAgain"


def load(data, split, config):
    from modzoo.applications import sentiment

    return sentiment.load_tweets(data, split, config)


def metrics(model):
    from modzoo.training import MacroRecall

    return ["accuracy", MacroRecall(model.num_classes)]


def class_weights(examples, balance):
    """Weights of the classes in the loss: macro-averaged recall asks as much of a rare one."""
    counts = np.bincount(examples.labels, minlength=len(examples.label_names))
    weights = (len(examples) / np.maximum(counts, 1) / len(counts)) ** balance
    return dict(enumerate(weights.tolist()))


def main(config, run):
    weights = functools.partial(class_weights, balance=config.class_balance)
    return _common.train(config, run, load, "tweets", metrics, EXAMPLE, weights)


def evaluate(model, config, data, split=None, limit=None):
    return _common.evaluate(load, model, config, data, split, limit)
