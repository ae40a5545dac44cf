import keras

from modzoo.training import FromPreset


class TIMBertTask(FromPreset):
    """What the tasks over a `TIMBertBackbone` have in common, mixed into `keras_hub` classes."""

    @staticmethod
    def require_fit(backbone, preprocessor):
        """Raises where the preprocessor knows more or fewer word pieces than the backbone, or has
        longer sequences."""
        if preprocessor is None:
            return
        size = preprocessor.tokenizer.size
        if size not in (None, backbone.vocabulary_size):
            raise ValueError(
                f"The tokenizer's vocabulary is of {size:,} word pieces, and the backbone's "
                f"weights are of {backbone.vocabulary_size:,}."
            )
        if preprocessor.sequence_length > backbone.max_sequence_length:
            raise ValueError(
                f"Sequences are of at most {backbone.max_sequence_length} word pieces. Received: "
                f"sequence_length={preprocessor.sequence_length}."
            )

    @property
    def encoder(self):
        """The `TIMEncoder`."""
        return self.backbone.encoder

    @property
    def num_mechanisms(self):
        return self.backbone.num_mechanisms

    @property
    def mechanism_layers(self):
        """Indices of the layers of competing mechanisms."""
        return self.backbone.mechanism_layers

    def decisions_model(self):
        """A model of the same weights that returns what the mechanisms decided.

        Its outputs are those of the backbone's `decisions_model`, and `"logits"`. It reads what
        the preprocessor returns.
        """
        decided = self.backbone.decisions_model()(self.backbone.input)
        return keras.Model(self.input, {**decided, "logits": self.judge(decided["sequence"])})

    def compile_from_config(self, config):
        # keras_hub's tasks override compile(), so Keras would leave out the optimizer's state.
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)
