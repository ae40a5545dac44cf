import keras
import keras_hub

from modzoo.applications.pretraining.backbone import TIMBertBackbone, kernel_initializer
from modzoo.applications.pretraining.settings import POOLING
from modzoo.applications.pretraining.task import TIMBertTask
from modzoo.applications.pretraining.text_preprocessor import TIMBertTextPreprocessor


@keras.saving.register_keras_serializable(package="modzoo")
class TIMBertClassifier(TIMBertTask, keras_hub.models.TextClassifier):
    """What is to be said of a text or a pair of texts: a `TIMBertBackbone`, fine-tuned.

    The states are pooled to one, on which a linear map decides: one logit for each class, or a
    score.

    Args:
        backbone: `TIMBertBackbone`.
        num_classes: Integer; 1 of scores.
        preprocessor: `TIMBertTextPreprocessor`, or None if the inputs are preprocessed.
        labels: List of the classes' names, one each. Default: their numbers.
        scores: Pair of the least and the highest score where it gives scores; None for classes.
        pooling: `"mean"` of the states at all word pieces, or the `"first"` one, as in BERT.
        dropout: Float, dropout of the pooled state.

    Inputs: those of the backbone.
    Outputs: float32 logits, `(batch, num_classes)`; or scores, `(batch, 1)`, which may be a
        little outside of `scores`.

    Raises:
        ValueError: If the labels are not distinct strings, one for each class, there are
            scores and several classes, or the preprocessor's word pieces are not the backbone's.

    Example:

    >>> classifier = TIMBertClassifier.from_preset("folder/of/a/preset", num_classes=2)
    >>> classifier.predict(["a gorgeous , witty , seductive movie"]).shape
    (1, 2)

    Reference:
    - [Devlin et al., 2019, BERT](https://arxiv.org/abs/1810.04805), section 4.1
    """

    backbone_cls = TIMBertBackbone
    preprocessor_cls = TIMBertTextPreprocessor

    def __init__(
        self,
        backbone,
        num_classes,
        preprocessor=None,
        labels=None,
        scores=None,
        pooling="mean",
        dropout=0.1,
        **kwargs,
    ):
        if labels is None:
            labels = [] if scores is not None else list(map(str, range(num_classes)))
        if len({*labels}) != len(labels) or len(labels) != (num_classes if scores is None else 0):
            raise ValueError(
                "`labels` must be distinct names, one for each class, and none of scores. "
                f"Received: labels={list(labels)}, num_classes={num_classes}, scores={scores}."
            )
        if scores is not None and (num_classes != 1 or not scores[0] < scores[1]):
            raise ValueError(
                "`scores` must be the least and the highest score, and `num_classes` then 1. "
                f"Received: scores={scores}, num_classes={num_classes}."
            )
        if pooling not in POOLING:
            raise ValueError(f"`pooling` must be one of {POOLING}. Received: pooling={pooling!r}.")
        self.require_fit(backbone, preprocessor)
        # === Layers ===
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.mean = keras.layers.GlobalAveragePooling1D(dtype=backbone.dtype_policy, name="mean")
        self.output_dropout = keras.layers.Dropout(
            dropout, dtype=backbone.dtype_policy, name="output_dropout"
        )
        self.output_dense = keras.layers.Dense(
            num_classes,
            kernel_initializer=kernel_initializer(backbone.hidden_dim),
            dtype="float32",
            name="logits",
        )
        # === Config ===
        self.num_classes = num_classes
        self.labels = list(labels)
        self.scores = None if scores is None else tuple(map(float, scores))
        self.pooling = pooling
        self.dropout = dropout

        # === Functional model ===
        super().__init__(
            inputs=backbone.input, outputs=self.judge(backbone(backbone.input)), **kwargs
        )

    def judge(self, states):
        """Logits or scores of states, symbolic tensors."""
        if self.pooling == "first":
            pooled = states[:, 0]
        else:
            pooled = self.mean(states, mask=self.backbone.input["padding_mask"])
        judged = self.output_dense(self.output_dropout(pooled))
        if self.scores is None:
            return judged
        least, most = self.scores
        return (least + most) / 2 + (most - least) / 2 * judged

    @classmethod
    def from_preset(cls, preset, *args, **kwargs):
        if "num_classes" in kwargs:  # a preset's own are those of its own classes
            kwargs = {"labels": None, "scores": None, **kwargs}
        model = super().from_preset(preset, *args, **kwargs)
        if model.preprocessor is not None:  # a masked language model's finds masks too
            model.preprocessor = model.preprocessor.of_texts()
        return model

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "labels": self.labels,
            "scores": self.scores,
            "pooling": self.pooling,
            "dropout": self.dropout,
        }
