"""What the application offers, by the class of the model: of masked text, or of judged texts."""

from modzoo.applications.pretraining import inference, judging
from modzoo.applications.pretraining.classifier import TIMBertClassifier
from modzoo.applications.pretraining.inference import draw as draw  # records are of one shape
from modzoo.applications.pretraining.settings import Options


def _of(model, masked, judged):
    return judged if isinstance(model, TIMBertClassifier) else masked


def evaluate(model, examples):
    """An `Evaluation`; see `inference.evaluate` and `judging.evaluate`."""
    return _of(model, inference, judging).evaluate(model, examples)


def predict(model, texts, options=Options()):
    """`Predictions`; see `inference.predict` and `judging.predict`."""
    return _of(model, inference, judging).predict(model, texts, options)


def explain(model, text, options=Options()):
    """A dictionary of JSON values; see `inference.explain` and `judging.explain`."""
    return _of(model, inference, judging).explain(model, text, options)


def servable(model):
    """A `Servable`; see `serving.servable` and `judging_serving.servable`."""
    from modzoo.applications.pretraining import judging_serving, serving

    return _of(model, serving, judging_serving).servable(model)
