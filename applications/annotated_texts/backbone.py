import keras
import keras_hub
from keras import ops

from modzoo import knowledge
from modzoo.applications.annotated_texts.category_embedding import CategoryEmbedding
from modzoo.applications.annotated_texts.settings import SILENT_SOURCES
from modzoo.applications.annotated_texts.word_dropout import AnnotatedWordDropout
from modzoo.layers import RIM
from modzoo.training import FromPreset


class AnnotatedTextBackbone(FromPreset, keras_hub.models.Backbone):
    """A multi-input RIM over tokens and the sources that annotate them.

    An application registers a subclass.

    Each source is read by a module of its own: tokens through a trained embedding or a language
    model, gazetteers through rows of one table, others as they annotate each token.

    Args:
        vocabulary_size: Integer, number of word ids; None where a language model reads the words.
        sources: List of `modzoo.knowledge.Source`, their configurations or names, the tokens
            among them; one module each.
        num_active: Integer, modules active at each step. Default: all.
        units: Integer, width of each module's state.
        embedding_dim: Integer, width of the word embedding.
        cell: The modules' kind, or a list of one for each, as `RIM`'s `cell`.
        num_heads: Integer, heads of the communication between modules.
        embedding_dropout: Float, dropout of the word embedding or the language model's vectors.
        dropout: Float, dropout of what modules read of their input and of each other.
        word_dropout: Float, share of the words that some sparse source annotates whose
            embedding is hidden in training (see `AnnotatedWordDropout`).
        silent_sources: What the module of a sparse source does at a word of which the source
            says nothing: it reads a zero vector, the `"null"` input, with the weight 0.5 (the
            paper); or it is `"idle"` and leaves the active places to the others, so that fewer
            than `num_active` may be active.
        category_dim: Integer, width of the vectors of gazetteers' categories.
        zero_none: Whether a word that is in no gazetteer is the zero vector, not a learned one.
        disabled: Indices of modules that are switched off, as `RIM`'s.
        dtype: Policy of computations and weights.

    Inputs: dictionary of `"token"`, ids `(batch, time)`, or what a language model has in their
        place; `(batch, time, source.width)` for each other source, under its name; and
        `"padding_mask"`, `(batch, time)`.
    Outputs: dictionary of `"sequence"`, `(batch, time, len(sources) * units)`, and
        `"activity"` and `"attention"` of the modules, `(batch, time, len(sources))`.

    Reference:
    - Bagherzadeh and Bergler, 2021, Multi-input Recurrent Independent Mechanisms for
      leveraging knowledge sources
    """

    def __init__(
        self,
        vocabulary_size,
        sources=("token", "afinn", "vader"),
        num_active=None,
        units=64,
        embedding_dim=64,
        cell="lstm",
        num_heads=1,
        embedding_dropout=0.0,
        dropout=0.1,
        word_dropout=0.5,
        silent_sources="null",
        category_dim=20,
        zero_none=False,
        disabled=(),
        dtype=None,
        **kwargs,
    ):
        sources = knowledge.distinct(sources)
        if silent_sources not in SILENT_SOURCES:
            raise ValueError(
                f"`silent_sources` must be one of {SILENT_SOURCES}. "
                f"Received: silent_sources={silent_sources!r}."
            )
        # === Layers ===
        tokens = next(source for source in sources if source.name == "token")
        self.language_model = tokens.embedding()
        if tokens.width is None and self.language_model is None:
            self.token_embedding = keras.layers.Embedding(
                vocabulary_size, embedding_dim, dtype=dtype, name="token_embedding"
            )
        self.embedding_dropout_layer = keras.layers.Dropout(
            embedding_dropout, dtype=dtype, name="embedding_dropout"
        )
        self.word_dropout_layer = None
        if any(source.is_sparse for source in sources):
            self.word_dropout_layer = AnnotatedWordDropout(
                word_dropout, dtype=dtype, name="word_dropout"
            )
        categories = [source.name for source in sources if source.is_category]
        self.category_embedding = None
        if categories:
            self.category_embedding = CategoryEmbedding(
                len(categories), category_dim, zero_none, dtype=dtype, name="category_embedding"
            )
        self.rim = RIM(
            len(sources),
            units,
            num_active,
            cell=cell,
            communication=len(sources) > 1,
            num_heads=num_heads,
            dropout=dropout,
            communication_dropout=dropout,
            return_sequences=True,
            return_decisions=True,
            disabled=disabled,
            dtype=dtype,
            name="rim",
        )

        # === Functional model ===
        inputs = {source.name: source.input() for source in sources}
        inputs["padding_mask"] = keras.Input((None,), dtype="bool", name="padding_mask")
        embedded = self.embedding_dropout_layer(
            self._embedded(tokens, inputs["token"], inputs["padding_mask"])
        )
        sparse = [inputs[source.name] for source in sources if source.is_sparse]
        if self.word_dropout_layer is not None:
            embedded = self.word_dropout_layer(embedded, sum(x[..., -1] for x in sparse))
        features = {**inputs, "token": embedded}
        if self.category_embedding is not None:
            vectors = self.category_embedding([inputs[name] for name in categories])
            features.update(zip(categories, vectors, strict=True))
        features = [features[source.name] for source in sources]
        masks = inputs["padding_mask"]
        if sparse and silent_sources == "idle":
            masks = [
                ops.logical_and(masks, inputs[source.name][..., -1] > 0)
                if source.is_sparse
                else masks
                for source in sources
            ]
        sequence, decisions = self.rim(features if len(features) > 1 else features[0], mask=masks)
        super().__init__(
            inputs=inputs, outputs={"sequence": sequence, **decisions}, dtype=dtype, **kwargs
        )

        # === Config ===
        self.vocabulary_size = vocabulary_size
        self.sources = sources
        self.num_active = self.rim.num_active
        self.units = units
        self.embedding_dim = embedding_dim
        self.cell = self.rim.cell
        self.num_heads = num_heads
        self.embedding_dropout = embedding_dropout
        self.dropout = dropout
        self.word_dropout = word_dropout
        self.silent_sources = silent_sources
        self.category_dim = category_dim
        self.zero_none = zero_none

    def _embedded(self, tokens, x, mask):
        """The vectors of the words, of what the source of tokens gives."""
        if self.language_model is not None:
            return self.language_model(x, mask)
        return x if tokens.width is not None else self.token_embedding(x)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "sources": [source.get_config() for source in self.sources],
            "num_active": self.num_active,
            "units": self.units,
            "embedding_dim": self.embedding_dim,
            "cell": self.cell,
            "num_heads": self.num_heads,
            "embedding_dropout": self.embedding_dropout,
            "dropout": self.dropout,
            "word_dropout": self.word_dropout,
            "silent_sources": self.silent_sources,
            "category_dim": self.category_dim,
            "zero_none": self.zero_none,
            "disabled": list(self.rim.disabled),
        }
