import keras
import keras_hub
import numpy as np

from modzoo.applications.pretraining.backbone import TIMBertBackbone, kernel_initializer
from modzoo.applications.pretraining.data import encode_passages
from modzoo.applications.pretraining.task import TIMBertTask
from modzoo.data.passages import Passages
from modzoo.training import evaluation_batches, steps_per_epoch, train_batches


@keras.saving.register_keras_serializable(package="modzoo")
class TIMBertMaskedLM(TIMBertTask, keras_hub.models.MaskedLM):
    """Which tokens stood where some are masked: a `TIMBertBackbone` and BERT's head.

    Logits are computed at the masked places alone: a dense map, activation and norm, then the
    product with the token embedding, whose weights they share, and a bias.

    Args:
        backbone: `TIMBertBackbone`.
        preprocessor: What makes features of strings; None if the inputs are features.

    Inputs: those of the backbone, and `"mask_positions"`, integers `(batch, masks)`, the places
        of the masked tokens; ones that are left over may name any place, with weight 0 in the
        loss. `predict` reads strings with `[MASK]` in them too; `fit` and `evaluate` a list of
        strings without, which are put into rows of the preprocessor's `sequence_length`, of whose
        tokens 15 % are hidden, others in each epoch.
    Outputs: float32 logits, `(batch, masks, vocabulary_size)`.

    Raises:
        ValueError: If the preprocessor's word pieces are not the backbone's.

    Example:

    >>> backbone = TIMBertBackbone(100, num_layers=4, num_heads=4, hidden_dim=16,
    ...                            intermediate_dim=64)
    >>> ids = np.ones((2, 5), "int32")
    >>> features = {"token_ids": ids, "padding_mask": ids > 0, "mask_positions": ids[:, :2]}
    >>> TIMBertMaskedLM(backbone)(features).shape
    (2, 2, 100)

    Reference:
    - [Devlin et al., 2019, BERT](https://arxiv.org/abs/1810.04805), section 3.1
    """

    backbone_cls = TIMBertBackbone

    def __init__(self, backbone, preprocessor=None, **kwargs):
        self.require_fit(backbone, preprocessor)
        # === Layers ===
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.head = keras_hub.layers.MaskedLMHead(
            token_embedding=backbone.token_embedding,
            intermediate_activation=backbone.activation,
            layer_norm_epsilon=1e-6,
            kernel_initializer=kernel_initializer(backbone.hidden_dim),
            dtype="float32",  # logits too; the product with the embedding is as the backbone's
            name="head",
        )

        # === Functional model ===
        positions = keras.Input((None,), dtype="int32", name="mask_positions")
        self._positions = positions
        super().__init__(
            inputs={**backbone.input, "mask_positions": positions},
            outputs=self.judge(backbone(backbone.input)),
            **kwargs,
        )

    def fit(self, x=None, y=None, batch_size=None, validation_data=None, **kwargs):
        if _are_strings(x):
            text, size = self._encoded(x), batch_size or 32
            x, batch_size = train_batches(text, size, int(np.random.randint(2**31))), None
            kwargs = {"steps_per_epoch": steps_per_epoch(text, size), "shuffle": False, **kwargs}
        if _are_strings(validation_data):
            validation_data = evaluation_batches(self._encoded(validation_data))
        return super().fit(x, y, batch_size, validation_data=validation_data, **kwargs)

    def evaluate(self, x=None, y=None, batch_size=None, **kwargs):
        if _are_strings(x):
            x, batch_size = evaluation_batches(self._encoded(x).in_turns(), batch_size or 32), None
        return super().evaluate(x, y, batch_size, **kwargs)

    def _encoded(self, texts):
        passages = Passages(lambda: iter(texts), "train", "the texts")
        preprocessor = self.preprocessor
        return encode_passages(passages, preprocessor.tokenizer, preprocessor.sequence_length)

    def judge(self, states):
        """Logits of states, symbolic tensors."""
        return self.head(states, self._positions)

    def set_output_bias(self, log_probabilities):
        """Begins with the logits of the tokens' own frequencies, `(vocabulary_size,)`."""
        bias = next(weight for weight in self.head.weights if weight.name == "output_bias")
        bias.assign(log_probabilities)


def _are_strings(x):
    return isinstance(x, (list, np.ndarray)) and len(x) > 0 and isinstance(x[0], (str, bytes))
