import keras
import keras_hub
import numpy as np

from modzoo.applications.images.pixel_embedding import PixelEmbedding, initializer
from modzoo.layers import TIMEncoder
from modzoo.training import FromPreset


@keras.saving.register_keras_serializable(package="modzoo")
class ImageTransformer(FromPreset, keras_hub.models.Backbone):
    """Image-GPT of competing mechanisms: generates a picture pixel by pixel, row by row.

    A decoder-only Transformer in GPT-2's order (norms before the maps, one more behind the last
    layer), of `TIMEncoder`'s layers, over colour codes. With `num_mechanisms=1` it is an
    ordinary one, the baseline of the paper.

    Args:
        codebook: The colours of the codes, integers `(colors, 3)` in `[0, 255]`.
        image_size: Pair of integers, height and width of a picture in pixels.
        num_layers: Integer, number of layers.
        width: Integer, width of the states.
        num_heads: Integer, heads of the attention over the pixels.
        num_mechanisms: Integer, number of mechanisms (the paper's `n_s`); 1: none.
        plain_layers: Layers that are ordinary, as `TIMEncoder`'s.
        competition: Whether the mechanisms compete.
        dropout: Float in `[0, 1)`, as `TIMBlock`'s.
        sides: Names of what stands side by side in a picture, all of one width.
        disabled: Mechanisms that are switched off, as `TIMEncoder`'s.
        dtype: Policy of computations and weights.

    Inputs: codes, integers `(batch, height * width)`, row by row.
    Outputs: float32 logits, `(batch, height * width, colors)`, of each pixel given all those
        before it; so `fit(codes, codes)`.

    Example:

    >>> model = ImageTransformer([[0, 0, 0], [255, 255, 255]], (8, 8), 4, 32, 4)
    >>> model(np.zeros((1, 64), "int32")).shape
    (1, 64, 2)
    >>> ImageTransformer.from_preset("images_mnist_cifar").generate(4).shape
    (4, 14, 28)

    Reference:
    - [Lamb et al., 2021, Transformers with Competitive Ensembles of Independent
      Mechanisms](https://arxiv.org/abs/2103.00336), section 4.1 and appendix A.1
    """

    def __init__(
        self,
        codebook,
        image_size,
        num_layers=6,
        width=200,
        num_heads=10,
        num_mechanisms=2,
        plain_layers=(0, 1, -1),
        competition=True,
        dropout=0.0,
        sides=("picture",),
        disabled=(),
        dtype=None,
        **kwargs,
    ):
        if not sides or image_size[1] % len(sides):
            raise ValueError(
                "The width of a picture must be divisible by the number of `sides`. "
                f"Received: image_size={tuple(image_size)}, sides={list(sides)}."
            )
        codebook = np.asarray(codebook).astype(int).tolist()
        height, image_width = image_size
        num_pixels = height * image_width

        # === Layers ===
        self.embedding = PixelEmbedding(
            len(codebook), num_pixels, width, dtype=dtype, name="embedding"
        )
        self.encoder = TIMEncoder(
            num_layers,
            4 * width,
            num_heads,
            num_mechanisms,
            plain_layers=plain_layers if num_mechanisms > 1 else range(num_layers),
            competition=competition,
            causal=True,
            dropout=dropout,
            attention_dropout=dropout,
            activation="gelu",
            kernel_initializer=initializer(),
            normalize_first=True,
            return_decisions=True,
            disabled=disabled,
            dtype=dtype,
            name="encoder",
        )
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6, dtype=dtype, name="norm")
        self.logits = keras.layers.Dense(
            len(codebook),
            use_bias=False,
            kernel_initializer=initializer(),
            dtype="float32",
            name="logits",
        )

        # === Functional model ===
        codes = keras.Input((num_pixels,), dtype="int32", name="codes")
        states, decisions = self.encoder(self.embedding(codes))
        super().__init__(
            inputs=codes, outputs=self.logits(self.norm(states)), dtype=dtype, **kwargs
        )

        # === Config ===
        self.codebook = codebook
        self.image_size = (height, image_width)
        self.num_layers = num_layers
        self.width = width
        self.num_heads = num_heads
        self.num_mechanisms = num_mechanisms
        self.plain_layers = tuple(plain_layers)
        self.competition = competition
        self.dropout = dropout
        self.sides = list(sides)
        self._decisions = decisions["competition"]

    @property
    def mechanism_layers(self):
        """Indices of the layers of competing mechanisms."""
        return self.encoder.mechanism_layers

    def decisions_model(self):
        """A model of the same weights that returns logits and competition.

        Its outputs are a dictionary of `"logits"` and `"competition"`, a list of one tensor
        `(batch, height * width, num_mechanisms)` for each of `mechanism_layers`, of which there
        must be one.
        """
        competition = list(self._decisions)  # without Keras' wrapper, which JAX cannot return
        return keras.Model(self.input, {"logits": self.output, "competition": competition})

    def generate(self, num_samples=None, start=None, temperature=1.0, seed=0):
        """Generates pictures; see `modzoo.applications.images.generate`."""
        from modzoo.applications.images.generation import generate

        return generate(self, num_samples, start, temperature, seed)

    def get_config(self):
        return {
            **super().get_config(),
            "codebook": self.codebook,
            "image_size": self.image_size,
            "num_layers": self.num_layers,
            "width": self.width,
            "num_heads": self.num_heads,
            "num_mechanisms": self.num_mechanisms,
            "plain_layers": self.plain_layers,
            "competition": self.competition,
            "dropout": self.dropout,
            "sides": self.sides,
            "disabled": [list(m) if isinstance(m, tuple) else m for m in self.encoder.disabled],
        }
