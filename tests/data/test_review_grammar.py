import numpy as np
import pytest

from modzoo.data import review_grammar as grammar
from modzoo.errors import CallError
from modzoo.knowledge import load_lexicon

SCORES = load_lexicon("afinn").scores


@pytest.fixture(scope="module")
def corpus():
    return {split: grammar.generate_reviews(SCORES, split) for split in grammar.SIZES}


def polar_words(examples):
    return {word for text in examples.texts for word in text.split() if word in SCORES}


def test_splits_share_no_word_of_the_lexicon(corpus):
    words = {split: polar_words(examples) for split, examples in corpus.items()}
    assert not words["test"] & (words["train"] | words["validation"])
    assert not words["train"] & words["validation"]
    assert min(map(len, words.values())) > 100


def test_the_rest_of_the_words_is_shared(corpus):
    def plain(split):
        every = {word for text in corpus[split].texts for word in text.split()}
        return every - polar_words(corpus[split])

    assert plain("train") == plain("test")


def test_no_function_word_carries_sentiment():
    assert not {word for form in grammar.FORMS for word in form.split()} & set(SCORES)


def test_a_seed_is_a_corpus(corpus):
    again = grammar.generate_reviews(SCORES, "test")
    other = grammar.generate_reviews(SCORES, "test", seed=1)
    assert again.texts == corpus["test"].texts
    assert other.texts != corpus["test"].texts


def test_unknown_split():
    with pytest.raises(CallError, match="no split 'dev'; it has: train, validation, test"):
        grammar.generate_reviews(SCORES, "dev")


def test_labels_follow_from_the_grammar(corpus):
    """An interpreter of the sentences, written apart from their generator, finds each label."""
    negations = ("not", "never", "n't", "hardly", "nobody", "except")
    for text, label in zip(corpus["test"].texts, corpus["test"].labels, strict=True):
        words = text.removesuffix(" .").split()
        clauses, main = [[]], None
        for i, word in enumerate(words):
            boundary = word in (";", ".", "but", "yet", "and", "although", "while", "even")
            follows = (
                word == ","
                and i
                and any(w in SCORES for w in clauses[-1])
                and (words[i + 1] != "that")
            )
            if (boundary or follows) and clauses[-1]:
                clauses.append([])
            if word in ("but", "yet"):
                main = len(clauses) - 1
            elif word in ("although", "while", "even"):
                main = 1 if i == 0 else 0
            if not (boundary or follows):
                clauses[-1].append(word)
        clauses = [clause for clause in clauses if any(w in SCORES for w in clause)]
        clause = clauses[-1 if main is None else min(main, len(clauses) - 1)]
        polarity = next(np.sign(SCORES[w]) for w in clause if w in SCORES)
        if any(word in negations for word in clause):
            polarity = -polarity
        assert polarity == (1 if label else -1), text
