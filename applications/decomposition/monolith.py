import functools
import math

import keras
import keras_hub
import tensorflow as tf

from modzoo.applications.decomposition.masks import (
    from_texts,
    require_labels,
    require_masks,
    to_texts,
)
from modzoo.applications.decomposition.settings import CELLS, MAX_LAYERS, MAX_LENGTH, READS
from modzoo.applications.decomposition.words import prepared_tokens, style_of
from modzoo.decomposition.module_set import ModuleSet
from modzoo.decomposition.network import Network
from modzoo.errors import CallError
from modzoo.knowledge import padded_words
from modzoo.training import FromPreset

KINDS = ("classes", "labels", "tags", "translations")
LAYERS = {
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
    "simple_rnn": keras.layers.SimpleRNN,
}


@keras.saving.register_keras_serializable(package="modzoo")
class Monolith(FromPreset, keras_hub.models.Backbone):
    """A recurrent network of plain Keras layers that reads words, and the modules it falls into.

    An embedding, one to four recurrent layers and a dense head; between, where it translates, as
    many recurrent layers that read at each step what those before them made of the text. It is
    trained as it stands; what `modzoo.decomposition.decompose` finds in it, a mask of units for
    each label, is kept beside its weights.

    Args:
        vocabulary: List of words in their normal form, `[PAD]` and `[UNK]` first.
        labels: List of the classes' names, or of the languages that it writes.
        kind: What is said of a text: `"classes"`, one of the labels; `"labels"`, any number of
            them; `"tags"`, one of each word; `"translations"`, words of the vocabulary.
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        num_layers: Integer, recurrent layers that read, and as many that write a translation.
        units: Integer, width of each.
        activation: String, activation of `"simple_rnn"`.
        bidirectional: Whether each layer that reads does so in both directions.
        embedding_dim: Integer, width of the word embedding.
        dropout: Float in `[0, 1)`, dropout of embeddings and of what the head reads.
        recurrent_dropout: Float in `[0, 1)`, of the layers that write a translation: the share of
            units that the others do without in training, the same ones at all steps.
        reads: `"words"`, one a step; or `"bag"`, which words there are, in one step: many values in
            and none in order.
        sequence_length: Integer in `[1, 10_000]`, words at which texts are cut, and of which
            translations have one less at most.
        module_masks: Dictionary of the `"mode"`, the `"removal"` and the `"masks"` of its modules,
            as `Monolith.with_modules` makes it. Default: it is not taken apart.
        disabled: List of the labels whose modules are left out.
        dtype: Policy of computations and weights.

    Inputs: word ids, int32 `(batch, sequence_length)`, 0 at padding; as a bag float32
        `(batch, 1, words)`.
    Outputs: the monolith's probabilities, float32 `(batch, labels)`, of tags
        `(batch, sequence_length, labels)`; of the words of a translation, which `[PAD]` ends,
        `(batch, sequence_length, words)`.

    Example:

    >>> model = Monolith(["[PAD]", "[UNK]", "hello"], ["greeting", "other"], units=4)
    >>> model(model.encode(["hello there"])).shape
    (1, 2)

    Reference:
    - Pan and Rajan, 2023, Decomposing a Recurrent Neural Network into Modules for Enabling
      Reusability and Replacement
    """

    def __init__(
        self,
        vocabulary,
        labels,
        kind="classes",
        cell="lstm",
        num_layers=1,
        units=100,
        activation="tanh",
        bidirectional=False,
        embedding_dim=50,
        dropout=0.0,
        recurrent_dropout=0.0,
        reads="words",
        sequence_length=15,
        module_masks=None,
        disabled=(),
        dtype=None,
        **kwargs,
    ):
        for name, value, known in (
            ("kind", kind, KINDS),
            ("cell", cell, CELLS),
            ("reads", reads, READS),
        ):
            if value not in known:
                raise ValueError(f"`{name}` must be one of {known}. Received: {name}={value!r}.")
        for name, value, most in (
            ("num_layers", num_layers, MAX_LAYERS),
            ("units", units, math.inf),
            ("embedding_dim", embedding_dim, math.inf),
            ("sequence_length", sequence_length, MAX_LENGTH),
        ):
            if type(value) is not int or not 1 <= value <= most:
                expected = "an integer, at least 1" if most == math.inf else f"from 1 to {most:,}"
                raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}.")
        if kind in ("tags", "translations") and reads == "bag":
            raise ValueError(
                "A bag of words has no order to tag or translate. Received: reads='bag'."
            )
        if module_masks is not None:
            require_masks(module_masks, labels)
        require_labels("modules left out", disabled, labels)
        # === Layers ===
        options = {"activation": activation} if cell == "simple_rnn" else {}
        options |= {"units": units, "dtype": dtype}
        self.recurrent_layers = []
        for i in range(num_layers):
            layer = LAYERS[cell](
                return_sequences=kind == "tags" or i < num_layers - 1, name=f"{cell}_{i}", **options
            )
            if bidirectional:
                layer = keras.layers.Bidirectional(layer, dtype=dtype, name=f"bidirectional_{i}")
            self.recurrent_layers.append(layer)
        if kind == "translations":
            self.recurrent_layers.append(
                keras.layers.RepeatVector(sequence_length, dtype=dtype, name="repeated")
            )
            options |= {"recurrent_dropout": recurrent_dropout, "return_sequences": True}
            for i in range(num_layers):
                self.recurrent_layers.append(LAYERS[cell](name=f"{cell}_{i}_writing", **options))
        self.output_dense = keras.layers.Dense(
            len(vocabulary if kind == "translations" else labels),
            activation="sigmoid" if kind == "labels" else "softmax",
            dtype="float32",
            name="probabilities",
        )

        # === Functional model ===
        if reads == "bag":
            inputs = keras.Input((1, len(vocabulary)), name="bag")
            x = inputs
        else:
            inputs = keras.Input((sequence_length,), dtype="int32", name="words")
            embedding = keras.layers.Embedding(
                len(vocabulary), embedding_dim, mask_zero=True, dtype=dtype, name="embedding"
            )
            x = embedding(inputs)
            x = keras.layers.Dropout(dropout, dtype=dtype, name="embedding_dropout")(x)
        for layer in self.recurrent_layers:
            x = layer(x)
        x = keras.layers.Dropout(dropout, dtype=dtype, name="output_dropout")(x)
        outputs = self.output_dense(x)
        super().__init__(inputs=inputs, outputs=outputs, dtype=dtype, **kwargs)

        # === Config ===
        self.vocabulary = list(vocabulary)
        self.labels = list(labels)
        self.kind = kind
        self.cell = cell
        self.num_layers = num_layers
        self.units = units
        self.activation = activation
        self.bidirectional = bidirectional
        self.embedding_dim = embedding_dim
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.reads = reads
        self.sequence_length = sequence_length
        self.module_masks = module_masks
        self.disabled = list(disabled)

    # Words

    def features(self, texts):
        """What the network reads of strings `(batch,)`, in core TensorFlow ops."""
        length = self.sequence_length
        return self.read(padded_words(texts, style_of(self.kind), length, length).normal)

    def read(self, words):
        """The same of words in their normal form, `(batch, sequence_length)`, `""` at padding."""
        ids = tf.where(words == "", 0, self.tokens.ids(words))
        if self.reads == "words":
            return ids
        found = tf.reduce_max(tf.one_hot(ids, len(self.vocabulary)), axis=1, keepdims=True)
        return found * tf.cast(tf.range(len(self.vocabulary)) > 0, found.dtype)

    def encode(self, texts):
        """`features` of a list of strings, as an array."""
        return self.features(tf.constant(texts, tf.string)).numpy()

    @functools.cached_property
    def tokens(self):
        """The `modzoo.knowledge.Tokens` of the vocabulary."""
        return prepared_tokens(self.vocabulary, style_of(self.kind))

    # Modules

    def network(self):
        """The monolith as a plain Keras model of the same weights."""
        return keras.Model(self.input, self.output, name=self.name)

    def with_modules(self, modules):
        """This monolith with what a `modzoo.decomposition.ModuleSet` of it has; it stays as it
        is."""
        (network,) = modules.networks
        kept = {
            "mode": "rolled" if network.is_rolled else "unrolled",
            "removal": network.removal,
            "masks": to_texts(modules.masks),
        }
        copy = Monolith.from_config({**self.get_config(), "module_masks": kept})
        copy.set_weights(self.get_weights())
        return copy

    @property
    def module_labels(self):
        """The labels that have a module that is not disabled."""
        masks = {} if self.module_masks is None else self.module_masks["masks"]
        return [label for label in masks if label not in self.disabled]

    @functools.cached_property
    def module_set(self):
        """The `modzoo.decomposition.ModuleSet` of the modules that are not disabled."""
        vocabulary = tuple(self.vocabulary) if self.reads == "words" else None
        network = Network(
            self.network(),
            is_translator=self.kind == "translations",
            is_rolled=self.module_masks["mode"] == "rolled",
            removal=self.module_masks["removal"],
            vocabulary=vocabulary,
        )
        masks = from_texts(self.module_masks["masks"])
        try:
            modules = [
                network.module(label, self.labels.index(label), masks[label])
                for label in self.module_labels
            ]
        except ValueError as error:
            raise CallError(
                f"The modules of the model {self.name} do not fit it ({error}); its description is "
                "damaged."
            ) from error
        return ModuleSet(modules, vocabulary)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary": self.vocabulary,
            "labels": self.labels,
            "kind": self.kind,
            "cell": self.cell,
            "num_layers": self.num_layers,
            "units": self.units,
            "activation": self.activation,
            "bidirectional": self.bidirectional,
            "embedding_dim": self.embedding_dim,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "reads": self.reads,
            "sequence_length": self.sequence_length,
            "module_masks": self.module_masks,
            "disabled": self.disabled,
        }
