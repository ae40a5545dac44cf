import numpy as np
import pytest
import tensorflow as tf

from modzoo.errors import CallError
from modzoo.knowledge import Lexicon, ScoreTable, align, load_lexicon, normal_words, split_review
from modzoo.knowledge.lexicon import read_scores

LEXICON = Lexicon(
    "l",
    {"good": 3.0, "not good": -2.0, "good luck": 2.0, "luck": 1.0, "so so": 0.0, "a b c": 1.0}
    | {"b so": 4.0, "c a b": -1.0},
)


def reference(words):
    """Longest term first, then leftmost; read term by term."""
    scores = [None] * len(words)
    for length in (3, 2, 1):
        for start in range(len(words) - length + 1):
            places = range(start, start + length)
            term = " ".join(words[start : start + length])
            if term in LEXICON.scores and all(scores[i] is None for i in places):
                for i in places:
                    scores[i] = LEXICON.scores[term]
    return [(0.0, 0.0) if s is None else (s, 1.0) for s in scores]


@pytest.mark.parametrize(
    "text",
    [
        "good",
        "not good",
        "a not good film",
        "not good luck",
        "so so",
        "so so so",
        "a b so so",
        "a b c a b",
        "a b c",
        "x a b c good",
        "a b",
        "nothing here",
    ],
)
def test_align(text):
    words = text.split()
    batch = tf.constant([[*words, ""], [""] * (len(words) + 1)])
    found = align(batch, ScoreTable(LEXICON.scores)).numpy()
    np.testing.assert_array_equal(found[0], [*reference(words), (0.0, 0.0)])
    assert not found[1].any()


def test_align_random_sequences():
    rng = np.random.default_rng(0)
    table = ScoreTable(LEXICON.scores)
    vocabulary = ["a", "b", "c", "so", "not", "good", "luck"]
    batch = rng.choice(vocabulary, (50, 9))
    found = align(tf.constant(batch), table).numpy()
    # Terms of one length may overlap; the one that begins first keeps its words.
    np.testing.assert_array_equal(found, [reference(list(row)) for row in batch])


def test_save_and_load(tmp_path):
    LEXICON.save_assets(tmp_path)
    again = Lexicon("l")
    again.load_assets(tmp_path)
    assert again.scores == LEXICON.scores


def test_terms_take_the_form_of_the_words():
    scores = {"can't stand": -3.0, "fine": 1.0, ":)": 2.0, ": )": 9.0}
    table = ScoreTable(scores, split_review)
    assert table.max_words == 3
    words = split_review(tf.constant(["i can't stand it :)"])).to_tensor("")
    assert align(words, table)[0, :, 0].numpy().tolist() == [0, -3, -3, -3, 0, 2, 2]


def test_a_term_of_no_words_matches_no_padding():
    table = ScoreTable({"\u200b": 5.0, "good": 1.0}, normalize_and_split)
    found = align(tf.constant([["good", ""]]), table).numpy()
    assert found.tolist() == [[[1, 1], [0, 0]]]


def test_a_term_may_not_be_a_book():
    with pytest.raises(CallError, match="A term has 65 words, and at most 64"):
        ScoreTable({"a " * 65: 1.0})


def normalize_and_split(texts):
    return normal_words(texts, "tweets")


@pytest.mark.parametrize("line", ["good", "good\tvery", "\t3", "good\tnan"])
def test_load_names_file_and_line(tmp_path, line):
    path = tmp_path / "l.tsv"
    path.write_text(f"fine\t1\n{line}\n")
    with pytest.raises(CallError, match=r"l\.tsv, line 2"):
        read_scores(path)


def test_afinn_holds_its_published_terms():
    lexicon = load_lexicon("afinn")
    assert len(lexicon.scores) == 3382
    assert lexicon.scores["outstanding"] == 5
    assert min(lexicon.scores.values()) == -5
    assert ScoreTable(lexicon.scores).max_words == 3


def test_afinn_equals_the_published_file(data_dir):
    published = read_scores(data_dir / "lexica" / "afinn" / "AFINN-en-165.txt")
    assert load_lexicon("afinn").scores == published


def test_an_empty_file_is_no_lexicon(tmp_path):
    (tmp_path / "l.tsv").write_text("")
    with pytest.raises(CallError, match=r"l\.tsv holds no terms"):
        read_scores(tmp_path / "l.tsv")


def test_unknown_lexicon_is_named():
    with pytest.raises(CallError, match=r"no lexicon 'affin'.*afinn"):
        load_lexicon("affin")
