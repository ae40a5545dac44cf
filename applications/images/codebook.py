"""Pictures as sequences of colour codes: the codebook, and what it makes of pixels."""

import numpy as np

MAX_PIXELS = 200_000
PLACES = np.array([1 << 16, 1 << 8, 1], "uint32")  # a colour as one number


def learn_codebook(pixels, num_colors, seed=0):
    """The colours that stand best for those of `pixels`: k-means, from dark to bright.

    Where there are no more than `num_colors` colours, they are the codebook.

    Args:
        pixels: uint8 `(..., 3)`.
        num_colors: Integer, at most so many.
        seed: Integer; k-means reads `MAX_PIXELS` pixels drawn by it.

    Returns:
        uint8 `(colors, 3)`.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    colors = _distinct(pixels)[0]
    if len(colors) > num_colors:
        pixels = pixels.reshape(-1, 3)
        if len(pixels) > MAX_PIXELS:
            chosen = np.random.default_rng(seed).choice(len(pixels), MAX_PIXELS, replace=False)
            pixels = pixels[chosen]
        with threadpool_limits(1):  # several threads add up in any order
            means = KMeans(num_colors, n_init=1, random_state=seed).fit(pixels.astype("float32"))
        colors = np.unique(np.round(means.cluster_centers_).astype("uint8"), axis=0)
    brightness = colors @ np.array([0.299, 0.587, 0.114])
    return colors[np.argsort(brightness, kind="stable")]


def encode(pixels, codebook):
    """The nearest colour of `codebook`, `(colors, 3)`, to each of uint8 `pixels`, `(..., 3)`.

    Returns int32 `(...)`.
    """
    from scipy.spatial import KDTree

    colors, places = _distinct(pixels)
    nearest = KDTree(np.asarray(codebook, "float64")).query(colors.astype("float64"))[1]
    return nearest[places].reshape(pixels.shape[:-1]).astype("int32")


def _distinct(pixels):
    """The colours of `pixels`, `(colors, 3)`, and for each pixel the place of its own."""
    numbers, places = np.unique(pixels.reshape(-1, 3) @ PLACES, return_inverse=True)
    return (numbers[:, None] // PLACES % 256).astype("uint8"), places.ravel()


def decode(codes, codebook):
    """The colours of `codes`, uint8 `(..., 3)`."""
    return np.asarray(codebook, "uint8")[codes]
