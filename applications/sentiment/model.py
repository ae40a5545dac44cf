"""The classes of `annotated_texts` as this application's saved models name them."""

import keras

from modzoo.applications.annotated_texts.backbone import AnnotatedTextBackbone
from modzoo.applications.annotated_texts.classifier import AnnotatedTextClassifier
from modzoo.applications.annotated_texts.preprocessor import AnnotatedTextPreprocessor
from modzoo.applications.annotated_texts.tokenizer import AnnotatedTextTokenizer
from modzoo.knowledge.polarity import class_scores


@keras.saving.register_keras_serializable(package="modzoo")
class SentimentBackbone(AnnotatedTextBackbone):
    __doc__ = AnnotatedTextBackbone.__doc__


@keras.saving.register_keras_serializable(package="modzoo")
class SentimentTokenizer(AnnotatedTextTokenizer):
    __doc__ = AnnotatedTextTokenizer.__doc__

    backbone_cls = SentimentBackbone


@keras.saving.register_keras_serializable(package="modzoo")
class SentimentPreprocessor(AnnotatedTextPreprocessor):
    __doc__ = AnnotatedTextPreprocessor.__doc__

    backbone_cls = SentimentBackbone
    tokenizer_cls = SentimentTokenizer


@keras.saving.register_keras_serializable(package="modzoo")
class SentimentClassifier(AnnotatedTextClassifier):
    __doc__ = AnnotatedTextClassifier.__doc__

    backbone_cls = SentimentBackbone
    preprocessor_cls = SentimentPreprocessor

    @property
    def class_scores(self):
        return class_scores(self.labels)
