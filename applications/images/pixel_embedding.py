import keras
from keras import ops


@keras.saving.register_keras_serializable(package="modzoo")
class PixelEmbedding(keras.layers.Layer):
    """What stands before each pixel, and where: the sum of a colour's and a place's vector.

    Args:
        num_colors: Integer, number of colour codes.
        num_pixels: Integer, places of a picture.
        width: Integer, width of the vectors.

    Input: codes `(batch, num_pixels)`. Output: `(batch, num_pixels, width)`, at each place the
        vector of the pixel before it; before the first one stands a start code.
    """

    def __init__(self, num_colors, num_pixels, width, **kwargs):
        super().__init__(**kwargs)
        self.num_colors = num_colors
        self.num_pixels = num_pixels
        self.width = width
        self.color = self._vectors(num_colors + 1, "color")
        self.place = self._vectors(num_pixels, "place")

    def _vectors(self, count, name):
        # An initialiser each: one for both would draw the same vectors twice.
        return keras.layers.Embedding(
            count, self.width, initializer(), dtype=self.dtype_policy, name=name
        )

    def build(self, input_shape):
        self.color.build(input_shape)
        self.place.build((self.num_pixels,))

    def call(self, codes):
        return self.embed(ops.concatenate([self.start(codes), codes[:, :-1]], axis=1))

    def start(self, codes):
        """The start code, `(batch, 1)`, for a batch of codes."""
        return ops.full_like(codes[:, :1], self.num_colors)

    def embed(self, before, first=0):
        """Vectors of places from `first` on, before which stand the codes `(batch, places)`."""
        places = ops.arange(before.shape[1], dtype="int32") + first
        return self.color(before) + self.place(places)

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.width)

    def get_config(self):
        return {
            **super().get_config(),
            "num_colors": self.num_colors,
            "num_pixels": self.num_pixels,
            "width": self.width,
        }


def initializer():
    """GPT-2's."""
    return keras.initializers.RandomNormal(stddev=0.02)
