"""Running text: plain files, WikiText, and what other data sets hold of it."""

import zipfile

import pytest

from modzoo.data import passages, plain_text
from modzoo.data.generated_text import generate_text
from modzoo.data.passages import Passages, joined
from modzoo.data.splits import SPLITS, hash_split
from modzoo.data.text_corpora import load_text
from modzoo.errors import CallError

ARTICLES = 20
WIKITEXT = "".join(
    f" \n = Title {i} = \n \n It has 3 @.@ 50 of {i} @,@ 000 <unk> .\n = = Part = = \n more\n"
    for i in range(ARTICLES)
)


def texts(path, split=None, **options):
    return list(load_text(path, split, **options))


def of_each(path):
    return [texts(path, split) for split in SPLITS]


def of_all(path):
    return [text for split in of_each(path) for text in split]


def written(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# Passages


def test_lines_are_joined_until_they_are_blank_or_long():
    assert list(joined(["a", "b", "", "", "c"])) == ["a b", "c"]
    long = "x" * passages.USUAL
    assert list(joined([long, "a", "b"])) == [long, "a b"]
    assert list(joined([""])) == []


def test_passages_are_read_anew_and_counted():
    own = Passages(lambda: iter(["a b", "c"]), "train", "here")
    assert list(own) == list(own) == ["a b", "c"]
    assert (len(own), own.summary) == (2, "2 passages, 3 words")
    assert (len(own.limit(1)), list(own.limit(None))) == (1, ["a b", "c"])
    both = own.limit(1).followed_by([Passages(lambda: iter(["d"]), "train", "there")])
    assert (list(both), both.source) == (["a b", "d"], "here, there")


# Plain text


def test_a_text_a_line_is_divided_by_a_hash(tmp_path):
    lines = [f"text number {i}" for i in range(60)]
    file = written(tmp_path / "own" / "own.txt", "\n".join(lines))
    for path in (file, file.parent):
        parts = of_each(path)
        assert sorted(of_all(path)) == sorted(lines) and all(parts)
        for split, part in zip(SPLITS, parts, strict=True):
            assert {hash_split(text) for text in part} == {split}
    assert texts(file, "train", whole=True) == lines


def test_a_book_is_divided_by_its_paragraphs(tmp_path):
    book = "".join(f"Line one of {i}\nand line two.\n\n" for i in range(40))
    path = written(tmp_path / "book.txt", book)
    assert texts(path, whole=True)[:2] == [f"Line one of {i} and line two." for i in (0, 1)]
    assert len(of_all(path)) == 40


def test_files_named_after_splits_are_these(tmp_path):
    for name in ("wiki.train.tokens", "wiki.valid.tokens", "wiki.test.tokens"):
        written(tmp_path / name, f"of {name}\n" * 40)
    assert [part[0] for part in of_each(tmp_path)] == [
        "of wiki.train.tokens",
        "of wiki.valid.tokens",
        "of wiki.test.tokens",
    ]
    (tmp_path / "wiki.valid.tokens").unlink()
    written(tmp_path / "wiki.train.tokens", "".join(f"text {i}\n" for i in range(60)))
    train, validation, test = of_each(tmp_path)
    assert len(train) + len(validation) == 60 and validation and len(test) == 40
    assert len(texts(tmp_path, "train", whole=True)) == 60


def test_files_are_named_after_splits_by_whole_words(tmp_path):
    for name in ("latest.txt", "the_great_train_robbery.txt", "devotion.txt"):
        written(tmp_path / name, f"of {name}\n")
    assert len(texts(tmp_path, whole=True)) == 3
    written(tmp_path / "my-test.txt", "of my-test\n")
    found = load_text(tmp_path, "test")
    assert list(found) == ["of my-test"]
    assert found.remarks == (
        "Left out, as other files are named after splits and these are not: devotion.txt, "
        "latest.txt.",
    )
    assert found.followed_by([found]).remarks == found.remarks


def test_lines_are_looked_at_up_to_a_size(tmp_path, monkeypatch):
    monkeypatch.setattr(plain_text, "LOOKED_AT", (1000, 20))
    path = written(tmp_path / "own.txt", "0123456789\n0123456789\n\nend\n")
    assert texts(path, whole=True) == ["0123456789", "0123456789", "end"]
    monkeypatch.setattr(plain_text, "LOOKED_AT", (1000, 21))
    assert texts(path, whole=True) == ["0123456789 0123456789", "end"]


def test_a_zip_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "book.zip", "w") as archive:
        archive.writestr("inner/book.txt", "one\ntwo\n")
    assert texts(tmp_path, whole=True) == ["one", "two"]


# WikiText


def test_articles_are_whole_and_their_last_tenth_is_test(tmp_path):
    path = written(tmp_path / "valid.txt", WIKITEXT)
    train, validation, test = of_each(path)
    assert train[0] == "= Title 0 = It has 3.50 of 0,000 [UNK] . = = Part = = more"
    assert [len(train), len(validation), len(test)] == [16, 2, 2]
    assert [text.split()[2] for text in test] == ["18", "19"]


def test_escapes_and_numbers_across_lines(tmp_path):
    long = "word " * (passages.USUAL // 5)
    text = (
        f"= T = It is &quot; 0 @ .\n@ 7 kg &lt; unk &gt; ( red @ - @ tipped ) {long} 1 @ .\n@ 2\nb"
    )
    found = texts(written(tmp_path / "a.txt", text), whole=True)
    assert found[0].startswith('= T = It is " 0.7 kg [UNK] ( red-tipped ) word')
    assert [found[0][-3:], found[1]] == ["1.2", "b"]


# What is wrong


@pytest.mark.parametrize(
    "content, message",
    [
        (b"fine\ncaf\xe9\n", "own.txt, line 2: byte 0xe9 is not UTF-8; convert"),
        (b"", "holds no text for the split 'train'"),
        (b" \n\n", "holds no text for the split 'train'"),
        (b"a\n" + b"x" * 10**6 + b"\n", "own.txt, line 2: the line has 1,000,000 characters"),
        ("a\n".encode("utf-16"), "is in UTF-16"),
        (b"a\rb\r", "end in CR alone"),
    ],
)
def test_files_that_are_refused(content, message, tmp_path):
    (tmp_path / "own.txt").write_bytes(content)
    for path in (tmp_path, tmp_path / "own.txt"):
        with pytest.raises(CallError, match=message):
            list(load_text(path, "train", whole=True))


def test_another_encoding(tmp_path):
    (tmp_path / "own.txt").write_bytes(b"caf\xe9\n" + "œuvre".encode())
    assert texts(tmp_path, whole=True, fallback="latin-1") == ["café", "œuvre"]


@pytest.mark.parametrize(
    "name, message",
    [("none", "no file or folder"), ("a.pdf", "none of the text files"), (".", "holds no text")],
)
def test_what_is_no_text(name, message, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"")
    with pytest.raises(CallError, match=message):
        load_text(tmp_path / name)


def test_splits_that_are_not_there(tmp_path):
    with pytest.raises(CallError, match="no split 'dev'"):
        load_text(written(tmp_path / "own.txt", "a"), "dev")
    for name in ("train.txt", "valid.txt"):
        written(tmp_path / name, "a")
    with pytest.raises(CallError, match="for the splits train, validation, none for 'test'"):
        load_text(tmp_path, "test")


# Other data sets


def test_the_brown_corpus(tmp_path):
    written(tmp_path / "ca01", "The/at jury/nn\nsaid/vbd ``/`` no/rb ''/''\n\nA/at day/nn\n")
    assert texts(tmp_path, whole=True) == ['The jury said " no "', "A day"]


def test_english_of_pairs_is_taken_once(tmp_path):
    written(tmp_path / "fra.txt", "".join(f"Go {i // 2}.\tVa {i}.\n" for i in range(400)))
    whole = texts(tmp_path, whole=True)
    assert sorted(whole) == sorted(f"Go {i}." for i in range(200))
    assert sorted(of_all(tmp_path)) == sorted(whole)
    written(tmp_path / "fra.txt", "no pair\n")
    assert texts(tmp_path, whole=True) == ["no pair"]


def test_generated_text():
    from modzoo.knowledge import load_lexicon

    scores = load_lexicon("afinn").scores
    parts = [set(generate_text(scores, split)) for split in SPLITS]
    assert not parts[0] & parts[2] and not parts[1] & parts[2]
    assert list(generate_text(scores)) == list(generate_text(scores, "test"))
    with pytest.raises(CallError, match="no split 'dev'"):
        generate_text(scores, "dev")


@pytest.mark.parametrize(
    "name, split, count, words",
    [
        ("wikitext-2", "test", 46, 16_251),
        ("wiki_sents", "test", 1482, 12_299),
        ("sst2", "dev", 872, 17_046),
    ],
)
def test_published_text(name, split, count, words, data_dir):
    found = load_text(data_dir / name)
    assert (found.split, found.summary) == (split, f"{count:,} passages, {words:,} words")


def test_books_that_are_not_all_utf_8(data_dir):
    with pytest.raises(CallError, match=r"ball\.txt, line 4631: byte 0xe8 is not UTF-8"):
        list(load_text(data_dir / "gutenberg", "train"))
    whole = load_text(data_dir / "gutenberg", whole=True, fallback="latin-1")
    assert whole.summary == "10,749 passages, 595,183 words"
