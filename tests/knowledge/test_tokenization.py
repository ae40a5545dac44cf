import pytest
import tensorflow as tf

from modzoo.data.sst2 import load_sst2
from modzoo.knowledge import split_review


def words(text):
    return [word.decode() for word in split_review(tf.constant([text]))[0].numpy()]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("It's a film.", "It 's a film ."),
        ("Don't go; isn't it bad?", "Do n't go ; is n't it bad ?"),
        ("It’s “great”", "It 's “ great ”"),
        ("well-made by-the-numbers stuff -- really", "well-made by-the-numbers stuff -- really"),
        ("wait... what?!", "wait ... what ? !"),
        ("Mr. X of the U.S. paid $5.50, or 10,000.", "Mr. X of the U.S. paid $ 5.50 , or 10,000 ."),
        ("You cannot like it. I can't.", "You can not like it . I ca n't ."),
        ("GONNA wanna gotta gimme lemme", "GON NA wan na got ta gim me lem me"),
        ("'Tis, 'twas, d'ye see", "'T is , 't was , d' ye see"),
        ("i-cannot-even cannots", "i-cannot-even cannots"),
        ("the actors' faces, the 90's", "the actors ' faces , the 90 's"),
        ("a writer/director at 7:30: fine", "a writer/director at 7:30 : fine"),
        ("Lt. Col. etc. no. Yes", "Lt. Col. etc. no . Yes"),
        ("I ❤️ it", "I ❤️ it"),
        ("so good. So bad", "so good . So bad"),
        ("a 'great' film", "a ' great ' film"),
        ("naïve café 👍", "naïve café 👍"),
        ("", ""),
        (" \t\r\n ", ""),
    ],
)
def test_split_review(text, expected):
    assert words(text) == expected.split()


@pytest.mark.parametrize("text", ["it 's a film .", "`` wild '' , do n't", "the u.s. , mr. x"])
def test_tokenised_text_stays_as_it_is(text):
    assert words(text) == text.split()


def test_invalid_utf8_is_replaced():
    assert words(b"\xff good") == ["\ufffd", "good"]


def test_sst2_is_left_as_it_was_tokenised(data_dir):
    texts = load_sst2(data_dir / "sst2", "dev").texts
    joined = tf.strings.reduce_join(split_review(tf.constant(texts)), axis=-1, separator=" ")
    kept = [text == out.decode() for text, out in zip(texts, joined.numpy(), strict=True)]
    assert sum(kept) / len(kept) > 0.98
