import keras

from modzoo.applications.annotated_texts import inference
from modzoo.training import MacroRecall, ScoreCosine


def evaluate(model, examples):
    """Figures on labelled texts.

    Args:
        model: `SentimentClassifier`.
        examples: `TextExamples` of classes that the model knows.

    Returns:
        `Evaluation` with `accuracy` and `macro_recall`, the mean of the classes' recalls; where
        the classes are scores also `cosine`, between the gold scores and the means of the
        predicted ones.
    """
    measures = [
        keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
        MacroRecall(model.num_classes),
    ]
    if model.class_scores is not None:
        measures.append(ScoreCosine(model.class_scores))
    return inference.evaluate(model, examples, measures)
