import keras
from keras import ops

from modzoo.layers.precision import widened

SAMPLINGS = ("training", "always", "never")


@keras.saving.register_keras_serializable(package="modzoo")
class StraightThroughRouter(keras.layers.Layer):
    """Binary decisions from scores: an argmax on the way forward, a softmax on the way back.

    The scores come in pairs, `alpha_0` for leaving a route closed and `alpha_1` for opening it.
    With Gumbel noise `g` and the temperature `tau`,

        zeta = argmax_i(alpha_i + g_i)                                           (eq. 8)
        mu   = softmax((alpha + g) / tau)[1]                                     (eq. 9)

    the decision is `zeta`, and its gradient is that of `mu`: `mu (1 - mu) / tau` for
    `alpha_1`, and its negative for `alpha_0`. Ties stay closed. Only the differences
    `alpha_1 - alpha_0` matter, so one logistic number is drawn rather than two of Gumbel's,
    whose difference it is. `tau` is a weight, `temperature`, that does not train;
    `modzoo.training.TemperatureSchedule` lowers it from epoch to epoch. Decisions do not depend
    on it, gradients do.

    Args:
        temperature: Float above 0, at which `tau` begins. The paper begins at 100.
        sampling: When there is noise: in `"training"`, `"always"` or `"never"`.
        seed: Integer, seed of the noise.

    Call arguments:
        inputs: Tensor of shape `(..., 2 * num_routes)`: `alpha_0` and `alpha_1` of each route
            side by side.
        training: Whether to add noise with `sampling="training"`.

    Output shape: `(..., num_routes)`, each number 0 or 1.

    Raises:
        ValueError: If `temperature` is not above 0, `sampling` is unknown, or the width of the
            input is not even.

    Example:

    >>> scores = np.array([[0.0, 1.0, 0.0, -1.0]], "float32")
    >>> np.array(modzoo.layers.StraightThroughRouter()(scores))
    array([[1., 0.]], dtype=float32)

    References:
    - Xu et al., 2021, Multi-Task Recurrent Modular Networks, "Straight-Through Router"
    - [Jang et al., 2017](https://arxiv.org/abs/1611.01144)
    """

    def __init__(self, temperature=1.0, sampling="training", seed=None, **kwargs):
        super().__init__(**kwargs)
        if not temperature > 0:
            raise ValueError(f"`temperature` must be above 0. Received: temperature={temperature}.")
        if sampling not in SAMPLINGS:
            raise ValueError(
                f"`sampling` must be one of {SAMPLINGS}. Received: sampling={sampling!r}."
            )
        self.initial_temperature = temperature
        self.sampling = sampling
        self.seed = seed
        self.seed_generator = None if sampling == "never" else keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def build(self, input_shape=None):
        if input_shape is not None:
            self._num_routes(input_shape)
            self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_shape[-1]})
        self.temperature = self.add_weight(
            name="temperature",
            shape=(),
            initializer=keras.initializers.Constant(self.initial_temperature),
            trainable=False,
        )

    def _num_routes(self, input_shape):
        width = input_shape[-1]
        if width is None or width % 2:
            raise ValueError(
                "The last axis of the input must be known and hold pairs of scores. "
                f"Received: input_shape={tuple(input_shape)}."
            )
        return width // 2

    def call(self, inputs, training=False):
        shape = (*ops.shape(inputs)[:-1], self._num_routes(inputs.shape))
        closed, opened = ops.split(ops.reshape(inputs, (*shape, 2)), 2, axis=-1)
        scores = ops.reshape(opened - closed, shape)
        return self.decide(scores, self.draw(shape, training))

    def draw(self, shape, training):
        """Noise for scores of this shape, `g_1 - g_0`, or None where there is to be none."""
        if self.sampling == "never" or (self.sampling == "training" and not training):
            return None
        u = keras.random.uniform(shape, 1e-6, 1 - 1e-6, dtype="float32", seed=self.seed_generator)
        return ops.log(u) - ops.log(1 - u)

    def decide(self, scores, noise=None):
        """0 or 1 for each of the `scores`, `alpha_1 - alpha_0`, in their type."""
        noisy = widened(scores)
        if noise is not None:
            noisy = noisy + ops.cast(noise, noisy.dtype)
        soft = ops.sigmoid(noisy / ops.cast(self.temperature, noisy.dtype))
        hard = ops.cast(noisy > 0, noisy.dtype)
        return ops.cast(hard + (soft - ops.stop_gradient(soft)), scores.dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self._num_routes(input_shape))

    def get_config(self):
        return {
            **super().get_config(),
            "temperature": self.initial_temperature,
            "sampling": self.sampling,
            "seed": self.seed,
        }
