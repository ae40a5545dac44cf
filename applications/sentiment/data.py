from modzoo.applications.annotated_texts.reading import load_texts
from modzoo.data.review_grammar import SIZES, generate_reviews
from modzoo.data.semeval import load_scores, load_semeval17
from modzoo.data.splits import require_split
from modzoo.data.sst2 import load_sst2
from modzoo.data.tweeteval import is_tweeteval, load_tweeteval
from modzoo.errors import CallError, some_of
from modzoo.knowledge.polarity import class_scores


def load_reviews(data, split=None, text_column=None, label_column=None, skip_unlabelled=False):
    """Labelled reviews: GLUE's SST-2, a csv or tsv, or reviews generated from a grammar.

    Args:
        data: The data folder, or the csv or tsv file. None: generated.
        split: Name of the split. None: the last labelled one.
        text_column: Name of the column of texts in a csv or tsv. Default: `"text"`.
        label_column: Name of the column of labels. Default: `"label"`.
        skip_unlabelled: Whether rows of a csv or tsv without a label are left out.

    Returns:
        `modzoo.data.examples.TextExamples`.
    """
    own = text_column, label_column, skip_unlabelled
    return load_texts(data, split, own, load_sst2, _generated(2))


def load_tweets(data, split=None, text_column=None, label_column=None, skip_unlabelled=False):
    """Labelled tweets: SemEval-2017 4A, the TweetEval layout, a csv or tsv, or generated
    reviews of three classes. Arguments as in `load_reviews`."""
    own = text_column, label_column, skip_unlabelled
    return load_texts(data, split, own, _load_published_tweets, _generated(3))


def load_scored(data, split=None, text_column=None, label_column=None, skip_unlabelled=False):
    """Texts with a score each, a class of its own: SemEval-2015 11, SemEval-2016 4CE, a csv
    or tsv, or generated reviews of five classes. Arguments as in `load_reviews`."""
    own = text_column, label_column, skip_unlabelled
    examples = load_texts(data, split, own, load_scores, _generated(5))
    if class_scores(examples.label_names) is None:
        raise CallError(
            f"{examples.source} needs at least three classes that are numbers, to be scores; "
            f"found {some_of(examples.label_names)}."
        )
    return examples


def _load_published_tweets(folder, split):
    return (load_tweeteval if is_tweeteval(folder) else load_semeval17)(folder, split)


def _generated(classes):
    def generate(split):
        from modzoo.knowledge import load_lexicon

        split = require_split(split or "test", SIZES, "The generated corpus")
        return generate_reviews(load_lexicon("afinn").scores, split, classes=classes)

    return generate
