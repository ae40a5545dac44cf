import keras

from modzoo.applications.annotated_texts import inference
from modzoo.training import MicroF1


def evaluate(model, examples):
    """Figures on labelled texts.

    Args:
        model: `HealthClassifier`.
        examples: `TextExamples` of classes that the model knows.

    Returns:
        `Evaluation` with `micro_f1`, of the first two classes together, the F1 of each alone,
        as `dose_f1`, and `accuracy`.
    """
    first = model.labels[:2]
    measures = [
        MicroF1(),
        *(MicroF1([number], name=f"{label}_f1") for number, label in enumerate(first)),
        keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
    ]
    return inference.evaluate(model, examples, measures)
