from modzoo.applications.annotated_texts import build
from modzoo.applications.health.model import HealthClassifier


def build_classifier(settings, train, style="reviews", start=None):
    """The `HealthClassifier` that a recipe trains; arguments as in
    `annotated_texts.build.build_classifier`."""
    return build.build_classifier(HealthClassifier, settings, train, style, start)
