"""What is checked of shapes before a backend would stumble over them."""


def check_shape(name, shape, expected):
    """Raises where a known size of `shape` is not the `expected` one; None fits any size."""
    shape, expected = tuple(shape), tuple(expected)
    sizes = zip(shape, expected, strict=False)
    fits = all(size == wanted or None in (size, wanted) for size, wanted in sizes)
    if len(shape) != len(expected) or not fits:
        raise ValueError(f"`{name}` must have the shape {expected}. Received: shape={shape}.")
