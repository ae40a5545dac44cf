import keras
import keras_hub

from modzoo.applications.sentiment.sources import ANNOTATION_DIMS, LEXICA
from modzoo.applications.sentiment.word_dropout import AnnotatedWordDropout
from modzoo.layers import RIM
from modzoo.training import FromPreset


@keras.saving.register_keras_serializable(package="modzoo")
class SentimentBackbone(FromPreset, keras_hub.models.Backbone):
    """A multi-input RIM over tokens and the sources that annotate them.

    Each source is read by a module of its own: tokens through a trained embedding, a
    lexicon as its score of each token and whether it has one, parts of speech as vectors.

    Args:
        vocabulary_size: Integer, number of word ids.
        sources: List of source names, one module each: `"token"`, lexica, `"pos"`.
        num_active: Integer, modules active at each step. Default: all.
        units: Integer, width of each module's state.
        embedding_dim: Integer, width of the word embedding.
        cell: The modules' kind, or a list of one for each, as `RIM`'s `cell`.
        num_heads: Integer, heads of the communication between modules.
        embedding_dropout: Float, dropout of the word embedding.
        dropout: Float, dropout of what modules read of their input and of each other.
        word_dropout: Float, share of the words that some lexicon annotates whose embedding
            is hidden in training (see `AnnotatedWordDropout`).
        dtype: Policy of computations and weights.

    Inputs: dictionary of `"token"`, `(batch, time)`; a float tensor `(batch, time, 2)` for
        each lexicon; `(batch, time, 20)` for `"pos"`; `"padding_mask"`, `(batch, time)`.
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
        dtype=None,
        **kwargs,
    ):
        # === Layers ===
        self.token_embedding = keras.layers.Embedding(
            vocabulary_size, embedding_dim, dtype=dtype, name="token_embedding"
        )
        self.embedding_dropout_layer = keras.layers.Dropout(
            embedding_dropout, dtype=dtype, name="embedding_dropout"
        )
        self.word_dropout_layer = AnnotatedWordDropout(
            word_dropout, dtype=dtype, name="word_dropout"
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
            dtype=dtype,
            name="rim",
        )

        # === Functional model ===
        inputs = {
            name: keras.Input((None, ANNOTATION_DIMS[name]), dtype="float32", name=name)
            for name in sources
            if name != "token"
        }
        inputs["token"] = keras.Input((None,), dtype="int32", name="token")
        inputs["padding_mask"] = keras.Input((None,), dtype="bool", name="padding_mask")
        embedded = self.embedding_dropout_layer(self.token_embedding(inputs["token"]))
        lexica = [inputs[name] for name in sources if name in LEXICA]
        if lexica:
            annotated = sum(lexicon[..., -1] for lexicon in lexica)
            embedded = self.word_dropout_layer(embedded, annotated)
        features = [embedded if name == "token" else inputs[name] for name in sources]
        sequence, decisions = self.rim(
            features if len(features) > 1 else features[0], mask=inputs["padding_mask"]
        )
        super().__init__(
            inputs=inputs, outputs={"sequence": sequence, **decisions}, dtype=dtype, **kwargs
        )

        # === Config ===
        self.vocabulary_size = vocabulary_size
        self.sources = list(sources)
        self.num_active = self.rim.num_active
        self.units = units
        self.embedding_dim = embedding_dim
        self.cell = self.rim.cell
        self.num_heads = num_heads
        self.embedding_dropout = embedding_dropout
        self.dropout = dropout
        self.word_dropout = word_dropout

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "sources": self.sources,
            "num_active": self.num_active,
            "units": self.units,
            "embedding_dim": self.embedding_dim,
            "cell": self.cell,
            "num_heads": self.num_heads,
            "embedding_dropout": self.embedding_dropout,
            "dropout": self.dropout,
            "word_dropout": self.word_dropout,
        }
