import keras
import numpy as np

from modzoo.applications.images.codebook import learn_codebook
from modzoo.applications.images.model import ImageTransformer
from modzoo.data.pictures import resize
from modzoo.errors import CallError


def build_model(settings, pictures, sides, start=None):
    """The model that a recipe trains.

    Args:
        settings: The application's `ModelSettings`, with a `seed`.
        pictures: `SideBySide` from which a new model's codebook is learned, from as many
            pictures of each side.
        sides: Names of the sides.
        start: `ImageTransformer` to train further.
    """
    resolution = settings.resolution
    size = (resolution, resolution * len(sides))
    if start is not None:
        if start.image_size != size:
            raise CallError(
                f"The model to train further is of {start.image_size[0]} x {start.image_size[1]} "
                f"pixels, and the pictures are of {size[0]} x {size[1]}."
            )
        return start
    parts = pictures.limit(len(pictures)).parts
    pixels = np.concatenate([resize(part.pixels, resolution, resolution) for part in parts])
    return ImageTransformer(
        learn_codebook(pixels, settings.num_colors, settings.seed),
        size,
        num_layers=settings.num_layers,
        width=settings.width,
        num_heads=settings.num_heads,
        num_mechanisms=settings.num_mechanisms,
        plain_layers=settings.plain_indices,
        competition=settings.competition,
        dropout=settings.dropout,
        sides=sides,
    )


def adam(settings, steps):
    """minGPT's optimizer: an epoch of warm-up, then a cosine to a tenth.

    Args:
        settings: `ImageTrainingSettings`.
        steps: Integer, steps of an epoch.
    """
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(1, (settings.epochs - 1) * steps),
        alpha=0.1,
        warmup_target=settings.learning_rate,
        warmup_steps=steps,
    )
    return keras.optimizers.Adam(rate, beta_2=0.95, global_clipnorm=1.0)
