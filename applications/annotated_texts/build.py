from modzoo.applications.annotated_texts.language_model import make_ready, token_source
from modzoo.knowledge import Material, make_sources


def build_classifier(model_class, settings, train, style="reviews", start=None):
    """The classifier that a recipe trains.

    Args:
        model_class: Subclass of `AnnotatedTextClassifier`.
        settings: `AnnotatedTextSettings`.
        train: `TextExamples` whose words and classes it is to know.
        style: How texts are split into words, `"reviews"` or `"tweets"`.
        start: Classifier of the class to train further. It keeps its words, sources and weights;
            its last layer too if the classes are the same.
    """
    if start is not None:
        model = _with_classes(start, train.label_names)
        make_ready(model, settings)
        return model
    material = Material(
        train.texts,
        train.labels,
        train.label_names,
        style,
        settings.min_count,
        {"lexica": settings.lexica, "gazetteers": settings.gazetteers},
        token_source(settings),
    )
    sources = make_sources(settings.sources, material)
    compete = settings.num_active not in (None, len(sources))
    preprocessor_class = model_class.preprocessor_cls
    tokenizer = preprocessor_class.tokenizer_cls(sources, style)
    backbone = model_class.backbone_cls(
        tokenizer.vocabulary_size(),
        sources=sources,
        num_active=settings.num_active,
        cell=[
            settings.lexicon_cell if source.is_sparse else settings.token_cell for source in sources
        ],
        units=settings.units,
        embedding_dim=settings.embedding_dim,
        embedding_dropout=settings.embedding_dropout,
        dropout=settings.dropout,
        word_dropout=settings.word_dropout,
        silent_sources=settings.silent_sources or ("idle" if compete else "null"),
        category_dim=settings.category_dim,
        zero_none=settings.zero_none,
    )
    model = model_class(
        backbone,
        num_classes=len(train.label_names),
        preprocessor=preprocessor_class(tokenizer, settings.max_length),
        labels=train.label_names,
        max_pooling=settings.max_pooling,
    )
    make_ready(model, settings)
    return model


def _with_classes(start, labels):
    if start.labels == list(labels):
        return start
    model = type(start)(
        start.backbone,
        len(labels),
        start.preprocessor,
        labels,
        dropout=start.dropout,
        max_pooling=start.max_pooling,
    )
    model.pooling.set_weights(start.pooling.get_weights())
    return model
