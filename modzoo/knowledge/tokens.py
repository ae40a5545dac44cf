import os
from collections import Counter

import keras
import tensorflow as tf

from modzoo.errors import CallError
from modzoo.files import read_lines
from modzoo.knowledge.lookup import LookupTable
from modzoo.knowledge.source import Source
from modzoo.knowledge.styles import normal_words

PADDING, UNKNOWN = "[PAD]", "[UNK]"


class Tokens(Source):
    """The words themselves, as ids of a vocabulary, for an embedding that the network trains.

    Args:
        vocabulary: List of words in their normal form, `[PAD]` and `[UNK]` first.
        name: The source's name.
    """

    assets = ("vocabulary.txt",)

    def __init__(self, vocabulary=None, name="token"):
        super().__init__(name)
        self.vocabulary = None if vocabulary is None else _checked(vocabulary, "The vocabulary")

    @classmethod
    def make(cls, name, material):
        """The vocabulary of the texts, or the language model that stands for it."""
        if material.token is not None:
            return material.token
        return cls.learn(material.texts, material.style, material.min_count, name)

    @classmethod
    def learn(cls, texts, style="reviews", min_count=1, name="token"):
        """The words of `texts`, most frequent first.

        Args:
            texts: List of strings.
            style: `"reviews"` or `"tweets"`.
            min_count: Integer, how often a word must occur to have an id of its own.
            name: The source's name.
        """
        words = normal_words(tf.constant(texts, tf.string), style)
        counts = Counter(word.decode() for word in words.flat_values.numpy())
        kept = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
        return cls([PADDING, UNKNOWN, *kept], name)

    @property
    def is_loaded(self):
        return self.vocabulary is not None

    def input(self):
        return keras.Input((None,), dtype="int32", name=self.name)

    def build(self, split):
        ids = range(len(self.vocabulary))
        self.table = LookupTable("vocabulary", self.vocabulary, ids, self.vocabulary.index(UNKNOWN))

    def ids(self, words):
        """Ids of words in their normal form, a string tensor of any shape, dense or ragged."""
        return self.table.lookup(words)

    def annotate(self, words):
        """Ids, integers `(batch, time)`: 0 at padding, 1 at words outside the vocabulary."""
        return tf.where(words.normal == "", 0, self.ids(words.normal))

    def save_assets(self, folder):
        path = os.path.join(folder, *self.assets)
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(word + "\n" for word in self.vocabulary)

    def load_assets(self, folder):
        path = os.path.join(folder, *self.assets)
        self.vocabulary = _checked([word for _, word in read_lines(path, blank=True)], path)


def _checked(vocabulary, place):
    vocabulary = list(vocabulary)
    if vocabulary[:2] != [PADDING, UNKNOWN] or len(set(vocabulary)) != len(vocabulary):
        raise CallError(
            f"{place} must hold distinct words, {PADDING} and {UNKNOWN} first; "
            f"received {len(vocabulary)} that begin with {vocabulary[:3]}."
        )
    return vocabulary
