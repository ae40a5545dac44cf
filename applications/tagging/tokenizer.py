import os
from collections import Counter

import keras
import keras_hub
import tensorflow as tf

from modzoo.applications.tagging.backbone import TaggingBackbone
from modzoo.knowledge import Characters, Tokens, normalize_tweet
from modzoo.knowledge.tokens import PADDING, UNKNOWN
from modzoo.training import FromPreset

STYLE = "tweets"  # of the form in which words are known


@keras.saving.register_keras_serializable(package="modzoo")
class CharacterTokenizer(FromPreset, keras_hub.tokenizers.Tokenizer):
    """Characters, that is Unicode code points, and their ids; those of frequent words too.

    The characters are an asset file, not configuration: a tokenizer made without them gets
    them when its preset or `.keras` file is loaded.

    Args:
        characters: String of the known characters.
        num_words: Integer, how many words have ids of their own too, `[PAD]` and `[UNK]` among
            them. Default: words have none.
        words: List of them, in the form in which `modzoo.knowledge.Tokens` knows words of
            tweets: in lower case, nobody's name. An asset file, as the characters.

    Call arguments:
        inputs: Words, a string tensor `(words,)`. Invalid UTF-8 is read as U+FFFD.

    Returns:
        Ragged integer tensor `(words, None)`; unknown characters are 1.
    """

    backbone_cls = TaggingBackbone

    def __init__(self, characters=None, num_words=0, words=None, **kwargs):
        super().__init__(**{"dtype": "int32", **kwargs})
        self.num_words = num_words
        self.table = None if characters is None else Characters(characters)
        self.words = Tokens(words) if num_words else None
        self.file_assets = ["characters.txt", *(self.words.assets if num_words else ())]
        if words is not None:
            self.words.prepare(STYLE)
        self.built = True

    @classmethod
    def learn(cls, sentences, min_count=1, min_word_count=None):
        """A tokenizer of the characters of `sentences`, lists of words, most frequent first.

        Args:
            sentences: List of lists of words.
            min_count: Integer, how often a character must occur to be known.
            min_word_count: Integer, how often a word must occur to have an id of its own.
                Default: none has.
        """
        counts = Counter(word for words in sentences for word in words)
        characters = Counter()
        for word, times in counts.items():
            for character, count in Counter(word).items():
                characters[character] += times * count
        characters = "".join(_most_frequent(characters, min_count))
        if min_word_count is None:
            return cls(characters)
        words = Counter()
        written = tf.constant(list(counts), tf.string)
        for word, times in zip(normalize_tweet(written).numpy(), counts.values(), strict=True):
            words[word.decode()] += times
        words = [PADDING, UNKNOWN, *_most_frequent(words, min_word_count)]
        return cls(characters, len(words), words)

    @property
    def characters(self):
        return None if self.table is None else self.table.characters

    @property
    def tables(self):
        """What looks things up: list of `tf.Module`."""
        return [self.table, self.words] if self.num_words else [self.table]

    def tokenize(self, inputs):
        return self.table(inputs)

    def word_ids(self, inputs):
        """Ids of words, strings of any shape: 0 of an empty one, 1 of an unknown one."""
        return tf.where(inputs == "", 0, self.words.ids(normalize_tweet(inputs)))

    def vocabulary_size(self):
        return self.table.size

    def save_assets(self, dir_path):
        path = os.path.join(dir_path, "characters.txt")
        with open(path, "w", encoding="ascii", newline="\n") as file:
            file.writelines(f"U+{ord(character):04X}\n" for character in self.characters)
        if self.num_words:
            self.words.save_assets(dir_path)

    def load_assets(self, dir_path):
        with open(os.path.join(dir_path, "characters.txt"), encoding="ascii") as file:
            self.table = Characters("".join(chr(int(line[2:], 16)) for line in file))
        if self.num_words:
            self.words.load_assets(dir_path)
            self.words.prepare(STYLE)

    def get_config(self):
        return {**super().get_config(), "num_words": self.num_words}


def _most_frequent(counts, least):
    """What occurs at least so often, the most frequent first."""
    return sorted((x for x in counts if counts[x] >= least), key=lambda x: (-counts[x], x))
