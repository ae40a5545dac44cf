"""How a `TIMBertClassifier` is made and trained."""

import dataclasses

import keras

from modzoo.applications.pretraining.backbone import TIMBertBackbone
from modzoo.applications.pretraining.build import NO_DECAY, build_backbone
from modzoo.applications.pretraining.classifier import TIMBertClassifier
from modzoo.applications.pretraining.judging import require_kind
from modzoo.applications.pretraining.learning_rate import LinearWarmUp
from modzoo.applications.pretraining.text_preprocessor import TIMBertTextPreprocessor
from modzoo.applications.pretraining.tokenizer import TIMBertTokenizer
from modzoo.applications.pretraining.vocabulary import learn_vocabulary


def build_classifier(settings, train, start=None):
    """The classifier that a recipe trains.

    Args:
        settings: `ModelSettings` and `FineTuningSettings`.
        train: `TextExamples` whose classes or scores it is to give.
        start: What to train further: a `TIMBertMaskedLM`, whose word pieces and backbone it keeps;
            or a `TIMBertClassifier`, of which it keeps the last layer too where classes or scores
            are the same.

    Raises:
        CallError: If `start` judges the same of pairs, and the examples are none, or the reverse.
    """
    dropout, is_further = settings.tuning_dropout, _judges_alike(start, train)
    if is_further:
        require_kind(start, train)
    if start is None:
        tokenizer = TIMBertTokenizer(
            learn_vocabulary(
                [text.replace("\t", " ") for text in train.texts], settings.vocabulary_size
            )
        )
        settings = dataclasses.replace(settings, dropout=dropout)
        backbone = build_backbone(settings, tokenizer.vocabulary_size())
    else:
        tokenizer = start.preprocessor.tokenizer
        config = {**start.backbone.get_config(), "dropout": dropout}
        backbone = TIMBertBackbone.from_config(config)
        backbone.set_weights(start.backbone.get_weights())
    model = TIMBertClassifier(
        backbone,
        num_classes=len(train.label_names) or 1,
        preprocessor=TIMBertTextPreprocessor(
            tokenizer, backbone.max_sequence_length, pairs=train.pairs
        ),
        labels=train.label_names,
        scores=train.scores,
        pooling=settings.pooling or getattr(start, "pooling", "mean"),
        dropout=dropout,
    )
    if is_further:
        model.output_dense.set_weights(start.output_dense.get_weights())
    return model


def _judges_alike(model, examples):
    """Whether the model is one that gives the classes or scores of the examples."""
    if not isinstance(model, TIMBertClassifier):
        return False
    return model.labels == list(examples.label_names) and model.scores == examples.scores


def classifier_training(settings, model, steps):
    """What a `TIMBertClassifier` is compiled with, as keyword arguments.

    Args:
        settings: `FineTuningSettings`.
        model: `TIMBertClassifier`.
        steps: Integer, steps of an epoch.
    """
    steps = settings.epochs * steps
    rate = LinearWarmUp(settings.learning_rate, steps, int(settings.warm_up_share * steps))
    optimizer = keras.optimizers.AdamW(
        rate, weight_decay=settings.weight_decay, beta_2=0.98, global_clipnorm=1.0
    )
    optimizer.exclude_from_weight_decay(var_names=NO_DECAY)
    if model.scores is not None:
        return {"optimizer": optimizer, "loss": keras.losses.MeanSquaredError(), "metrics": []}
    return {
        "optimizer": optimizer,
        "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "metrics": [keras.metrics.SparseCategoricalAccuracy("accuracy")],
    }


def chosen_by(model):
    """The figure by which an epoch is chosen, and whether more or less of it is better."""
    return ("val_accuracy", "max") if model.scores is None else ("val_loss", "min")
