import keras
import keras_hub

from modzoo.applications.tagging.bilstm import BiLSTM
from modzoo.applications.tagging.word_encoder import WordEncoder
from modzoo.layers import TaskGate
from modzoo.training import FromPreset


@keras.saving.register_keras_serializable(package="modzoo")
class TaggingBackbone(FromPreset, keras_hub.models.Backbone):
    """Characters to word vectors to what each task reads in context.

    By default a BiLSTM reads the vectors, and each task its states under a gate vector of its own;
    `multi_task` reads them in another way. Widths are totals over both directions.

    Args:
        num_characters: Integer, number of character ids.
        num_tasks: Integer.
        units: Integer, even, width of the word BiLSTM.
        character_dim: Integer, width of the character embedding.
        character_units: Integer, even, width of the character BiLSTM, that is of a word vector.
            0: words are not read letter by letter.
        gate_mode: `"learned"`, `"fixed"` or `"none"`, as `TaskGate`'s `mode`.
        context: `"previous"` or `"current"`, as `TaskGate`'s.
        fixed_units: Units each task reads, as `TaskGate`'s.
        dropout: Float, dropout of word vectors and of states.
        disabled: Gates that are switched off, as `TaskGate`'s.
        num_words: Integer, number of word ids. Default: words have no embedding.
        embedding_dim: Integer, width of the words' embedding, which stands beside what
            their letters give.
        multi_task: Layer that returns, of word vectors, a list of what each task reads and a
            dictionary of what it decided, such as `MultiTaskRNN` with
            `return_decisions=True`; in place of the BiLSTM and its gates, whose arguments say
            nothing then.
        dtype: Policy of computations and weights.

    Inputs: dictionary of `"characters"`, integers `(batch, rows, cells)`, and `"words"`, integers
        `(batch, time, 2)` (see `WordEncoder`), if letters are read; `"tokens"`, integers
        `(batch, time)`, if words have an embedding; and `"padding_mask"`, `(batch, time)`.
    Outputs: dictionary of `"read"`, a list of what each task reads, `(batch, time, width)`; and
        `"gates"`, a list of each task's gates, and `"states"`, or what `multi_task` decided.

    Reference:
    - Choudhary and Rijhwani, Towards Interpretable Multi-Task Learning in Language
    - Xu et al., 2021, Multi-Task Recurrent Modular Networks
    """

    def __init__(
        self,
        num_characters,
        num_tasks,
        units=64,
        character_dim=64,
        character_units=64,
        gate_mode="learned",
        context="previous",
        fixed_units=None,
        dropout=0.0,
        disabled=(),
        num_words=0,
        embedding_dim=50,
        multi_task=None,
        dtype=None,
        **kwargs,
    ):
        if not (character_units or num_words):
            raise ValueError(
                "Words need letters or an embedding to be read by. "
                f"Received: character_units={character_units}, num_words={num_words}."
            )
        # === Layers ===
        self.word_encoder = self.word_embedding = None
        if character_units:
            self.word_encoder = WordEncoder(
                num_characters, character_dim, character_units, dtype=dtype, name="word_encoder"
            )
        if num_words:
            self.word_embedding = keras.layers.Embedding(
                num_words, embedding_dim, dtype=dtype, name="word_embedding"
            )
        self.word_dropout = keras.layers.Dropout(dropout, dtype=dtype, name="word_dropout")
        self.state_dropout = keras.layers.Dropout(dropout, dtype=dtype, name="state_dropout")
        if isinstance(multi_task, dict):
            multi_task = keras.saving.deserialize_keras_object(multi_task)
        self.multi_task = multi_task
        if multi_task is None:
            self.bilstm = BiLSTM(units, dtype=dtype, name="word_bilstm")
            self.task_gate = TaskGate(
                num_tasks,
                mode=gate_mode,
                context=context,
                fixed_units=fixed_units,
                return_decisions=True,
                disabled=disabled,
                dtype=dtype,
                name="task_gate",
            )

        # === Functional model ===
        inputs, vectors = {}, []
        if character_units:
            inputs["characters"] = keras.Input((None, None), dtype="int32", name="characters")
            inputs["words"] = keras.Input((None, 2), dtype="int32", name="words")
            vectors.append(self.word_encoder(inputs["characters"], inputs["words"]))
        if num_words:
            inputs["tokens"] = keras.Input((None,), dtype="int32", name="tokens")
            vectors.append(self.word_embedding(inputs["tokens"]))
        inputs["padding_mask"] = mask = keras.Input((None,), dtype="bool", name="padding_mask")
        if len(vectors) > 1:
            vectors = [keras.layers.Concatenate(dtype=dtype, name="word_vectors")(vectors)]
        vectors = self.word_dropout(vectors[0])
        if multi_task is None:
            states = self.state_dropout(self.bilstm(vectors, mask=mask))
            read, decisions = self.task_gate([states, vectors], mask=mask)
            decisions = {"gates": decisions["gates"], "states": states}
        else:
            read, decisions = multi_task(vectors, mask=mask)
            read = [self.state_dropout(x) for x in read]
        super().__init__(inputs=inputs, outputs={"read": read, **decisions}, dtype=dtype, **kwargs)

        # === Config ===
        self.num_characters = num_characters
        self.num_tasks = num_tasks
        self.units = units
        self.character_dim = character_dim
        self.character_units = character_units
        self.gate_mode = gate_mode
        self.context = context
        self.fixed_units = fixed_units
        self.dropout = dropout
        self.num_words = num_words
        self.embedding_dim = embedding_dim

    def get_config(self):
        return {
            **super().get_config(),
            "num_characters": self.num_characters,
            "num_tasks": self.num_tasks,
            "units": self.units,
            "character_dim": self.character_dim,
            "character_units": self.character_units,
            "gate_mode": self.gate_mode,
            "context": self.context,
            "fixed_units": self.fixed_units,
            "dropout": self.dropout,
            "disabled": self._disabled_gates(),
            "num_words": self.num_words,
            "embedding_dim": self.embedding_dim,
            "multi_task": keras.saving.serialize_keras_object(self.multi_task),
        }

    def _disabled_gates(self):
        gates = () if self.multi_task is not None else self.task_gate.disabled
        return [list(gate) if isinstance(gate, tuple) else gate for gate in gates]
