"""Pictures as sequences of colour codes: the codebook, and what it makes of pixels."""

import numpy as np

MAX_PIXELS = 200_000
AT_ONCE = 4096  # colours
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
    """The nearest colour of `codebook`, `(colors, 3)`, to each of uint8 `pixels`, `(..., 3)`, of
    several the first.

    Returns int32 `(...)`.
    """
    codebook = np.asarray(codebook, "float32")  # whole numbers, so that nothing is rounded
    lengths = (codebook**2).sum(-1)
    colors, places = _distinct(pixels)
    parts = np.array_split(colors.astype("float32"), -(-len(colors) // AT_ONCE) or 1)
    nearest = [(lengths - 2 * part @ codebook.T).argmin(-1) for part in parts]
    return np.concatenate(nearest)[places].reshape(pixels.shape[:-1]).astype("int32")


def _distinct(pixels):
    """The colours of `pixels`, `(colors, 3)`, and for each pixel the place of its own."""
    numbers, places = np.unique(pixels.reshape(-1, 3) @ PLACES, return_inverse=True)
    return (numbers[:, None] // PLACES % 256).astype("uint8"), places.ravel()


def decode(codes, codebook):
    """The colours of `codes`, uint8 `(..., 3)`."""
    return np.asarray(codebook, "uint8")[codes]
