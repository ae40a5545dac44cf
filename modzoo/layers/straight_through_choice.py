import keras
from keras import ops

from modzoo.layers.precision import widened
from modzoo.layers.straight_through_router import StraightThroughRouter


class StraightThroughChoice(StraightThroughRouter):
    """One of several, chosen as `StraightThroughRouter` decides between two.

    With scores `alpha`, Gumbel noise `g` and the temperature `tau`, on the way forward a one-hot
    `argmax(alpha + g)`, the first of equals, and on the way back `softmax((alpha + g) / tau)`.
    """

    def draw(self, shape, training):
        """Noise for scores of this shape, or None where there is to be none."""
        if self.sampling == "never" or (self.sampling == "training" and not training):
            return None
        u = keras.random.uniform(shape, 1e-6, 1 - 1e-6, dtype="float32", seed=self.seed_generator)
        return -ops.log(-ops.log(u))

    def decide(self, scores, noise=None):
        """One-hot choices along the last axis of the `scores`, in their type."""
        noisy = widened(scores)
        if noise is not None:
            noisy = noisy + ops.cast(noise, noisy.dtype)
        soft = ops.softmax(noisy / ops.cast(self.temperature, noisy.dtype), axis=-1)
        hard = ops.one_hot(ops.argmax(noisy, axis=-1), noisy.shape[-1], dtype=noisy.dtype)
        return ops.cast(hard + (soft - ops.stop_gradient(soft)), scores.dtype)
