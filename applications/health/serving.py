from modzoo.applications.annotated_texts import serving
from modzoo.applications.health import EXAMPLE


def servable(model):
    """A classifier as `modzoo.serving.Servable` (see `annotated_texts.serving.servable`)."""
    return serving.servable(model, EXAMPLE)
