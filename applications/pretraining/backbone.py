import keras
import keras_hub
from keras import ops

from modzoo.layers import TIMEncoder
from modzoo.training import FromPreset


def embeddings_initializer():
    """Of all embeddings, as in BERT."""
    return keras.initializers.TruncatedNormal(stddev=0.02)


def kernel_initializer(hidden_dim):
    """Of all maps: as in BERT at its width, 768, and what keeps the variance of their products at
    others."""
    return keras.initializers.TruncatedNormal(stddev=0.02 * (768 / hidden_dim) ** 0.5)


@keras.saving.register_keras_serializable(package="modzoo")
class TIMBertBackbone(FromPreset, keras_hub.models.Backbone):
    """BERT with layers of competing mechanisms: token ids in, a state for each token out.

    Embeddings of tokens and places are added and normalised, and a `TIMEncoder` reads them, both
    ways. There are no segments: a separator divides the sentences of a pair, as in RoBERTa. With
    one mechanism it is BERT.

    Args:
        vocabulary_size: Integer, number of token ids.
        num_layers: Integer, layers of the encoder.
        num_heads: Integer, heads of each layer.
        hidden_dim: Integer, width of the states.
        intermediate_dim: Integer, width of the feed-forward maps.
        num_mechanisms: Integer, mechanisms of the layers that have some; 1: no layer has.
        plain_layers: Indices of the layers that are ordinary; negative ones count from the end.
        competition: Whether the mechanisms compete; without, it is the paper's "TIM-NoComp".
        communication: Whether the mechanisms read from each other.
        max_sequence_length: Integer, most tokens of a sequence.
        dropout: Float, dropout of embeddings, maps and attention.
        activation: Activation of the feed-forward maps.
        distance_bias: Whether heads attend less to what stands further off (see `TIMBlock`).
        normalize_first: Whether norms stand before the maps, and one behind the last layer, rather
            than behind the maps, as in BERT.
        disabled: Mechanisms that are switched off, as `TIMEncoder`'s.
        dtype: Policy of computations and weights.

    Inputs: dictionary of `"token_ids"`, integers `(batch, time)`, and `"padding_mask"`,
        booleans `(batch, time)`, `False` at padding.
    Outputs: states, `(batch, time, hidden_dim)`.

    Example:

    >>> backbone = TIMBertBackbone(100, num_layers=4, num_heads=4, hidden_dim=16,
    ...                            intermediate_dim=64)
    >>> ids = np.ones((2, 5), "int32")
    >>> backbone({"token_ids": ids, "padding_mask": ids > 0}).shape
    (2, 5, 16)

    Reference:
    - [Lamb et al., 2021, Transformers with Competitive Ensembles of Independent
      Mechanisms](https://arxiv.org/abs/2103.00336), section 4.3 and appendix A.3
    - [Devlin et al., 2019, BERT](https://arxiv.org/abs/1810.04805)
    - [Liu et al., 2019, RoBERTa](https://arxiv.org/abs/1907.11692)
    """

    def __init__(
        self,
        vocabulary_size,
        num_layers,
        num_heads,
        hidden_dim,
        intermediate_dim,
        num_mechanisms=2,
        plain_layers=(0, 1, -1),
        competition=True,
        communication=True,
        max_sequence_length=512,
        dropout=0.1,
        activation="gelu",
        distance_bias=False,
        normalize_first=False,
        disabled=(),
        dtype=None,
        **kwargs,
    ):
        # === Layers ===
        self.token_embedding = keras_hub.layers.ReversibleEmbedding(
            vocabulary_size,
            hidden_dim,
            embeddings_initializer=embeddings_initializer(),
            dtype=dtype,
            name="token_embedding",
        )
        self.position_embedding = keras_hub.layers.PositionEmbedding(
            max_sequence_length,
            initializer=embeddings_initializer(),
            dtype=dtype,
            name="position_embedding",
        )
        self.embedding_norm = keras.layers.LayerNormalization(
            epsilon=1e-6, dtype=dtype, name="embedding_norm"
        )
        self.embedding_dropout = keras.layers.Dropout(
            dropout, dtype=dtype, name="embedding_dropout"
        )
        self.encoder = TIMEncoder(
            num_layers,
            intermediate_dim,
            num_heads,
            num_mechanisms,
            plain_layers=plain_layers if num_mechanisms > 1 else range(num_layers),
            competition=competition,
            communication=communication,
            dropout=dropout,
            attention_dropout=dropout,
            activation=activation,
            distance_bias=distance_bias,
            kernel_initializer=kernel_initializer(hidden_dim),
            normalize_first=normalize_first,
            return_decisions=True,
            disabled=disabled,
            dtype=dtype,
            name="encoder",
        )
        if normalize_first:
            self.final_norm = keras.layers.LayerNormalization(
                epsilon=1e-6, dtype=dtype, name="final_norm"
            )

        # === Functional model ===
        inputs = {
            "token_ids": keras.Input((None,), dtype="int32", name="token_ids"),
            "padding_mask": keras.Input((None,), dtype="bool", name="padding_mask"),
        }
        embedded = self.token_embedding(inputs["token_ids"])
        embedded = self.embedding_norm(embedded + self.position_embedding(embedded))
        states, decisions = self.encoder(
            self.embedding_dropout(embedded), padding_mask=inputs["padding_mask"]
        )
        if normalize_first:
            states = self.final_norm(states)
        super().__init__(inputs=inputs, outputs=states, dtype=dtype, **kwargs)

        # === Config ===
        self.vocabulary_size = vocabulary_size
        self.num_layers = num_layers
        self.num_heads = num_heads
        self.hidden_dim = hidden_dim
        self.intermediate_dim = intermediate_dim
        self.num_mechanisms = num_mechanisms
        self.plain_layers = tuple(plain_layers)
        self.competition = competition
        self.communication = communication
        self.max_sequence_length = max_sequence_length
        self.dropout = dropout
        self.activation = activation
        self.distance_bias = distance_bias
        self.normalize_first = normalize_first
        self._decisions = decisions["competition"]

    @property
    def mechanism_layers(self):
        """Indices of the layers of competing mechanisms."""
        return self.encoder.mechanism_layers

    def decisions_model(self):
        """A model of the same weights that returns what the mechanisms decided.

        Its outputs are a dictionary of `"sequence"`, the states; and, where there are layers of
        mechanisms, `"competition"`, `(batch, time, len(mechanism_layers), num_mechanisms)`, zero
        at padding.
        """
        outputs = {"sequence": self.output}
        if self.mechanism_layers:
            outputs["competition"] = ops.stack(list(self._decisions), axis=2)
        return keras.Model(self.input, outputs)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "num_layers": self.num_layers,
            "num_heads": self.num_heads,
            "hidden_dim": self.hidden_dim,
            "intermediate_dim": self.intermediate_dim,
            "num_mechanisms": self.num_mechanisms,
            "plain_layers": list(self.plain_layers),
            "competition": self.competition,
            "communication": self.communication,
            "max_sequence_length": self.max_sequence_length,
            "dropout": self.dropout,
            "activation": self.activation,
            "distance_bias": self.distance_bias,
            "normalize_first": self.normalize_first,
            "disabled": [list(m) if isinstance(m, tuple) else m for m in self.encoder.disabled],
        }
