"""The classes of `annotated_texts` as this application's saved models name them."""

import keras

from modzoo.applications.annotated_texts.backbone import AnnotatedTextBackbone
from modzoo.applications.annotated_texts.classifier import AnnotatedTextClassifier
from modzoo.applications.annotated_texts.preprocessor import AnnotatedTextPreprocessor
from modzoo.applications.annotated_texts.tokenizer import AnnotatedTextTokenizer


@keras.saving.register_keras_serializable(package="modzoo")
class HealthBackbone(AnnotatedTextBackbone):
    __doc__ = AnnotatedTextBackbone.__doc__


@keras.saving.register_keras_serializable(package="modzoo")
class HealthTokenizer(AnnotatedTextTokenizer):
    __doc__ = AnnotatedTextTokenizer.__doc__

    backbone_cls = HealthBackbone


@keras.saving.register_keras_serializable(package="modzoo")
class HealthPreprocessor(AnnotatedTextPreprocessor):
    __doc__ = AnnotatedTextPreprocessor.__doc__

    backbone_cls = HealthBackbone
    tokenizer_cls = HealthTokenizer


@keras.saving.register_keras_serializable(package="modzoo")
class HealthClassifier(AnnotatedTextClassifier):
    __doc__ = AnnotatedTextClassifier.__doc__

    backbone_cls = HealthBackbone
    preprocessor_cls = HealthPreprocessor
