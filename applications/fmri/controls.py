"""What simple means find of the same series, to be put beside a network's figures."""

import numpy as np

PENALTY = 10.0  # of the ridge


def ridge_accuracy(train, test):
    """Accuracy of a ridge classifier for each task, of the features' means over time."""
    from sklearn.linear_model import RidgeClassifier

    found = 0
    for task in range(len(train.labels)):
        own, tested = (part.take(np.flatnonzero(part.tasks == task)) for part in (train, test))
        if not (len(tested) and len(own)):
            continue
        ridge = RidgeClassifier(alpha=PENALTY).fit(_means(own), own.classes)
        found += (ridge.predict(_means(tested)) == tested.classes).sum()
    return float(found / len(test))


def _means(examples):
    series = examples.series if examples.is_read is None else examples.series[..., examples.is_read]
    return series.mean(1)


def place_accuracy(train, test):
    """Accuracy of saying of each example what is most frequent at its place in a group, such as
    the block's position in a run; of several, the first."""
    width = max(map(len, train.labels.values()))
    guesses = {
        place: np.bincount(train.classes[train.places == place], minlength=width).argmax()
        for place in np.unique(test.places)
    }
    guessed = np.array([guesses[place] for place in test.places])
    return float((guessed == test.classes).mean())
