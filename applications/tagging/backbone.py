import keras
import keras_hub

from modzoo.applications.tagging.bilstm import BiLSTM
from modzoo.applications.tagging.word_encoder import WordEncoder
from modzoo.layers import TaskGate
from modzoo.training import FromPreset


@keras.saving.register_keras_serializable(package="modzoo")
class TaggingBackbone(FromPreset, keras_hub.models.Backbone):
    """Characters to word vectors to states in context, and one gate vector per task.

    Widths are totals over both directions.

    Args:
        num_characters: Integer, number of character ids.
        num_tasks: Integer.
        units: Integer, even, width of the word BiLSTM.
        character_dim: Integer, width of the character embedding.
        character_units: Integer, even, width of the character BiLSTM, that is of a word vector.
        gate_mode: `"learned"`, `"fixed"` or `"none"`, as `TaskGate`'s `mode`.
        context: `"previous"` or `"current"`, as `TaskGate`'s.
        fixed_units: Units each task reads, as `TaskGate`'s.
        dropout: Float, dropout of word vectors and of states.
        disabled: Gates that are switched off, as `TaskGate`'s.
        dtype: Policy of computations and weights.

    Inputs: dictionary of `"characters"`, integers `(batch, rows, cells)`, `"words"`, integers
        `(batch, time, 2)` (see `WordEncoder`), and `"padding_mask"`, `(batch, time)`.
    Outputs: dictionary of `"states"`, `(batch, time, units)`; `"gated"` and `"gates"`, lists
        of one such tensor per task.

    Reference:
    - Choudhary and Rijhwani, Towards Interpretable Multi-Task Learning in Language
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
        dtype=None,
        **kwargs,
    ):
        # === Layers ===
        self.word_encoder = WordEncoder(
            num_characters, character_dim, character_units, dtype=dtype, name="word_encoder"
        )
        self.word_dropout = keras.layers.Dropout(dropout, dtype=dtype, name="word_dropout")
        self.bilstm = BiLSTM(units, dtype=dtype, name="word_bilstm")
        self.state_dropout = keras.layers.Dropout(dropout, dtype=dtype, name="state_dropout")
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
        inputs = {
            "characters": keras.Input((None, None), dtype="int32", name="characters"),
            "words": keras.Input((None, 2), dtype="int32", name="words"),
            "padding_mask": keras.Input((None,), dtype="bool", name="padding_mask"),
        }
        mask = inputs["padding_mask"]
        vectors = self.word_encoder(inputs["characters"], inputs["words"])
        vectors = self.word_dropout(vectors)
        states = self.state_dropout(self.bilstm(vectors, mask=mask))
        gated, decisions = self.task_gate([states, vectors], mask=mask)
        super().__init__(
            inputs=inputs,
            outputs={"states": states, "gated": gated, "gates": decisions["gates"]},
            dtype=dtype,
            **kwargs,
        )

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
            "disabled": [list(g) if isinstance(g, tuple) else g for g in self.task_gate.disabled],
        }
