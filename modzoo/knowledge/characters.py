import tensorflow as tf

from modzoo.knowledge.lookup import LookupTable

PADDING, UNKNOWN, FIRST = 0, 1, 2  # ids


class Characters(tf.Module):
    """Characters, that is Unicode code points, and their ids.

    Args:
        characters: String of the known characters.
        name: Name of their `LookupTable`.

    Call arguments:
        words: Strings `(words,)`. Invalid UTF-8 is read as U+FFFD.

    Returns:
        Ragged integers `(words, None)`; unknown characters are 1, padding is 0.
    """

    def __init__(self, characters, name="characters"):
        super().__init__(name=name)
        self.characters = characters
        self.size = FIRST + len(characters)
        points = tf.constant([ord(c) for c in characters], tf.int32)
        self.table = LookupTable(name, points, tf.range(len(characters)) + FIRST, UNKNOWN)

    def __call__(self, words):
        return self.table.lookup(tf.strings.unicode_decode(words, "UTF-8"))
