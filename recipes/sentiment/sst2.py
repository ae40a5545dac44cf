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


EXAMPLE = "the story is never dull , but the ending feels rather disappointing"


def load(data, split, config):
    from modzoo.applications import sentiment

    return sentiment.load_reviews(data, split, config)


def metrics(model):
    import keras

    return [keras.metrics.SparseCategoricalAccuracy("accuracy")]


def main(config, run):
    return _common.train(config, run, load, "reviews", metrics, EXAMPLE)


def evaluate(model, config, data, split=None, limit=None):
    return _common.evaluate(load, model, config, data, split, limit)
