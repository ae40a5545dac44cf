from modzoo.applications.annotated_texts import build
from modzoo.applications.sentiment.model import SentimentClassifier


def build_classifier(settings, train, style="reviews", start=None):
    """The `SentimentClassifier` that a recipe trains; arguments as in
    `annotated_texts.build.build_classifier`."""
    return build.build_classifier(SentimentClassifier, settings, train, style, start)
