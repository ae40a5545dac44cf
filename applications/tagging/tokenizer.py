import os
from collections import Counter

import keras
import keras_hub

from modzoo.applications.tagging.backbone import TaggingBackbone
from modzoo.knowledge import Characters
from modzoo.training import FromPreset


@keras.saving.register_keras_serializable(package="modzoo")
class CharacterTokenizer(FromPreset, keras_hub.tokenizers.Tokenizer):
    """Characters, that is Unicode code points, and their ids.

    The characters are an asset file, not configuration: a tokenizer made without them gets
    them when its preset or `.keras` file is loaded.

    Args:
        characters: String of the known characters.

    Call arguments:
        inputs: Words, a string tensor `(words,)`. Invalid UTF-8 is read as U+FFFD.

    Returns:
        Ragged integer tensor `(words, None)`; unknown characters are 1.
    """

    backbone_cls = TaggingBackbone

    def __init__(self, characters=None, **kwargs):
        super().__init__(**{"dtype": "int32", **kwargs})
        self.file_assets = ["characters.txt"]
        self.table = None if characters is None else Characters(characters)
        self.built = True

    @classmethod
    def learn(cls, sentences, min_count=1):
        """A tokenizer of the characters of `sentences`, lists of words, most frequent first."""
        counts = Counter()
        for word, times in Counter(word for words in sentences for word in words).items():
            for character, count in Counter(word).items():
                counts[character] += times * count
        kept = [c for c in counts if counts[c] >= min_count]
        return cls("".join(sorted(kept, key=lambda c: (-counts[c], c))))

    @property
    def characters(self):
        return None if self.table is None else self.table.characters

    def tokenize(self, inputs):
        return self.table(inputs)

    def vocabulary_size(self):
        return self.table.size

    def save_assets(self, dir_path):
        path = os.path.join(dir_path, "characters.txt")
        with open(path, "w", encoding="ascii", newline="\n") as file:
            file.writelines(f"U+{ord(character):04X}\n" for character in self.characters)

    def load_assets(self, dir_path):
        with open(os.path.join(dir_path, "characters.txt"), encoding="ascii") as file:
            self.table = Characters("".join(chr(int(line[2:], 16)) for line in file))
