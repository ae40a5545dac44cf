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
    epochs: int = setting(3, "most epochs to train")


EXAMPLE = "@ann the new album is NOT bad at all :) but the queue was awful #neverAgain"


def load(data, split, config):
    from modzoo.applications import sentiment

    return sentiment.load_scored(data, split, config)


def metrics(model):
    from modzoo.applications import sentiment
    from modzoo.training import ScoreCosine

    return ["accuracy", ScoreCosine(sentiment.class_scores(model.labels))]


def main(config, run):
    return _common.train(config, run, load, "tweets", metrics, EXAMPLE)


def evaluate(model, config, data, split=None, limit=None):
    return _common.evaluate(load, model, config, data, split, limit)
