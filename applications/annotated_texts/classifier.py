import keras
import keras_hub
from keras import ops

from modzoo.layers import AttentionPooling
from modzoo.layers.masking import lowest_logit
from modzoo.training import FromPreset


class AnnotatedTextClassifier(FromPreset, keras_hub.models.TextClassifier):
    """Strings in, one logit per class out: backbone, pooling over time, linear classifier.

    An application registers a subclass, which names its `backbone_cls` and `preprocessor_cls`.
    `fit`, `evaluate` and `predict` take lists or arrays of strings, or a `tf.data.Dataset`
    of them.

    Args:
        backbone: `AnnotatedTextBackbone`.
        num_classes: Integer.
        preprocessor: `AnnotatedTextPreprocessor`, or None if the inputs are preprocessed.
        labels: List of the classes' names, one each. Default: their numbers.
        dropout: Float, dropout before the classifier.
        max_pooling: Whether the classifier reads each feature's maximum over time beside its
            mean weighted by attention, as in Howard and Ruder (2018), section 3.3; the paper
            has the attention alone.

    `from_preset` with `num_classes` gives new, untrained logits, whose `labels` are their
    numbers unless they are given too.

    Raises:
        ValueError: If the labels are not distinct strings, one for each class.

    Example:

    >>> material = Material(["a good film", "a bad film"])
    >>> sources = make_sources(["token", "afinn"], material)  # of modzoo.knowledge, as Material
    >>> tokenizer = SentimentTokenizer(sources)
    >>> classifier = SentimentClassifier(  # of modzoo.applications.sentiment
    ...     SentimentBackbone(tokenizer.vocabulary_size(), sources), num_classes=2,
    ...     preprocessor=SentimentPreprocessor(tokenizer), labels=["negative", "positive"])
    >>> classifier.predict(["a gorgeous , witty , seductive movie"]).shape
    (1, 2)
    """

    def __init__(
        self,
        backbone,
        num_classes,
        preprocessor=None,
        labels=None,
        dropout=0.3,
        max_pooling=False,
        **kwargs,
    ):
        labels = list(map(str, range(num_classes)) if labels is None else labels)
        if len(set(labels)) != num_classes or len(labels) != num_classes:
            raise ValueError(
                "`labels` must be distinct names, one for each class. "
                f"Received: labels={labels}, num_classes={num_classes}."
            )
        # === Layers ===
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.pooling = AttentionPooling(
            return_decisions=True, dtype=backbone.dtype_policy, name="pooling"
        )
        self.output_dropout = keras.layers.Dropout(
            dropout, dtype=backbone.dtype_policy, name="output_dropout"
        )
        self.output_dense = keras.layers.Dense(num_classes, dtype="float32", name="logits")

        # === Functional model ===
        inputs = backbone.input
        encoded = backbone(inputs)
        pooled, pooling = self.pooling(encoded["sequence"], mask=inputs["padding_mask"])
        if max_pooling:
            maxima = _masked_max(encoded["sequence"], inputs["padding_mask"])
            pooled = ops.concatenate([pooled, maxima], axis=-1)
        logits = self.output_dense(self.output_dropout(pooled))
        super().__init__(inputs=inputs, outputs=logits, **kwargs)

        # === Config ===
        self.num_classes = num_classes
        self.labels = labels
        self.dropout = dropout
        self.max_pooling = max_pooling
        self._decisions = {
            "activity": encoded["activity"],
            "attention": encoded["attention"],
            "pooling": pooling["pooling"],
            "logits": logits,
        }

    @classmethod
    def from_preset(cls, preset, *args, **kwargs):
        if "num_classes" in kwargs:
            kwargs = {"labels": None, **kwargs}  # a preset's own are those of its own classes
        return super().from_preset(preset, *args, **kwargs)

    @property
    def class_scores(self):
        """The classes' scores, an array; None where they are no scores."""
        return None

    def decisions_model(self):
        """A model of the same weights that returns what the modules decided.

        Its outputs are a dictionary of `"logits"`, the modules' `"activity"` and
        `"attention"`, `(batch, time, len(sources))`, and the `"pooling"` weights,
        `(batch, time)`. It reads what the preprocessor returns.
        """
        return keras.Model(self.input, dict(self._decisions))  # JAX cannot return Keras' own

    def compile_from_config(self, config):
        # TextClassifier overrides compile(), so Keras would leave out the optimizer's state.
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "labels": self.labels,
            "dropout": self.dropout,
            "max_pooling": self.max_pooling,
        }


def _masked_max(sequence, mask):
    """Maxima over time, `(batch, features)`; zeros where every step is masked."""
    mask = ops.expand_dims(mask, -1)
    lowest = lowest_logit(sequence.dtype)
    # With an initial value TensorFlow takes the maximum of no rows too.
    maxima = ops.max(ops.where(mask, sequence, lowest), axis=1, initial=lowest)
    return ops.where(ops.any(mask, axis=1), maxima, 0.0)
