import numpy as np


def class_weights(examples, balance):
    """Weights of the classes in the loss, for `fit`, `{class: weight}`.

    Args:
        examples: Labelled examples with `labels` and `label_names`.
        balance: Float in `[0, 1]`. 0: each example weighs alike, 1: each class does.
    """
    counts = np.bincount(examples.labels, minlength=len(examples.label_names))
    weights = (len(examples) / np.maximum(counts, 1) / len(counts)) ** balance
    return dict(enumerate(weights.tolist()))
