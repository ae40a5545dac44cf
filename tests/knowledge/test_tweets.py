import numpy as np
import pytest
import tensorflow as tf

from modzoo.data.semeval import load_semeval17
from modzoo.knowledge import ScoreTable, align, load_lexicon, normalize_tweet, split_tweet


def normal_form(text):
    return normalize_tweet(split_tweet(text))


def words(text):
    return [word.decode() for word in split_tweet(tf.constant([text]))[0].numpy()]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Don't go; it's so-so, isn't it?", "Do n't go ; it 's so-so , is n't it ?"),
        ("I’m “happy”", "I 'm “ happy ”"),
        ("RT @Some_One: hi.@x", "RT @Some_One : hi . @x"),
        ("@name's mail a.b@c.org", "@name 's mail a.b@c.org"),
        ("(see http://t.co/aB1).", "( see http://t.co/aB1 ) ."),
        ("https://a.b/c?d=e#F, www.a.com!", "https://a.b/c?d=e#F , www.a.com !"),
        ("bit.ly/x1 and/or a.com", "bit.ly/x1 and / or a.com"),
        ("cut off http://t.co/a…", "cut off http://t.co/a …"),
        ("gluedhttp://a.b", "glued http://a.b"),
        ("hit $3.39!!!! 10,000 at 7:30pm, 2-1", "hit $3.39 !!!! 10,000 at 7:30pm , 2-1"),
        ("8:30-9:45 on 9/11. 1st", "8:30-9:45 on 9/11 . 1st"),
        ("I cannot, gonna #Wanna x.com/cannot", "I can not , gon na # Wan na x.com/cannot"),
        ("what??? no... ?!", "what ??? no ... ? !"),
        ("U.S. at 5 p.m. Mr. X vs. Y.", "U.S. at 5 p.m. Mr. X vs. Y ."),
        ("f**k rock'n'roll 'em 'quoted'", "f**k rock'n'roll 'em ' quoted '"),
        ("naïve 日本語 Ünïcode", "naïve 日本語 Ünïcode"),
    ],
)
def test_words(text, expected):
    assert words(text) == expected.split()


EMOTICONS = r"""
:) :( :-) :-( ;D ;-) :D :P :p :/ :\ :| :* :'( :') =) =( :3 :o) :O) >:( }:) 8-) O:) xD XD XP D: d:
(: (; (-: )-: ;-( ^_^ ^^ -_- >.< o_O T_T ;_; *_* @_@ <3 <333 </3 \o/ ¯\_(ツ)_/¯ -> <-- =>
"""


@pytest.mark.parametrize("text", EMOTICONS.split())
def test_emoticons_are_one_word(text):
    assert words(f"so {text} there") == ["so", text, "there"]


@pytest.mark.parametrize("text", [":)", ":-(", ";D", "(:", "<3", "^_^", "->", "=)", ":'("])
def test_emoticons_close_to_words(text):
    assert words(f"so{text}!") == ["so", text, "!"]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("hi :)))", "hi :) ))"),
        ("(nice :))", "( nice :) )"),
        ("as here:done", "as here : done"),
        ("RT:@name :$5 :#tag", "RT : @name : $5 : # tag"),
        ("(note): a<30", "( note ) : a < 30"),
        ("won 3:3", "won 3:3"),
        ("ID: x", "ID : x"),
    ],
)
def test_what_only_resembles_an_emoticon(text, expected):
    assert words(text) == expected.split()


@pytest.mark.parametrize(
    "emoji",
    ["👍", "👍🏽", "❤️", "❤", "☺️", "👨‍👩‍👧", "🤷🏽‍♀️", "🏳️‍🌈", "🇬🇧", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "♥", "™"],
)
def test_an_emoji_is_one_word(emoji):
    assert words(f"so {emoji}{emoji}!") == ["so", emoji, emoji, "!"]


@pytest.mark.parametrize(
    "hashtag, expected",
    [
        ("#happy", "# happy"),
        ("#GoodMorning", "# Good Morning"),
        ("#BBCNewsLive", "# BBC News Live"),
        ("#NATO", "# NATO"),
        ("#DVDs", "# DVDs"),
        ("#IAmHere", "# I Am Here"),
        ("#not_so__bad_", "# not so bad"),
        ("#Euro2016Final", "# Euro 2016 Final"),
        ("#2ndTime", "# 2nd Time"),
        ("#ÉcoleÉté", "# École Été"),
        ("#日本語", "# 日本語"),
        ("#a#b", "# a # b"),
        ("# #_ #!", "# # # !"),
    ],
)
def test_hashtags(hashtag, expected):
    assert words(hashtag) == expected.split()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a &amp; b &lt;3 &amp;lt;3 &gt;:(", "a & b <3 <3 >:("),
        ("&quot;don&#39;t&quot; it&#039;s a&nbsp;b", "\" do n't \" it 's a b"),
        ("AT&T &unknown;", "AT & T & unknown ;"),
    ],
)
def test_entities(text, expected):
    assert words(text) == expected.split()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", []),
        (" \t\r\n\u00a0\u200b\ufeff\x00", []),
        ("a\r\nb\u2028c\u00a0d\x00e", ["a", "b", "c", "d", "e"]),
        (b"\xff good \xf0\x9f", ["\ufffd", "good", "\ufffd"]),
        ("\u200d", ["\u200d"]),
        ("😂", ["😂"]),
    ],
)
def test_hostile_text(text, expected):
    assert words(text) == expected


def test_long_and_empty_batches():
    assert words("#A_b :) " * 2500) == ["#", "A", "b", ":)"] * 2500
    assert split_tweet(tf.constant([], tf.string)).shape[0] == 0
    batch = split_tweet(tf.constant(["", "#ab cd", ""]))
    assert batch.to_list() == [[], [b"#", b"ab", b"cd"], []]


def test_in_a_graph():
    data = tf.data.Dataset.from_tensor_slices(["#GoodMorning @a", ""]).batch(2).map(normal_form)
    assert next(iter(data)).to_list() == [[b"#", b"good", b"morning", b"@user"], []]


def test_normal_form_names_nobody():
    tweet = "@Some_One ＠Ñame a.b@c.org HTTP://T.co/X www.A.com bit.ly/Z ÉTÉ :@ @_@ @ 1,000"
    names = "@user @user @user http http http été :@ @_@ @ 1,000"
    expected = names.split()
    ragged = normal_form(tf.constant([tweet, ""]))
    assert [word.decode() for word in ragged[0].numpy()] == expected
    dense = normalize_tweet(split_tweet(tf.constant([[tweet]][0])).to_tensor(""))
    assert dense.shape == (1, len(expected))
    assert [word.decode() for word in dense[0].numpy()] == expected
    nested = tf.RaggedTensor.from_row_lengths(ragged, [2])
    assert normalize_tweet(nested).to_list() == [ragged.to_list()]


def test_terms_of_lexica_match_tweets():
    scores = {"#happy": 2.0, ":)": 1.0, ":-))": 3.0, ":d": 1.5, "can't stand": -3.0, "8)": 0.5}
    table = ScoreTable(scores, normal_form)
    tweets = ["so #Happy :) !", "i can’t stand :D", ":-)) 8)", "happy )"]
    found = align(normal_form(tf.constant(tweets)).to_tensor(""), table)[..., 0].numpy()
    expected = [[0, 2, 2, 1, 0], [0, -3, -3, -3, 1.5], [3, 3, 0.5, 0.5, 0], [0] * 5]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["afinn", "vader"])
def test_every_packaged_term_is_found(name):
    lexicon = load_lexicon(name)
    table = ScoreTable(lexicon.scores, normal_form)
    assert table.max_words <= 6
    found = align(normal_form(tf.constant(list(lexicon.scores))).to_tensor(""), table)[:, 0, 0]
    np.testing.assert_allclose(found, list(lexicon.scores.values()), rtol=1e-6)


def test_real_tweets(data_dir):
    texts = load_semeval17(data_dir / "semeval17_4a", "2016devtest").texts
    split = split_tweet(tf.constant(texts))
    joined = tf.strings.reduce_join(split, axis=-1, separator=" ")
    assert split_tweet(joined).to_list() == split.to_list()  # what is split stays as it is
    for text, found in zip(texts, split.to_list(), strict=True):
        if "&" not in text and "#" not in text:
            letters = "".join(text.replace("’", "'").split())
            assert b"".join(found).decode() == letters
    vocabulary = set(normalize_tweet(split).flat_values.numpy())
    named = [
        word for word in vocabulary if b"@" in word and any(c.isalpha() for c in word.decode())
    ]
    assert named == [b"@user"]
