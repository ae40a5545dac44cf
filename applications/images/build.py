import numpy as np

from modzoo.applications.images.codebook import learn_codebook
from modzoo.applications.images.data import fit_side
from modzoo.applications.images.model import ImageTransformer


def build_model(config, pictures):
    """A new model with the codebook of `pictures`, a list of `Pictures`, one for each side.

    The codebook is learned from as many pictures of each side.
    """
    count = min(map(len, pictures))
    pixels = np.concatenate([fit_side(part.limit(count), config.side) for part in pictures])
    return ImageTransformer(
        learn_codebook(pixels, config.colors, config.seed),
        (config.side, config.side * len(pictures)),
        num_layers=config.layers,
        width=config.width,
        num_heads=config.heads,
        num_mechanisms=config.mechanisms,
        plain_layers=config.plain_indices,
        competition=not config.no_competition,
        dropout=config.dropout,
    )
