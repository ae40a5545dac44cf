"""What the generated corpora share: how a corpus is drawn, and that it has three splits."""

import numpy as np

from modzoo.data.splits import SPLITS, require_split


def corpus_generator(seed, split):
    """The random generator that one split of the corpus with a seed is drawn by.

    Args:
        seed: Integer, seed of the corpus.
        split: `"train"`, `"validation"` or `"test"`.

    Returns:
        `numpy.random.Generator`; the splits of a seed have independent ones.
    """
    require_split(split, SPLITS, "The generated corpus")
    return np.random.default_rng([seed, SPLITS.index(split)])


def pick(rng, options):
    """One of a sequence of options, each as likely."""
    return options[rng.integers(len(options))]
