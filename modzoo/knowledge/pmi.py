import numpy as np
import tensorflow as tf

from modzoo.errors import CallError
from modzoo.knowledge.lexicon import Lexicon
from modzoo.knowledge.polarity import poles
from modzoo.knowledge.styles import normal_words

BATCH = 1024


def learn_pmi_source(material):
    """The source `"pmi"` of the labelled texts of a `Material` (see `learn_pmi_lexicon`)."""
    if not len(material.labels):
        raise CallError("The source pmi is learned from labelled texts; give examples.")
    positive, negative = poles(material.label_names)
    return learn_pmi_lexicon(
        material.texts,
        material.labels,
        positive,
        negative,
        lambda texts: normal_words(texts, material.style),
    )


def learn_pmi_lexicon(texts, labels, positive, negative, split, min_count=5, name="pmi"):
    """A lexicon of how much more often each word occurs in positive texts than in negative ones.

    As the NRC Hashtag lexicon was made, a word's score is the difference of its pointwise
    mutual information with either side, from counts of occurrences (not of texts):

        score(w) = PMI(w, positive) - PMI(w, negative)
                 = log2 [freq(w, positive) freq(negative) / (freq(w, negative) freq(positive))]

    One more occurrence of each word is divided between the sides in the ratio of their
    sizes: a word seen on one side alone gets a finite score, a word as frequent on both keeps 0.

    Learn it from texts to train with, never from those a model is judged by.

    Args:
        texts: List of strings.
        labels: Integer array `(len(texts),)`.
        positive: List of the classes, values of `labels`, that are positive. Texts of a
            class that is neither positive nor negative are passed over.
        negative: List of the negative classes.
        split: Tokeniser, strings `(batch,)` to ragged words `(batch, None)`.
        min_count: Integer, how often a word must occur in positive and negative texts together.
        name: Name of the lexicon.

    Returns:
        `Lexicon`, the most frequent words first; scores have four decimals.

    Raises:
        CallError: If either side has no words, or no word occurs often enough.

    Reference:
        Kiritchenko, Zhu and Mohammad, 2014, "Sentiment Analysis of Short Informal Texts", 3.3.
    """
    labels = np.asarray(labels)
    is_positive, is_negative = np.isin(labels, positive), np.isin(labels, negative)
    used = np.flatnonzero(is_positive | is_negative)
    words, ids, rows = _words([texts[i] for i in used], split)
    side = is_positive[used][rows]
    counts = np.stack([np.bincount(ids[side == s], minlength=len(words)) for s in (True, False)])
    sizes = counts.sum(axis=1, keepdims=True)
    if not sizes.all():
        missing = "positive" if not sizes[0] else "negative"
        raise CallError(f"The lexicon {name!r} cannot be learned: there are no {missing} words.")
    smoothed = counts + sizes / sizes.sum()
    scores = np.log2(smoothed[0] / smoothed[1] * sizes[1] / sizes[0])
    totals = counts.sum(axis=0)
    order = np.argsort(-totals, kind="stable")
    kept = {words[i].decode(): round(float(scores[i]), 4) for i in order if totals[i] >= min_count}
    if not kept:
        raise CallError(
            f"The lexicon {name!r} cannot be learned: no word occurs {min_count} times in the "
            f"{len(used)} positive and negative texts."
        )
    return Lexicon(name, kept)


def _words(texts, split):
    """The distinct words, and each occurrence's index into them and into `texts`."""
    values, lengths = [tf.constant([], tf.string)], [np.zeros(0, "int64")]
    for start in range(0, len(texts), BATCH):
        ragged = split(tf.constant(texts[start : start + BATCH]))
        values.append(ragged.values)
        lengths.append(ragged.row_lengths().numpy())
    words, ids = tf.unique(tf.concat(values, axis=0))
    return words.numpy(), ids.numpy(), np.repeat(np.arange(len(texts)), np.concatenate(lengths))
