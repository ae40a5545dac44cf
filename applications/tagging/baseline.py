from collections import Counter, defaultdict

from modzoo.applications.tagging.evaluation import score


def most_frequent_tags(train, sentences, task):
    """Figures of tagging each word as it most often is in training.

    Words are compared in lower case; one that is not in training has the most frequent tag of
    all.

    Args:
        train: `TaggedSentences` of training.
        sentences: `TaggedSentences` to tag.
        task: Name of the task.

    Returns:
        `{"accuracy", "macro_f1"}`.
    """
    counts, total = defaultdict(Counter), Counter()
    for words, tags in _tagged(train, task):
        total.update(tags)
        for word, tag in zip(words, tags, strict=True):
            counts[word.lower()][tag] += 1
    of_all = _first(total)
    best = {word: _first(found) for word, found in counts.items()}
    gold = [tags for _, tags in _tagged(sentences, task)]
    predicted = [
        [best.get(word.lower(), of_all) for word in words] for words, _ in _tagged(sentences, task)
    ]
    return score(gold, predicted, list(total), macro=True)[0]


def _tagged(sentences, task):
    rows = zip(sentences.tokens, sentences.tags[task], strict=True)
    return [(words, tags) for words, tags in rows if tags is not None]


def _first(counts):
    """The most frequent, of several the first by name."""
    return min(counts, key=lambda tag: (-counts[tag], tag))
