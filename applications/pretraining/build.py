import keras
import numpy as np

from modzoo.applications.pretraining.backbone import TIMBertBackbone
from modzoo.applications.pretraining.learning_rate import LinearWarmUp
from modzoo.applications.pretraining.loss import WordPieceCrossEntropy
from modzoo.applications.pretraining.masked_lm import TIMBertMaskedLM
from modzoo.applications.pretraining.masked_lm_preprocessor import TIMBertMaskedLMPreprocessor
from modzoo.applications.pretraining.tokenizer import TIMBertTokenizer
from modzoo.applications.pretraining.vocabulary import learn_vocabulary
from modzoo.errors import CallError
from modzoo.training import train_batches

NO_DECAY = ("bias", "embeddings", "gamma", "beta", "scale")


def build_backbone(settings, vocabulary_size):
    """A new `TIMBertBackbone`.

    Args:
        settings: The application's `ModelSettings`.
        vocabulary_size: Integer, the word pieces that there are.
    """
    return TIMBertBackbone(
        vocabulary_size,
        num_layers=settings.num_layers,
        num_heads=settings.num_heads,
        hidden_dim=settings.width,
        intermediate_dim=settings.intermediate_dim,
        num_mechanisms=settings.num_mechanisms,
        plain_layers=settings.plain_indices,
        competition=settings.competition,
        max_sequence_length=settings.max_length,
        dropout=settings.dropout,
        activation=settings.activation,
        distance_bias=settings.distance_bias,
        normalize_first=settings.normalize_first,
    )


def build_masked_lm(settings, passages, start=None):
    """The model that a recipe trains on masked text.

    Args:
        settings: The application's `ModelSettings`.
        passages: Text of which a new model's vocabulary is learned.
        start: `TIMBertMaskedLM` to train further.

    Raises:
        CallError: If `start` is another model.
    """
    if isinstance(start, TIMBertMaskedLM):
        return start
    if start is not None:
        raise CallError(
            f"--from must be a masked language model, as pretraining/mlm trains them; this one is "
            f"a {type(start).__name__}, which pretraining/glue trains further."
        )
    tokenizer = TIMBertTokenizer(learn_vocabulary(passages, settings.vocabulary_size))
    return TIMBertMaskedLM(
        build_backbone(settings, tokenizer.vocabulary_size()),
        TIMBertMaskedLMPreprocessor(tokenizer, settings.max_length),
    )


def log_frequencies(text):
    """Logarithms of the shares of the word pieces in `EncodedText`, float32; of those that are not
    there as if they were half a time."""
    counts = np.maximum(text.frequencies(), 0.5)
    return np.log(counts / counts.sum()).astype("float32")


def masked_lm_training(settings, steps):
    """What a `TIMBertMaskedLM` is compiled with, as keyword arguments; `PerplexityOfLoss` adds the
    perplexity.

    Args:
        settings: `MaskedTrainingSettings`.
        steps: Integer, steps of an epoch.
    """
    steps = settings.epochs * steps
    optimizer = keras.optimizers.AdamW(
        LinearWarmUp(
            settings.learning_rate, steps, min(settings.warm_up, steps // 10), settings.decay
        ),
        weight_decay=settings.weight_decay,
        beta_2=0.98,
        global_clipnorm=1.0,
        gradient_accumulation_steps=settings.accumulate if settings.accumulate > 1 else None,
    )
    optimizer.exclude_from_weight_decay(var_names=NO_DECAY)
    return {
        "optimizer": optimizer,
        "loss": WordPieceCrossEntropy(reduction="mean_with_sample_weight"),
        "weighted_metrics": [keras.metrics.SparseCategoricalAccuracy("accuracy")],
    }


def masked_batches(text, settings, first_epoch):
    """Training batches of `EncodedText`, from an epoch on: as `train_batches`, but for the first
    epochs, whose rows are half as long and twice as many."""
    whole = train_batches(
        text, settings.batch_size, settings.seed, max(first_epoch, settings.short_epochs)
    )
    left = settings.short_epochs - first_epoch
    if left <= 0:
        return whole
    steps = max(1, len(text) // settings.batch_size)
    halves = text.of_length(settings.max_length // 2)
    epochs = (
        train_batches(halves, 2 * settings.batch_size, settings.seed, epoch).take(steps)
        for epoch in range(first_epoch, settings.short_epochs)
    )
    for epoch in reversed(list(epochs)):
        whole = epoch.concatenate(whole)
    return whole
