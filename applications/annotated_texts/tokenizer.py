import keras_hub
import tensorflow as tf

from modzoo import knowledge
from modzoo.errors import CallError
from modzoo.knowledge.styles import STYLES
from modzoo.training import FromPreset


class AnnotatedTextTokenizer(FromPreset, keras_hub.tokenizers.Tokenizer):
    """Words, and the knowledge sources that annotate them.

    The sources' data are asset files, not configuration: a tokenizer made without them gets
    them when its preset or `.keras` file is loaded.

    Args:
        sources: List of `modzoo.knowledge.Source`, their configurations or names, the tokens
            among them (see `modzoo.knowledge.make_sources`).
        style: How texts are split into words, and their words' normal form:
            `"reviews"`, edited English prose, or `"tweets"`.

    Call arguments:
        inputs: String tensor of shape `(batch,)`.

    Returns:
        Ragged integer tensor `(batch, None)` of word ids; words outside the vocabulary
        are 1. Where a language model reads the words there are no ids.

    Raises:
        ValueError: If the style is unknown, or the sources are not distinct or lack the tokens.
    """

    def __init__(self, sources, style="reviews", **kwargs):
        super().__init__(**{"dtype": "int32", **kwargs})
        if style not in STYLES:
            raise ValueError(f"`style` must be one of {list(STYLES)}. Received: style={style!r}.")
        self.sources = knowledge.distinct(sources)
        self.style = style
        self.tokens = next(source for source in self.sources if source.name == "token")
        self.file_assets = [file for source in self.sources for file in source.assets]
        if not self.missing:
            self._prepare()
        self.built = True
        self._refusal = None

    @property
    def missing(self):
        """Names of the sources that do not have their data yet."""
        return [source.name for source in self.sources if not source.is_loaded]

    @property
    def vocabulary(self):
        """The words; None where a language model reads them."""
        return getattr(self.tokens, "vocabulary", None)

    def vocabulary_size(self):
        return None if self.vocabulary is None else len(self.vocabulary)

    def tokenize(self, inputs):
        if self.vocabulary is None:
            raise ValueError("A language model reads the words, so that they have no ids.")
        words = knowledge.normal_words(tf.convert_to_tensor(inputs), self.style)
        return self.tokens.ids(words)

    def annotate(self, words):
        """What each source says of `modzoo.knowledge.Words`, `{name: (batch, time, ...)}`."""
        if self.missing:
            raise ValueError(
                f"The sources {', '.join(self.missing)} have no data yet; load the tokenizer from "
                "a preset, or make its sources with `modzoo.knowledge.make_sources`."
            )
        return {source.name: source.annotate(words) for source in self.sources}

    def save_assets(self, dir_path):
        for source in self.sources:
            source.save_assets(dir_path)

    def load_assets(self, dir_path):
        if dir_path is None and self._refusal is not None:
            raise self._refusal  # Keras comes again, by a way on which there are no files
        try:
            for source in self.sources:
                source.load_assets(dir_path)
        except CallError as error:
            self._refusal = error
            raise
        self._prepare()

    def _prepare(self):
        for source in self.sources:
            source.prepare(self.style)

    def get_config(self):
        return {
            **super().get_config(),
            "sources": [source.get_config() for source in self.sources],
            "style": self.style,
        }
