import keras
import keras_hub

from modzoo.applications.pretraining.backbone import TIMBertBackbone, kernel_initializer
from modzoo.applications.pretraining.task import TIMBertTask


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
        loss.
    Outputs: logits, `(batch, masks, vocabulary_size)`.

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
            dtype=backbone.dtype_policy,
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

    def judge(self, states):
        """Logits of states, symbolic tensors."""
        return self.head(states, self._positions)

    def set_output_bias(self, log_probabilities):
        """Begins with the logits of the tokens' own frequencies, `(vocabulary_size,)`."""
        bias = next(weight for weight in self.head.weights if weight.name == "output_bias")
        bias.assign(log_probabilities)
