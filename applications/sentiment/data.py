from pathlib import Path

from modzoo.applications.sentiment.sources import class_scores
from modzoo.data.review_grammar import SIZES, generate_reviews
from modzoo.data.semeval import load_scores, load_semeval17
from modzoo.data.sst2 import load_sst2
from modzoo.data.tables import LayoutError
from modzoo.data.text_table import SUFFIXES, load_text_table
from modzoo.data.tweeteval import load_tweeteval
from modzoo.errors import CallError
from modzoo.knowledge.lexicon import load_lexicon


def load_reviews(data, split, config):
    """Labelled reviews: GLUE's SST-2, a csv or tsv, or reviews generated from a grammar.

    Args:
        data: The data folder, or the csv or tsv file. None: generated.
        split: Name of the split. None: the last labelled one.
        config: `SentimentSettings`.
    """
    return _load(data, split, config, load_sst2, classes=2)


def load_tweets(data, split, config):
    """Labelled tweets: SemEval-2017 4A, the TweetEval layout, a csv or tsv, or generated
    reviews of three classes. Arguments as in `load_reviews`."""
    return _load(data, split, config, _load_published_tweets, classes=3)


def load_scored(data, split, config):
    """Texts with a score each, a class of its own: SemEval-2015 11, SemEval-2016 4CE, a csv
    or tsv, or generated reviews of five classes. Arguments as in `load_reviews`."""
    examples = _load(data, split, config, load_scores, classes=5)
    if class_scores(examples.label_names) is None:
        raise CallError(
            f"{examples.source} needs at least three classes that are numbers, to be scores; "
            f"found {', '.join(examples.label_names)}."
        )
    return examples


def _load_published_tweets(folder, split):
    tweeteval = Path(folder, "mapping.txt").is_file()
    return (load_tweeteval if tweeteval else load_semeval17)(folder, split)


def _load(data, split, config, load_published, classes):
    if data is None:
        return _generate(split or "test", classes)
    own = config.text_column or config.label_column
    if own or Path(data).is_file() or Path(data).suffix.lower() in SUFFIXES:
        columns = config.text_column or "text", config.label_column or "label"
        return load_text_table(data, split, *columns)
    try:
        return load_published(data, split)
    except LayoutError as error:
        raise CallError(
            f"{error} Tables of your own are read with --text-column and --label-column."
        ) from error


def _generate(split, classes):
    if split not in SIZES:
        raise CallError(f"The generated corpus has no split {split!r}; it has: {', '.join(SIZES)}.")
    return generate_reviews(load_lexicon("afinn").scores, split, classes=classes)
