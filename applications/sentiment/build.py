from modzoo.applications.sentiment.backbone import SentimentBackbone
from modzoo.applications.sentiment.classifier import SentimentClassifier
from modzoo.applications.sentiment.preprocessor import SentimentPreprocessor
from modzoo.applications.sentiment.sources import LEXICA, load_lexica, load_tag_source
from modzoo.applications.sentiment.tokenizer import SentimentTokenizer


def build_classifier(config, train, style="reviews", start=None):
    """The classifier that a recipe trains.

    Args:
        config: `SentimentSettings`.
        train: `TextExamples` whose words and classes it is to know.
        style: How texts are split into words, `"reviews"` or `"tweets"`.
        start: `SentimentClassifier` to train further. It keeps its words, lexica and weights;
            its last layer too if the classes are the same.
    """
    if start is not None:
        return _with_classes(start, train.label_names)
    lexica = load_lexica(config.sources, config.lexica, train, style)
    tokenizer = SentimentTokenizer.learn(
        train.texts,
        lexica,
        style,
        min_count=config.min_count,
        tag_source=load_tag_source(config.sources),
    )
    backbone = SentimentBackbone(
        tokenizer.vocabulary_size(),
        sources=config.sources,
        num_active=config.num_active,
        cell=[
            config.lexicon_cell if source in LEXICA else config.token_cell
            for source in config.sources
        ],
        units=config.units,
        embedding_dim=config.embedding_dim,
        embedding_dropout=config.embedding_dropout,
        dropout=config.dropout,
        word_dropout=config.word_dropout,
    )
    return SentimentClassifier(
        backbone,
        num_classes=len(train.label_names),
        preprocessor=SentimentPreprocessor(tokenizer),
        labels=train.label_names,
        max_pooling=config.max_pooling,
    )


def _with_classes(start, labels):
    if start.labels == list(labels):
        return start
    model = SentimentClassifier(
        start.backbone,
        len(labels),
        start.preprocessor,
        labels,
        dropout=start.dropout,
        max_pooling=start.max_pooling,
    )
    model.pooling.set_weights(start.pooling.get_weights())
    return model
