import io
import json

import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from modzoo.errors import CallError
from modzoo.knowledge import padded_words
from modzoo.knowledge.pieces import Pieces, restore_pieces
from tests import language_models as tiny
from tests.reference import pieces as reference

TEXTS = [
    "The unaffordable film 's ending is n't good , really !",
    "10,000 naïve THE-film don't ... x",
    "a",
]
SENTENCES = ["the unaffordable film ends well", "is n't good , really", "10,000 naive"]


def word_piece():
    return keras_hub.tokenizers.BertTokenizer(tiny.WORD_PIECES, lowercase=True)


def byte_pair():
    vocabulary = {piece: i for i, piece in enumerate(tiny.byte_pairs())}
    return keras_hub.tokenizers.RobertaTokenizer(vocabulary, tiny.MERGES)


def unigram():
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(20 * SENTENCES),
        model_writer=model,
        vocab_size=30,
        minloglevel=2,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=3,
    )
    return keras_hub.tokenizers.XLMRobertaTokenizer(model.getvalue())


def split(texts, multiple=1):
    return padded_words(tf.constant(texts), "reviews", length_multiple=multiple).written


def flat(row, tokenizer):
    """`[(piece, word)]` of a row of windows, without starts, ends and padding."""
    pairs = row.numpy().reshape(-1, 2).tolist()
    return [(tokenizer.id_to_token(i), word) for i, word in pairs if word > 0]


def joined(words):
    return " ".join(word.decode() for word in words if word)


def test_word_pieces_are_those_of_the_whole_text():
    tokenizer = word_piece()
    words = split(TEXTS)
    found = Pieces(tokenizer, 100)(words)
    assert found.shape[1] == 1
    for row, line in zip(found, words.numpy(), strict=True):
        text = joined(line)
        assert flat(row, tokenizer) == reference.word_pieces(text, tiny.WORD_PIECES)


def test_byte_pairs_are_those_of_the_whole_text():
    tokenizer = byte_pair()
    words = split(TEXTS)
    pieces = Pieces(tokenizer, 100)
    assert pieces.prefix == " "
    for row, line in zip(pieces(words), words.numpy(), strict=True):
        expected = reference.byte_pairs(joined(line), tiny.byte_letters(), tiny.MERGES)
        assert flat(row, tokenizer) == expected


def test_unigrams_are_those_of_the_whole_text():
    pytest.importorskip("sentencepiece")
    tokenizer = unigram()
    texts = [*SENTENCES, "the film is naive , ends good"]
    for row, text in zip(Pieces(tokenizer, 100)(split(texts)), texts, strict=True):
        found, word = [], 0
        for piece in tokenizer._sentence_piece_spm.encode(text, out_type=str):
            word += piece.startswith("▁")
            found.append((piece, word))
        assert [w for _, w in flat(row, tokenizer)] == [w for _, w in found]


def test_a_start_and_an_end_stand_around_the_pieces():
    ids = Pieces(word_piece(), 100)(split(["the film", ""])).numpy()
    assert ids.shape == (2, 1, 16, 2)
    cls, sep, pad = (tiny.WORD_PIECES.index(piece) for piece in ("[CLS]", "[SEP]", "[PAD]"))
    assert ids[0, 0, [0, 3, 4]].tolist() == [[cls, 0], [sep, 0], [pad, -1]]
    assert ids[1, 0, [0, 1, 2]].tolist() == [[cls, 0], [sep, 0], [pad, -1]]


def test_long_texts_are_read_in_windows():
    tokenizer = word_piece()
    words = split([" ".join(["unaffordable"] * 9), "film"])
    whole, windows = Pieces(tokenizer, 100)(words), Pieces(tokenizer, 10)(words)
    assert windows.shape == (2, 4, 10, 2)  # 27 pieces, 8 at a time
    for a, b in zip(whole, windows, strict=True):
        assert flat(a, tokenizer) == flat(b, tokenizer)
    assert (windows[:, :, 0, 1] == 0).numpy().all()
    assert windows[0, 3, 4].numpy().tolist() == [tokenizer.sep_token_id, 0]


def test_a_word_without_pieces_has_none():
    words = tf.constant([["film", "\u200d\x07", "good"]])
    found = flat(Pieces(word_piece(), 20)(words)[0], word_piece())
    assert [word for piece, word in found if piece != "[UNK]"] == [1, 3]


def test_no_texts_and_no_words():
    pieces = Pieces(word_piece(), 20)
    assert pieces(tf.zeros([0, 3], tf.string)).shape == (0, 1, 16, 2)
    assert pieces(tf.constant([["", ""]])).shape == (1, 1, 16, 2)


@pytest.mark.parametrize("make", [word_piece, byte_pair])
def test_it_is_restored_from_its_files(make):
    pieces, words = Pieces(make(), 12), split(TEXTS)
    arrays = pieces.arrays()
    again = restore_pieces(json.loads(json.dumps(pieces.get_config())), arrays)
    np.testing.assert_array_equal(again(words), pieces(words))
    arrays.popitem()
    with pytest.raises(ValueError, match="is missing"):
        restore_pieces(pieces.get_config(), arrays)
    with pytest.raises(ValueError, match="'os>system' is no Tokenizer"):
        restore_pieces({"tokenizer": {"registered_name": "os>system"}, "max_length": 9}, arrays)


def test_pieces_that_cross_words_are_refused():
    class Crossing(keras_hub.tokenizers.BertTokenizer):
        def tokenize(self, inputs):
            return super().tokenize(tf.strings.regex_replace(inputs, " ", ""))

    with pytest.raises(CallError, match="Crossing makes pieces that cross words"):
        Pieces(Crossing(tiny.WORD_PIECES, lowercase=True), 20)
