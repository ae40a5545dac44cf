import numpy as np
import pytest
import tensorflow as tf

from modzoo.data.semeval import load_semeval17
from modzoo.errors import CallError
from modzoo.knowledge import Lexicon, learn_pmi_lexicon, normalize_tweet, split_tweet


def learn(texts, labels, positive=(2,), negative=(0,), min_count=1, **options):
    return learn_pmi_lexicon(
        texts, labels, positive, negative, tf.strings.split, min_count=min_count, **options
    )


def test_scores_by_hand():
    texts = ["good good the", "fine the", "bad the the the", "ignored good"]
    lexicon = learn(texts, np.array([2, 2, 0, 1]), name="own")
    # 5 positive words, 4 negative ones: each word gets 5/9 and 4/9 of an occurrence more.
    expected = {"the": (2, 3), "good": (2, 0), "fine": (1, 0), "bad": (0, 1)}
    for word, (positive, negative) in expected.items():
        ratio = (positive + 5 / 9) / (negative + 4 / 9) * 4 / 5
        assert lexicon.scores[word] == pytest.approx(np.log2(ratio), abs=6e-5), word
    assert lexicon.scores.keys() == expected.keys()
    assert lexicon.name == "own"
    assert not lexicon.packaged
    assert next(iter(lexicon.scores)) == "the"


def test_a_word_as_frequent_on_both_sides_has_no_score():
    lexicon = learn(["a b b b", "c c c a", "a d d d"], [2, 2, 0])
    assert lexicon.scores["a"] == pytest.approx(0)


def test_grades_on_both_sides():
    lexicon = learn(["a", "b", "c", "d", "e"], [4, 3, 2, 1, 0], positive=[3, 4], negative=[0, 1])
    assert {word: np.sign(score) for word, score in lexicon.scores.items()} == {
        **dict.fromkeys("ab", 1),
        **dict.fromkeys("de", -1),
    }


def test_rare_words_are_left_out():
    texts = ["a a b", "b a c c", "c"]
    assert set(learn(texts, [2, 0, 1], min_count=3).scores) == {"a"}


def test_the_batch_makes_no_difference(monkeypatch):
    texts, labels = ["a b", "", "c a", "b", "a"], [2, 0, 0, 2, 0]
    whole = learn(texts, labels)
    monkeypatch.setattr("modzoo.knowledge.pmi.BATCH", 2)
    assert learn(texts, labels).scores == whole.scores


@pytest.mark.parametrize(
    "texts, labels, message",
    [
        (["a", "b"], [0, 0], "no positive words"),
        (["a", ""], [2, 0], "no negative words"),
        ([], [], "no positive words"),
        (["a", "b"], [2, 0], "no word occurs 9 times in the 2 "),
    ],
)
def test_what_cannot_be_learned(texts, labels, message):
    with pytest.raises(CallError, match=message):
        learn(texts, np.array(labels, "int64"), min_count=9)


def test_real_tweets(data_dir, tmp_path):
    examples = load_semeval17(data_dir / "semeval17_4a", "2013train")
    lexicon = learn_pmi_lexicon(
        examples.texts, examples.labels, [2], [0], lambda text: normalize_tweet(split_tweet(text))
    )
    for good, bad in (("love", "hate"), ("happy", "sad"), (":)", ":("), ("great", "worst")):
        assert lexicon.scores[good] > 0.5 > -0.5 > lexicon.scores[bad]
    assert abs(lexicon.scores["the"]) < 0.3
    lexicon.save_assets(tmp_path)
    again = Lexicon("pmi")
    again.load_assets(tmp_path)
    assert again.scores == lexicon.scores
