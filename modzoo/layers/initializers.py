"""Initialisers of block weights: every block is drawn by itself, with its own fans."""

import contextlib
import contextvars
import functools

import keras
from keras import ops

_undrawn = contextvars.ContextVar("undrawn", default=False)


@contextlib.contextmanager
def undrawn():
    """The scope in which block weights begin as zeros: those of a model that is about to be read
    need no draw, which JAX compiles anew for each shape."""
    token = _undrawn.set(True)
    try:
        yield
    finally:
        _undrawn.reset(token)


def _drawn(initialize):
    @functools.wraps(initialize)
    def initialize_or_not(shape, dtype=None):
        return ops.zeros(shape, dtype) if _undrawn.get() else initialize(shape, dtype)

    return initialize_or_not


def _fresh(initializer, index):
    """A copy of `initializer` whose draw differs from block to block."""
    config = initializer.get_config()
    if isinstance(config.get("seed"), int):
        return type(initializer).from_config({**config, "seed": config["seed"] + index})
    return initializer.clone()


def _draw_blocks(initializer, shapes, dtype):
    # Drawn in float32 at least: there is no orthogonal matrix in half precision.
    drawn_dtype = "float32" if dtype in ("float16", "bfloat16") else dtype
    initializer = keras.initializers.get(initializer)
    if isinstance(initializer, keras.initializers.Initializer):
        blocks = [_fresh(initializer, i)(shape, drawn_dtype) for i, shape in enumerate(shapes)]
    else:
        blocks = [initializer(shape, dtype=drawn_dtype) for shape in shapes]
    return blocks if drawn_dtype == dtype else [ops.cast(block, dtype) for block in blocks]


def stacked(initializer):
    """Initialises a weight `(num_blocks, ...)` block by block along its first axis."""

    @_drawn
    def initialize(shape, dtype=None):
        return ops.stack(_draw_blocks(initializer, [shape[1:]] * shape[0], dtype))

    return initialize


def stacked_columns(initializer, columns):
    """Initialises a weight `(num_blocks, rows, sum(columns))` by column blocks of blocks."""

    @_drawn
    def initialize(shape, dtype=None):
        shapes = [(*shape[1:-1], n) for _ in range(shape[0]) for n in columns]
        drawn, each = _draw_blocks(initializer, shapes, dtype), len(columns)
        blocks = [drawn[i : i + each] for i in range(0, len(drawn), each)]
        return ops.stack([ops.concatenate(block, axis=-1) for block in blocks])

    return initialize


def row_blocks(initializer, rows):
    """Initialises a weight `(sum(rows), ...)` whose row blocks belong to different modules."""

    @_drawn
    def initialize(shape, dtype=None):
        return ops.concatenate(
            _draw_blocks(initializer, [(n, *shape[1:]) for n in rows], dtype), axis=0
        )

    return initialize


def column_blocks(initializer, columns):
    """Initialises a weight `(rows, sum(columns))` whose column blocks belong to different tasks."""

    @_drawn
    def initialize(shape, dtype=None):
        return ops.concatenate(
            _draw_blocks(initializer, [(*shape[:-1], n) for n in columns], dtype), axis=-1
        )

    return initialize
