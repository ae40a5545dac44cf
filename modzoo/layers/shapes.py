"""What is checked of shapes before a backend would stumble over them."""

AXES = {2: ("batch", "time"), 3: ("batch", "time", "features")}


def check_shape(name, shape, expected, axes=None):
    """Raises where a known size of `shape` is not the `expected` one; None fits any size, and
    is called in the error as in `axes`, by default as in `AXES`."""
    shape, expected = tuple(shape), tuple(expected)
    sizes = zip(shape, expected, strict=False)
    fits = all(size == wanted or None in (size, wanted) for size, wanted in sizes)
    if len(shape) != len(expected) or not fits:
        axes = axes or AXES.get(len(expected), ("any",) * len(expected))
        wanted = (a if size is None else str(size) for size, a in zip(expected, axes, strict=True))
        raise ValueError(
            f"`{name}` must have the shape ({', '.join(wanted)}). Received: shape={shape}."
        )
