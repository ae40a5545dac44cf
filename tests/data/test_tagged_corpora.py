"""Readers of tagged sentences: published counts, and files as people have them."""

import zipfile

import pytest

from modzoo.data.brown import load_brown
from modzoo.data.conll import load_conll, read_conll
from modzoo.data.conllu import load_conllu, load_uner
from modzoo.data.folders import data_files
from modzoo.data.gmb import load_gmb
from modzoo.data.icon2016 import load_icon2016
from modzoo.data.language_id import load_language_id
from modzoo.data.romanisation import read_romanisation, romanise
from modzoo.data.tagged_sentences import TaggedSentences, of_several_tasks
from modzoo.errors import CallError
from modzoo.files import text_lines


def words(sentences):
    return sum(map(len, sentences.tokens))


def conll(content):
    content = content if isinstance(content, bytes) else content.encode()
    return read_conll(text_lines(content, "f", blank=True), "f")


def write(folder, name, content):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return data_files(folder)


# Published data


def test_gmb(data_dir):
    splits = [
        load_gmb(data_files(data_dir / "gmb_ner"), s) for s in ("train", "validation", "test")
    ]
    assert sum(map(len, splits)) == 47959
    assert sum(map(words, splits)) == 1048575
    assert len({tag for s in splits for tag in s.labels("pos")}) == 42
    assert splits[0].labels("ner")[:3] == ["B-art", "B-eve", "B-geo"]
    assert sum(row.count("None") for s in splits for row in s.tokens) == 10
    assert any("Citroën" in row for s in splits for row in s.tokens)  # cp1252
    assert not set(splits[0].ids) & set(splits[2].ids)


def test_conll2000(data_dir):
    files = data_files(data_dir / "conll2000")
    train, validation, test = (load_conll(files, s) for s in ("train", "validation", None))
    assert (len(train) + len(validation), len(test)) == (8936, 2012)
    assert words(test) == 47377
    assert 0.04 < len(validation) / 8936 < 0.06
    assert test.tokens[0][:3] == ["Rockwell", "International", "Corp."]
    assert test.tags["chunk"][0][:4] == ["B-NP", "I-NP", "I-NP", "B-NP"]


def test_universal_dependencies_joined_with_universal_ner(data_dir):
    dev = load_conllu(data_files(data_dir / "ud_english_ewt"), None)
    ner = load_uner(data_files(data_dir / "uner_english_ewt"), "validation")
    assert (dev.split, ner.split, len(dev), words(dev)) == ("dev", "dev", 2001, 25147)
    joined = dev.join(ner, ["ner"])
    assert sum(tags is None for tags in joined.tags["ner"]) == 3
    for tokens, *tags in zip(joined.tokens, *joined.tags.values(), strict=True):
        assert all(row is None or len(row) == len(tokens) for row in tags)
    assert ner.labels("ner")[-1] == "O"


def test_language_identification(data_dir):
    files = data_files(data_dir / "lid_es_en")
    splits = [load_language_id(files, s) for s in ("train", "validation", "test")]
    assert (sum(map(len, splits)), sum(map(words, splits))) == (7400, 91862)
    counts = [tag for s in splits for row in s.tags["language"] for tag in row]
    assert (counts.count("en"), counts.count("es"), counts.count("other")) == (46042, 25563, 20257)


def test_code_mixed_posts(data_dir):
    files = data_files(data_dir / "girnet_pos")
    splits = [load_icon2016(files, s) for s in ("train", "validation", None)]
    assert list(map(len, splits)) == [1480, 195, 172]  # of 1,868, of which 21 repeat others
    assert splits[0].remarks == ("Code-mixed posts that repeat others and are left out: 21.",)
    found = [word for s in splits for row in s.tokens for word in row]
    assert sum(word.startswith("#") for word in found) == 616
    assert "null" in splits[0].labels("pos")
    assert (len(splits[0].labels("pos")), len(splits[0].labels("language"))) == (18, 8)
    assert len({" ".join(row) for s in splits for row in s.tokens}) == 1847


@pytest.mark.slow
def test_brown(data_dir):
    files = data_files(data_dir / "brown")
    splits = [load_brown(files, s) for s in ("train", "validation", "test")]
    assert (sum(map(len, splits)), sum(map(words, splits))) == (57340, 1161192)


# Files as people have them

CONLL2003 = (
    "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nrejects VBZ I-VP O\n\n\nPeter NNP I-NP I-PER\n"
)


@pytest.mark.parametrize(
    "content",
    [CONLL2003, "\ufeff" + CONLL2003.replace("\n", "\r\n"), CONLL2003.rstrip().replace(" ", "\t")],
    ids=["as published", "mark and CRLF", "tabs, no end of line"],
)
def test_conll2003(tmp_path, content):
    sentences = load_conll(write(tmp_path, "eng.testb", content), None)
    assert sentences.split == "test"
    assert sentences.tokens == [["EU", "rejects"], ["Peter"]]
    assert sentences.tasks == ["pos", "chunk", "ner"]
    assert sentences.tags["ner"] == [["B-ORG", "O"], ["B-PER"]]
    assert sentences.tags["chunk"][0] == ["B-NP", "B-VP"]


def test_columns_by_name(tmp_path):
    files = write(tmp_path, "test.txt", "a x DT I-loc 7\nb y NN I-loc 8\n")
    sentences = load_conll(files, "test", ["_", "pos", "ner", "_"])
    assert sentences.tags == {"pos": [["DT", "NN"]], "ner": [["B-loc", "I-loc"]]}


CONLLU = """# sent_id = s1
# text = vámonos al mar
1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tvamos\tir\tVERB\tVB\t_\t0\troot\t_\t_
2\tnos\tnos\tPRON\tPRP\t_\t1\tobj\t_\t_
2.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t_\t_
3\tal mar\tmar\tNOUN\tNN\t_\t1\tobl\t_\t_

# sent_id = s2
1\tHi\thi\tINTJ\tUH\t_\t0\troot\t_\t_"""


@pytest.mark.parametrize("change", [str, lambda text: "\ufeff" + text.replace("\n", "\r\n")])
def test_ranges_and_empty_nodes_are_no_words(tmp_path, change):
    files = write(tmp_path, "es_x-ud-test.conllu", change(CONLLU))
    sentences = load_conllu(files, None)
    assert sentences.tokens == [["vamos", "nos", "al mar"], ["Hi"]]
    assert sentences.tags["pos"] == [["VB", "PRP", "NN"], ["UH"]]
    assert sentences.ids == ["s1", "s2"]


def test_a_treebank_without_xpos(tmp_path):
    content = CONLLU.replace("VB\t", "_\t").replace("PRP\t", "_\t")
    content = content.replace("\tNN\t", "\t_\t").replace("UH\t", "_\t")
    assert load_conllu(write(tmp_path, "test.conllu", content), None).tasks == ["upos"]


def test_join_is_by_id_and_words():
    a = TaggedSentences([["x"], ["y"], ["z"]], {"pos": [["A"]] * 3}, "dev", "a", ["1", "2", "3"])
    b = TaggedSentences([["y"], ["other"]], {"ner": [["O"], ["O"]]}, "dev", "b", ["2", "1"])
    assert a.join(b, ["ner"]).tags == {"pos": [["A"]] * 3, "ner": [None, ["O"], None]}


def test_corpora_take_turns_and_keep_to_their_task():
    a = TaggedSentences([["x"], ["y"], ["z"]], {"pos": [["A"]] * 3}, "dev", "a", remarks=("r",))
    b = TaggedSentences([["u"]], {"pos": [["B"]]}, "train", "b")
    both = of_several_tasks({"first": a, "second": b})
    assert both.tokens == [["x"], ["u"], ["y"], ["z"]]
    assert both.tags["first"] == [["A"], None, ["A"], ["A"]]
    assert both.tags["second"] == [None, ["B"], None, None]
    assert (both.split, both.primary, both.remarks) == ("dev", "first", ("r",))
    assert both.take([1, 0]).primary == "first"


POSTS = "#yo\ten\tA\nhai\thi\tB\n\n# \tuniv\t#\nnull\ten\tnull\n\n#yo\ten\tC\nhai\thi\tB"


def test_hashtags_are_words_and_posts_that_repeat_are_read_once(tmp_path, monkeypatch):
    only("modzoo.data.icon2016.hash_split", monkeypatch)
    write(tmp_path, "FB_HI_EN_CR.txt", "\ufeff" + POSTS.replace("\n", "\r\n"))
    posts = load_icon2016(write(tmp_path, "TWT_HI_EN_CR.txt", "a\tb\tc\n"), None)
    assert posts.tokens == [["#yo", "hai"], ["#", "null"], ["a"]]
    assert posts.tags["pos"] == [["A", "B"], ["#", "null"], ["c"]]
    assert posts.tags["language"][1] == ["univ", "en"]
    assert posts.remarks == ("Code-mixed posts that repeat others and are left out: 1.",)


def test_hindi_in_latin_letters(tmp_path):
    pairs = '[{"hindi": "है", "hinglish": "hai"}, {"hindi": "है", "hinglish": "h"}, '
    pairs += '{"hindi": "", "hinglish": "x"}, {"hindi": "स्थान", "hinglish": "sthan"}]'
    (tmp_path / "map.json").write_text(pairs)
    spellings = read_romanisation(data_files(tmp_path)["map.json"])
    tokens = [["है", "स्\u200dथान", "पुल", "."], []]
    sentences = TaggedSentences(tokens, {"pos": [list("ABCD"), []]}, "test", "x")
    latin = romanise(sentences, spellings)
    assert latin.tokens == [["hai", "sthan", "पुल", "."], []]
    assert latin.remarks == ("50% of the Hindi words of test are read in Latin letters.",)
    for content in ("{", "{}", '[{"hindi": "है"}]', '[{"hindi": 1, "hinglish": "x"}]', '["a"]'):
        (tmp_path / "map.json").write_text(content)
        with pytest.raises(CallError, match=r"map\.json: expected a JSON list of"):
            read_romanisation(data_files(tmp_path)["map.json"])
    (tmp_path / "map.json").write_text(r'[{"hindi": "a", "hinglish": "\ud800"}]')
    with pytest.raises(CallError, match=r"map\.json: '.ud800' is half a character alone"):
        read_romanisation(data_files(tmp_path)["map.json"])


HEADER = "Sentence #,Word,POS,Tag\n"
GMB = HEADER + 'Sentence: 1,None,NN,O\n,"a,b",NN,B-geo\n,caf\xe9\x85,NN,I-geo\nSentence: 2,x,CD,O\n'


def only(name, monkeypatch):
    monkeypatch.setattr(name, lambda identity: "test")


@pytest.mark.parametrize(
    "content", [GMB.encode("latin-1"), GMB.replace("\x85", "…").replace("\n", "\r\n").encode()]
)
def test_table_in_cp1252_or_utf8(tmp_path, monkeypatch, content):
    only("modzoo.data.gmb.hash_split", monkeypatch)
    with zipfile.ZipFile(tmp_path / "ner.zip", "w") as archive:
        archive.writestr("__MACOSX/._ner_dataset.csv", b"\x00")
        archive.writestr("ner_dataset.csv", content)
    sentences = load_gmb(data_files(tmp_path), "test")
    assert sentences.tokens == [["None", "a,b", "café…"], ["x"]]
    assert sentences.tags["ner"] == [["O", "B-geo", "I-geo"], ["O"]]


def test_brown_words_may_hold_slashes(tmp_path, monkeypatch):
    only("modzoo.data.brown.hash_split", monkeypatch)
    files = write(tmp_path, "ca01", "\n\n\tThe/at 1/2/cd ``/`` np/tl/np-tl ./.\n")
    write(tmp_path, "README", "not a sentence")
    assert load_brown(files, "test").tokens == [["The", "1/2", "``", "np/tl", "."]]


def test_offsets_are_inclusive(tmp_path, monkeypatch):
    only("modzoo.data.language_id.hash_split", monkeypatch)
    write(tmp_path, "train_tweets.tsv", '7\t1\t"hola" amigo\n')
    rows = '7\t1\t0\t5\t"hola"\tes\n7\t1\t7\t11\tamigo\tes\n'
    files = write(tmp_path, "train_data.tsv", rows)
    assert load_language_id(files, "test").tokens == [['"hola"', "amigo"]]
    files = write(tmp_path, "train_data.tsv", rows.replace("\t5\t", "\t6\t"))
    with pytest.raises(CallError, match="line 1: the tweet has '\"hola\" ' from 0 to 6"):
        load_language_id(files, "test")


def test_a_published_dev_split_is_whole(tmp_path):
    rows = "".join(f"{10 + i}\t1\t0\t3\thola\tes\n" for i in range(30))
    files = write(tmp_path, "train_data.tsv", rows)
    with pytest.raises(CallError, match="no split 'dev'; it has: train, validation, test"):
        load_language_id(files, "dev")
    write(tmp_path, "dev_tweets.tsv", "7\t1\tadios\n")
    files = write(tmp_path, "dev_data.tsv", "7\t1\t0\t4\tadios\tes\n" + rows)
    dev = load_language_id(files, "dev")
    assert (len(dev.tokens), dev.tokens[0], dev.split) == (31, ["adios"], "dev")
    assert load_language_id(files, None).split == "test"
    del files["train_data.tsv"]
    assert len(load_language_id(files, None).tokens) == 31
    write(tmp_path, "dev_tweets.tsv", "7\t1\tamigo\n")
    with pytest.raises(CallError, match=r"dev_data\.tsv, line 1: the tweet has 'amigo'"):
        load_language_id(files, "dev")


# What cannot be read


def gmb_of(content):
    return lambda folder: load_gmb(write(folder, "ner_dataset.csv", content), "test")


def conll_of(content):
    return lambda folder: load_conll(write(folder, "test.txt", content), "test")


def conllu_of(content):
    return lambda folder: load_conllu(write(folder, "x-test.conllu", content), "test")


def language_of(content):
    return lambda folder: load_language_id(write(folder, "train_data.tsv", content), "test")


def posts_of(content):
    return lambda folder: load_icon2016(write(folder, "FB_HI_EN_CR.txt", content), "test")


def brown_of(content):
    return lambda folder: load_brown(write(folder, "ca01", content), "test")


@pytest.mark.parametrize(
    "load, message",
    [
        (conll_of("a DT B\nb NN B\nc NN\n"), r"test\.txt, line 3: found 2 columns, expected 3"),
        (conll_of("a\n"), r"test\.txt, line 1: found 1 columns, expected 2"),
        (conll_of("a O\nNew York B\n"), r"test\.txt, line 2: found 3 columns, expected 2"),
        (conll_of("a\tO\nb\tO\tx\n"), r"test\.txt, line 2: found 3 columns, expected 2"),
        (conll_of("a\tO\n\tO\n"), r"test\.txt, line 2: column 1 is empty"),
        (conll_of("a\tx\tO\nb\t\tO\n"), r"test\.txt, line 2: column 2 is empty"),
        (conll_of("a DT\n# id = 1\n"), r"test\.txt, line 2: found 4 columns"),
        (conll_of(""), r"test\.txt holds no sentences"),
        (conll_of("\n\n"), r"test\.txt holds no sentences"),
        (conll_of("a DT\ncaf\xe9 NN\n".encode("latin-1")), "line 2: byte 0xe9 is not UTF-8"),
        (conllu_of("1\ta\tb\n"), r"conllu, line 1: found 3 tab-separated columns, expected 10"),
        (conllu_of("x\t" + "_\t" * 9 + "\n"), "line 1: the first column must number the word"),
        (conllu_of("# text = a\n"), "holds no sentences"),
        (gmb_of(""), "line 1: the header needs a column 'Sentence #', found an empty file"),
        (gmb_of("Sentence #,Word,Tag\n"), "needs a column 'POS', found 'Sentence #', 'Word'"),
        (gmb_of(HEADER + "Sentence: 1,a,NN,O\n,b,NN\n"), "line 3: found 3 comma"),
        (gmb_of(HEADER + ",b,NN,O\n"), "line 2: the column 'Sentence #' is empty"),
        (gmb_of(HEADER + "Sentence: 1,,NN,O\n"), "line 2: the column 'Word' is empty"),
        (gmb_of(HEADER.encode() + b"Sentence: 1,\x81,NN,O\n"), "line 2: byte 0x81 is neither"),
        (gmb_of(HEADER), "holds no rows below its header"),
        (gmb_of(HEADER + 'Sentence: 1,"a,NN,O\n'), "line 2: the row that begins here"),
        (language_of("7\t1\tx\t5\thola\tes\n"), "line 1: the offsets 'x', '5' are no numbers"),
        (language_of("7\t1\t0\t5\thola\n"), "line 1: found 5 tab-separated columns, expected 6"),
        (language_of("7\t1\t0\t5\thola\tes\tx\n"), "line 1: found 7 tab-separated columns"),
        (posts_of("a\ten\tG_N\nb\tG_N\n"), r"CR\.txt, line 2: expected a word, its language"),
        (posts_of("a\ten\t\n"), r"CR\.txt, line 1: expected a word, its language and its tag"),
        (posts_of("\n"), "too few rows: none of them falls to the split 'test'"),
        (brown_of("The/at dog\n"), "line 1: expected word/tag, found 'dog'"),
    ],
)
def test_errors_name_file_and_line(tmp_path, load, message):
    with pytest.raises(CallError, match=message) as caught:
        load(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_folders_that_cannot_be_read(tmp_path):
    with pytest.raises(CallError, match="There is no data folder"):
        data_files(tmp_path / "none")
    (tmp_path / "a.zip").write_bytes(b"no zip")
    with pytest.raises(CallError, match=r"a\.zip is no whole zip file"):
        data_files(tmp_path)


@pytest.mark.parametrize(
    ("name", "load", "splits"),
    [
        ("test.txt", load_conll, "test"),
        ("valid.txt", load_conll, "dev, validation"),
        ("train.txt", load_conll, "train, validation"),
        ("x-dev.conllu", load_conllu, "dev, validation"),
        ("x.conllu", load_conllu, "none"),
        ("ca01", load_brown, "train, validation, test"),
        ("ner_dataset.csv", load_gmb, "train, validation, test"),
        ("train_data.tsv", load_language_id, "train, validation, test"),
    ],
)
def test_unknown_splits(tmp_path, name, load, splits):
    with pytest.raises(CallError, match=rf"no split 'eval'; it has: {splits}\."):
        load(write(tmp_path, name, "a/b"), "eval")


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        ("New York\tB-LOC\n.\tO\t \n", [["New York", "."]]),
        ("a\u00a0b\tO\nc\u2028d\tO\n", [["a\u00a0b", "c\u2028d"]]),
        ("a\u00a0b O\n  c\u3000d   O \n", [["a\u00a0b", "c\u3000d"]]),
        ("a\tO\nb O\n \nc \t O\n", [["a", "b"], ["c"]]),
    ],
)
def test_tabs_alone_part_the_columns_of_a_line_that_has_any(content, tokens):
    assert conll(content).tokens == tokens


COMMENTS = [
    "# sent_enum = 1",
    "# sent_enum\t1",
    "#sent_id = x",
    "# text = a b",
    "# text =",
    "# newdoc id = a",
    "# newdoc",
    "# newpar",
    "# global.columns = ID FORM UPOS",
    "# id 5239d808-f300\tdomain=en",
    "#begin document (bc/cctv); part 000",
    "#end document",
]


@pytest.mark.parametrize("comment", COMMENTS)
@pytest.mark.parametrize("gap", " \t")
def test_comments_are_no_words(comment, gap):
    content = f"{comment}\na{gap}DT\n\n{comment}\n# more = 2\nb{gap}NN\n\n{comment}\n"
    sentences = conll(content)
    assert sentences.tokens == [["a"], ["b"]]
    assert sentences.tags == {"tag": [["DT"], ["NN"]]}


def test_where_tabs_part_columns_a_line_without_is_a_comment():
    assert conll(b"# 1234\na\tDT\n\n#5 6\nb\tNN\n").tokens == [["a"], ["b"]]


@pytest.mark.parametrize(
    "content",
    ["# SYM\nx NN\n", "#\tSYM\nx\tNN\n", "# \tSYM\nx\tNN\n", "# # I-NP\nx NN I-NP\n"],
)
def test_a_word_that_is_a_hash_sign(content):
    assert conll(content).tokens == [["#", "x"]]


def test_a_word_that_begins_with_a_hash_sign():
    assert conll(b"#yolo\tO\n#x=y\tO\n").tokens == [["#yolo", "#x=y"]]


# Ids that repeat


def test_an_id_filled_down_begins_one_sentence(tmp_path, monkeypatch):
    only("modzoo.data.gmb.hash_split", monkeypatch)
    rows = ["1,a,DT,O", "1,b,NN,O", "2,c,CD,O", "1,d,CD,O"]
    filled = load_gmb(write(tmp_path, "ner_dataset.csv", HEADER + "\n".join(rows)), "test")
    assert filled.tokens == [["a", "b"], ["c"], ["d"]]
    assert filled.ids == ["1", "2", "1"]
    content = HEADER + "1,a,DT,O\n,b,NN,O\n1,c,CD,O\n"
    sparse = load_gmb(write(tmp_path / "sparse", "ner_dataset.csv", content), "test")
    assert sparse.tokens == [["a", "b"], ["c"]]


def test_sentences_of_one_id_are_kept(tmp_path, monkeypatch):
    only("modzoo.data.language_id.hash_split", monkeypatch)
    cells = ["7 1 0 0 a es", "7 1 2 2 b es", "7 1 0 0 c en", "8 1 5 5 d en", "7 1 0 0 a es"]
    content = "\n".join(cells).replace(" ", "\t")
    tweets = load_language_id(write(tmp_path, "train_data.tsv", content), "test")
    assert (tweets.ids, tweets.tokens) == (["7", "7", "8", "7"], [["a", "b"], ["c"], ["d"], ["a"]])
    files = write(tmp_path, "x-test.conllu", CONLLU.replace("s2", "s1"))
    treebank = load_conllu(files, "test")
    assert (treebank.ids, len(treebank.tokens)) == (["s1", "s1"], 2)
    assert treebank.join(treebank, ["pos"]).tags["pos"] == treebank.tags["pos"]


def test_two_texts_of_one_tweet_are_named(tmp_path):
    write(tmp_path, "train_data.tsv", "7\t1\t0\t0\ta\tes\n")
    files = write(tmp_path, "train_tweets.tsv", "7\t1\ta\n7\t1\tb\n")
    with pytest.raises(CallError, match=r"tweets\.tsv, line 2: the tweet 7 has another text above"):
        load_language_id(files, "test")


# Files as they are named


def test_two_files_for_one_split_are_named(tmp_path):
    write(tmp_path, "dev.txt", "a DT\n")
    with pytest.raises(CallError, match=r"dev\.txt and .*valid\.txt for one split; leave one"):
        load_conll(write(tmp_path, "valid.txt", "a DT\n"), "dev")
    write(tmp_path, "a-ud-dev.conllu", CONLLU)
    with pytest.raises(
        CallError, match=r"a-ud-dev\.conllu and .*b-ud-dev\.conllu are for one split"
    ):
        load_conllu(write(tmp_path, "b-ud-dev.conllu", CONLLU), "dev")
