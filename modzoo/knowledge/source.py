import functools

import keras
import tensorflow as tf

from modzoo.errors import CallError
from modzoo.knowledge.styles import normal_words


class Source(tf.Module):
    """Knowledge of words, as one module of a network reads it. The base of all kinds.

    A new kind is a subclass in a file of its own and a line in `registry.KINDS`. It has
    `annotate`, and as far as it needs them: `describe`; the data's `make`, `is_loaded`,
    `assets`, `save_assets` and `load_assets`; and `build`, for look-up tables. An attribute
    that is a table is exported with the source; containers are not looked into.

    Its data are files beside a model's weights, not configuration: a source made of its
    configuration gets them by `load_assets`.

    Args:
        name: The source's name, an ASCII identifier: names of files and inputs begin with it.

    Attributes:
        width: Integer, features of a word; None if the source gives ids, for an embedding.
        is_sparse: Whether the source is silent, the zero vector, at most words. Its last
            feature is then 1 where it speaks.
        is_category: Whether it says of a word that it belongs to a category, 1, or not, 0, which
            the network embeds.
        is_loaded: Whether the source has its data.
        assets: List of the names of the files that hold them.
        style: The style that `prepare` was called with, else None.
    """

    width = None
    is_sparse = False
    is_category = False
    is_loaded = True
    assets = ()

    def __init__(self, name):
        if not isinstance(name, str) or not (name.isidentifier() and name.isascii()):
            raise CallError(f"A source's name must be a plain word; received {name!r}.")
        super().__init__(name=name)
        self.style = None

    def __setattr__(self, name, value):
        # tf.Module would wrap containers, in look-alikes that json and C code misread.
        if isinstance(value, (dict, list, tuple)):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @classmethod
    def make(cls, name, material):
        """The source `name` with its data, of a `Material`."""
        return cls(name)

    def input(self):
        """The `keras.Input` for what `annotate` returns."""
        return keras.Input((None, self.width), dtype="float32", name=self.name)

    def embedding(self):
        """The layer from the input and a padding mask to vectors of the words that the network
        is to train; None if it embeds ids itself, or the input is such vectors."""
        return None

    def prepare(self, style):
        """Makes a source with data ready to annotate words in the normal form of `style`."""
        if self.style not in (None, style):
            raise ValueError(
                f"The source {self.name!r} is prepared for {self.style} already; make another "
                f"for {style}."
            )
        self.style = style
        self.build(functools.partial(normal_words, style=style))

    def build(self, split):
        """Makes look-up tables.

        Args:
            split: Function from strings `(batch,)` to their words in normal form, ragged.
        """

    def annotate(self, words):
        """What is known of each word, in core TensorFlow ops, whatever Keras' backend.

        Args:
            words: `Words`.

        Returns:
            Float tensor `(batch, time, width)`, zeros at padding.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `annotate`.")

    def describe(self, words):
        """What is known of each word, for people: for each text a list along `time`, None where
        the source is silent. None if there is nothing to show."""
        return None

    def save_assets(self, folder):
        """Writes the files `assets`."""

    def load_assets(self, folder):
        """Reads the files `assets`; what is no such file is a CallError."""

    def get_config(self):
        """The source without its data, as JSON values."""
        return {"kind": type(self).__name__, "name": self.name}

    @classmethod
    def from_config(cls, config):
        """A source of `get_config` without its kind; the name alone may be given."""
        return cls(**config)
