"""Keras metrics of the field that Keras itself has not, for choosing an epoch by them."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="modzoo")
class MacroRecall(keras.metrics.Metric):
    """Mean over the classes of the share of each that is found: SemEval-2017 task 4's measure.

    A class of which there is no example is left out of the mean.

    Args:
        num_classes: Integer.

    `y_true` are class numbers, `(batch,)` or `(batch, 1)`; `y_pred` logits or
    probabilities, `(batch, num_classes)`.
    """

    def __init__(self, num_classes, name="macro_recall", **kwargs):
        super().__init__(name=name, **kwargs)
        self.num_classes = num_classes
        self.found = self.add_variable((num_classes,), "zeros", name="found")
        self.present = self.add_variable((num_classes,), "zeros", name="present")

    def update_state(self, y_true, y_pred, sample_weight=None):
        true = ops.one_hot(ops.reshape(y_true, (-1,)), self.num_classes)
        predicted = ops.one_hot(ops.argmax(y_pred, axis=-1), self.num_classes)
        if sample_weight is not None:
            true = true * ops.reshape(ops.cast(sample_weight, true.dtype), (-1, 1))
        self.found.assign_add(ops.sum(true * predicted, axis=0))
        self.present.assign_add(ops.sum(true, axis=0))

    def result(self):
        present = ops.cast(self.present > 0, self.present.dtype)
        recall = ops.divide_no_nan(self.found, self.present)
        return ops.divide_no_nan(ops.sum(recall), ops.sum(present))

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


@keras.saving.register_keras_serializable(package="modzoo")
class MicroF1(keras.metrics.Metric):
    """F1 of some classes together: the measure of SMM4H's tasks of three classes.

    What is found of these classes is counted over all of them; 0 where nothing is.

    Args:
        classes: List of the classes' numbers. The first two by default.

    `y_true` are class numbers, `(batch,)` or `(batch, 1)`; `y_pred` logits or
    probabilities, `(batch, num_classes)`.
    """

    def __init__(self, classes=(0, 1), name="micro_f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.classes = list(classes)
        self.found = self.add_variable((), "zeros", name="found")
        self.named = self.add_variable((), "zeros", name="named")

    def update_state(self, y_true, y_pred, sample_weight=None):
        true = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        predicted = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
        weight = 1.0 if sample_weight is None else ops.reshape(sample_weight, (-1,))
        for number in self.classes:
            is_true = ops.cast(true == number, self.dtype) * weight
            is_predicted = ops.cast(predicted == number, self.dtype)
            self.found.assign_add(ops.sum(is_true * is_predicted))
            self.named.assign_add(ops.sum(is_true + is_predicted * weight))

    def result(self):
        return ops.divide_no_nan(2 * self.found, self.named)

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}


@keras.saving.register_keras_serializable(package="modzoo")
class ScoreCosine(keras.metrics.Metric):
    """Cosine of the angle between gold and predicted scores: SemEval-2015 task 11's measure.

    The predicted score is the mean of the classes' scores under the model's distribution.

    Args:
        scores: List of numbers, the score of each class.

    `y_true` are class numbers, `(batch,)` or `(batch, 1)`; `y_pred` logits,
    `(batch, len(scores))`.
    """

    def __init__(self, scores, name="cosine", **kwargs):
        super().__init__(name=name, **kwargs)
        self.scores = list(scores)
        self.sums = self.add_variable((3,), "zeros", name="sums")

    def update_state(self, y_true, y_pred, sample_weight=None):
        scores = ops.cast(ops.convert_to_tensor(self.scores), y_pred.dtype)
        gold = ops.take(scores, ops.reshape(ops.cast(y_true, "int32"), (-1,)))
        predicted = ops.sum(ops.softmax(y_pred, axis=-1) * scores, axis=-1)
        products = ops.stack([gold * predicted, gold * gold, predicted * predicted])
        if sample_weight is not None:
            products = products * ops.reshape(ops.cast(sample_weight, products.dtype), (1, -1))
        self.sums.assign_add(ops.sum(products, axis=1))

    def result(self):
        dot, gold, predicted = (self.sums[i] for i in range(3))
        return ops.divide_no_nan(dot, ops.sqrt(gold * predicted))

    def get_config(self):
        return {**super().get_config(), "scores": self.scores}


@keras.saving.register_keras_serializable(package="modzoo")
class BitsPerDim(keras.metrics.SparseCategoricalCrossentropy):
    """Mean cross-entropy in bits: what a code costs that the model has to say.

    `y_true` are class numbers, `(batch, ...)`; `y_pred` logits, `(batch, ..., num_classes)`.
    """

    def __init__(self, name="bits_per_dim", **kwargs):
        super().__init__(name=name, **{"from_logits": True, **kwargs})

    def result(self):
        return super().result() / math.log(2)
