"""The language model that stands for the tokens, as settings choose it."""

import keras

from modzoo.applications import list_applications, load_application
from modzoo.errors import CallError
from modzoo.knowledge import Elmo, FeatureCache, LanguageModel, WordPieces, cache_folder
from modzoo.knowledge.frozen_vectors import FrozenVectors
from modzoo.knowledge.pretrained import is_elmo, load_pretrained, registered_names
from modzoo.knowledge.word_vectors import WordVectors
from modzoo.training import SlowedAdam

VECTORS = "language_model_vectors"  # the folder in the cache


def token_source(settings):
    """The source of the language model that `AnnotatedTextSettings` name, or None."""
    place = settings.language_model
    if place is None:
        return None
    tuned = settings.lm_mode == "fine_tuned"
    if is_elmo(place):
        if tuned:
            raise CallError(
                f"{place} is a SavedModel, which cannot be fine-tuned; leave it frozen."
            )
        return Elmo(folder=place)
    _know_own_classes(place)
    pieces, vectors = load_pretrained(place, settings.lm_pooling)
    if not tuned:
        return LanguageModel(pieces=pieces, vectors=vectors)
    if settings.lora_rank is not None:
        vectors = WordVectors(
            vectors.backbone, vectors.pooling, settings.lora_rank, name=vectors.name
        )
    return WordPieces(pieces=pieces, vectors=vectors)


def make_ready(model, settings):
    """Readies a model for training: a frozen language model keeps its vectors on disk, and one
    that LoRA adapts has something to learn.

    Args:
        model: `AnnotatedTextClassifier`.
        settings: `TextTrainingSettings`.
    """
    tokens = model.preprocessor.tokenizer.tokens
    if isinstance(tokens, FrozenVectors) and settings.lm_cache_gb:
        folder = settings.lm_cache or cache_folder() / VECTORS
        tokens.cache = FeatureCache(
            folder, int(settings.lm_cache_gb * 2**30), settings.lm_cache_dtype
        )
    if model.backbone.language_model is not None:
        model.backbone.language_model.renew_lora()


def adam(model, settings, learning_rate):
    """The optimizer of a recipe: Adam, which takes steps of `settings.lm_learning_rate` at a
    language model that is fine-tuned.

    Args:
        model: `AnnotatedTextClassifier`.
        settings: `TextTrainingSettings`.
        learning_rate: Schedule, or float, of which the other takes a constant share.
    """
    language_model = model.backbone.language_model
    if language_model is None:
        return keras.optimizers.Adam(learning_rate, clipnorm=1.0)
    return SlowedAdam(
        learning_rate,
        slowed=[variable.path for variable in language_model.trainable_variables],
        factor=settings.lm_learning_rate / settings.learning_rate,
        clipnorm=1.0,
    )


def _know_own_classes(place):
    """Imports this project's classes that a folder names, so that Keras knows them."""
    names = {name.removeprefix("modzoo>") for name in registered_names(place)}
    for application in map(load_application, list_applications()):
        for name in names.intersection(application.CLASSES):
            getattr(application, name)
