import keras
from keras import ops

from modzoo.layers.multi_task_names import ROUTINGS
from modzoo.layers.route_policy import RoutePolicy

SCORES = {"all": 1.0, "random": 0.0}
SAMPLINGS = {"all": "never", "random": "always"}


def policies_of(routing, num_readers, *settings, **options):
    """The layer that scores the routes of a `routing`: `RoutePolicy`, or `FixedRoutes`.

    Args:
        routing: `"learned"`, `"all"` or `"random"`.
        num_readers: Integer.
        settings: Arguments of `RoutePolicy` after `num_readers`.
        options: `dtype` and `name`.

    Raises:
        ValueError: If there is no such `routing`.
    """
    if routing not in ROUTINGS:
        raise ValueError(f"`routing` must be one of {ROUTINGS}. Received: routing={routing!r}.")
    if routing == "learned":
        return RoutePolicy(num_readers, *settings, **options)
    return FixedRoutes(num_readers, routing, **options)


class FixedRoutes(keras.layers.Layer):
    """Scores of routes that nothing decides, the controls of `modzoo.layers.RoutedEncoder`.

    It stands in the place of a `RoutePolicy` and has no weights. With `routing="all"` every score
    is above 0, so that without noise all routes are open; with `"random"` it is 0, so that with
    noise each is open half of the time.
    """

    def __init__(self, num_readers, routing, **kwargs):
        super().__init__(**kwargs)
        self.num_readers = num_readers
        self.score = SCORES[routing]

    def build(self, input_shape):
        pass

    def compare(self, sources, context=None):
        """As `RoutePolicy.compare`."""
        num_sources, rows = len(sources), ops.shape(sources[0])[0]
        return ops.full((num_sources, self.num_readers, rows), self.score, self.compute_dtype)
