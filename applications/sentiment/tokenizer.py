import os
from collections import Counter

import keras
import keras_hub
import tensorflow as tf

from modzoo.applications.sentiment.backbone import SentimentBackbone
from modzoo.applications.sentiment.sources import TAG_SOURCE
from modzoo.knowledge import Lexicon, load_lexicon, normal_words, score_table
from modzoo.training import FromPreset

PADDING, UNKNOWN = "[PAD]", "[UNK]"


@keras.saving.register_keras_serializable(package="modzoo")
class SentimentTokenizer(FromPreset, keras_hub.tokenizers.Tokenizer):
    """Words, their ids, and the lexica and the tagger that annotate them.

    Vocabulary, lexica and tagger are asset files, not configuration: a tokenizer made without
    them gets them when its preset or `.keras` file is loaded. A lexicon that an installed
    package carries is taken from there, and no copy is saved.

    Args:
        vocabulary: List of words in their normal form, `[PAD]` and `[UNK]` first.
        lexica: List of `modzoo.knowledge.Lexicon`.
        style: How texts are split into words, and their words' normal form:
            `"reviews"`, edited English prose, or `"tweets"`.
        lexicon_names: Names of the lexica, where these come later as assets.
        packaged: Those among `lexicon_names` that come from a package.
        tag_source: `modzoo.applications.tagging.TagSource` of the source `"pos"`, if there is one.
        tagged: Whether there is one, where it comes later as an asset.

    Call arguments:
        inputs: String tensor of shape `(batch,)`.

    Returns:
        Ragged integer tensor `(batch, None)` of word ids; words outside the vocabulary
        are 1.
    """

    backbone_cls = SentimentBackbone

    def __init__(
        self,
        vocabulary=None,
        lexica=(),
        style="reviews",
        lexicon_names=(),
        packaged=(),
        tag_source=None,
        tagged=False,
        **kwargs,
    ):
        super().__init__(**{"dtype": "int32", **kwargs})
        self.style = style
        self.lexicon_names = list(lexicon_names) or [lexicon.name for lexicon in lexica]
        self.packaged = list(packaged) or [lexicon.name for lexicon in lexica if lexicon.packaged]
        copied = [name for name in self.lexicon_names if name not in self.packaged]
        self.tagged = tagged or tag_source is not None
        self.tag_source = tag_source
        self.file_assets = ["vocabulary.txt", *(f"{name}.tsv" for name in copied)]
        self.file_assets += [TAG_SOURCE] if self.tagged else []
        self.vocabulary = None
        if vocabulary is not None:
            self._set_tables(vocabulary, lexica)

    @classmethod
    def learn(cls, texts, lexica=(), style="reviews", min_count=1, max_size=None, tag_source=None):
        """A tokenizer whose vocabulary is the words of `texts`, most frequent first.

        Args:
            texts: List of strings.
            lexica: List of `modzoo.knowledge.Lexicon`.
            style: `"reviews"` or `"tweets"`.
            min_count: Integer, how often a word must occur to have an id of its own.
            max_size: Integer, number of words kept. Default: all.
            tag_source: `TagSource`, or None.
        """
        words = normal_words(tf.constant(texts, tf.string), style)
        counts = Counter(word.decode() for word in words.flat_values.numpy())
        kept = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
        return cls([PADDING, UNKNOWN, *kept[:max_size]], lexica, style, tag_source=tag_source)

    def words(self, text):
        """The words of `text`, `(batch,)`, in their normal form, a ragged string tensor."""
        return normal_words(text, self.style)

    def _set_tables(self, vocabulary, lexica):
        self.vocabulary = list(vocabulary)
        self.lexica = {lexicon.name: lexicon for lexicon in lexica}
        with tf.init_scope():
            self.ids = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(
                    tf.constant(self.vocabulary), tf.range(len(self.vocabulary))
                ),
                self.vocabulary.index(UNKNOWN),
            )
        self.scores = {
            name: score_table(lexicon, self.words) for name, lexicon in self.lexica.items()
        }

    def tokenize(self, inputs):
        return self.ids.lookup(self.words(tf.convert_to_tensor(inputs)))

    def vocabulary_size(self):
        return len(self.vocabulary)

    def save_assets(self, dir_path):
        path = os.path.join(dir_path, "vocabulary.txt")
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(word + "\n" for word in self.vocabulary)
        for name, lexicon in self.lexica.items():
            if name not in self.packaged:
                lexicon.save(os.path.join(dir_path, f"{name}.tsv"))
        if self.tag_source is not None:
            self.tag_source.save(os.path.join(dir_path, TAG_SOURCE))

    def load_assets(self, dir_path):
        with open(os.path.join(dir_path, "vocabulary.txt"), encoding="utf-8") as file:
            vocabulary = file.read().split("\n")[:-1]
        lexica = [
            load_lexicon(name)
            if name in self.packaged
            else Lexicon.load(name, os.path.join(dir_path, f"{name}.tsv"))
            for name in self.lexicon_names
        ]
        if self.tagged:
            from modzoo.applications.tagging import TagSource

            self.tag_source = TagSource.load(os.path.join(dir_path, TAG_SOURCE))
        self._set_tables(vocabulary, lexica)

    def get_config(self):
        return {
            **super().get_config(),
            "style": self.style,
            "lexicon_names": self.lexicon_names,
            "packaged": self.packaged,
            "tagged": self.tagged,
        }
