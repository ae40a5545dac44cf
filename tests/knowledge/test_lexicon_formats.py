import gzip
import re
import zipfile

import pytest

from modzoo.errors import CallError
from modzoo.knowledge import load_lexicon

FILES = {
    "afinn": "AFINN-111.txt",
    "mpqa": "words.tff",
    "nrc": "unigrams-pmilexicon.txt",
    "vader": "vader_lexicon.txt",
}


def write(folder, name, content):
    path = folder / FILES.get(name, name)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zip_file(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def mpqa_line(word, polarity, rest="len=1 stemmed1=n"):
    return f"type=weaksubj word1={word} pos1=adj {rest} priorpolarity={polarity}\n"


def lines_of(lexicon):
    return [int(re.search(r", line (\d+): ", remark)[1]) for remark in lexicon.remarks]


@pytest.mark.parametrize("name, terms", [("afinn", 3382), ("vader", 7491)])
def test_packaged_files_of_a_folder_are_preferred(data_dir, tmp_path, name, terms):
    published = load_lexicon(name, data_dir / "lexica")
    assert len(published.scores) == terms
    assert not published.packaged
    for packaged in (load_lexicon(name), load_lexicon(name, tmp_path)):
        assert packaged.packaged
        assert not packaged.remarks


def test_published_mpqa(data_dir):
    """13 lines are irregular: of 8 that double a field nothing is to say, of 5 there is."""
    lexicon = load_lexicon("mpqa", data_dir / "lexica")
    path = next((data_dir / "lexica").rglob("*.tff"))
    assert len(lexicon.scores) == 6886
    assert not lexicon.packaged
    conflicts = [remark for remark in lexicon.remarks if "another polarity" in remark]
    others = [remark for remark in lexicon.remarks if "another polarity" not in remark]
    assert len(conflicts) == 19
    assert all(remark.startswith(f"{path}, line ") for remark in lexicon.remarks)
    assert sorted(int(re.search(r"line (\d+)", remark)[1]) for remark in others) == [
        *(3749, 4715, 5549, 5550, 7079)
    ]
    lines = path.read_text().split("\n")
    doubled = [number for number, line in enumerate(lines, 1) if line.count("len=1") == 2]
    assert len(doubled) == 8
    for number in (*doubled, 3749, 4715, 5549, 5550, 7079):
        word = re.search(r"word1=(\S+)", lines[number - 1])[1]
        assert lexicon.scores[word] == -1, number
    for remark in conflicts:
        assert lexicon.scores[re.search(r"'(.+)' has", remark)[1]] == 0
    assert set(lexicon.scores.values()) == {-1, 0, 1}


def test_published_nrc(data_dir):
    lexicon = load_lexicon("nrc", data_dir / "lexica")
    assert len(lexicon.scores) == 54129 - 4341
    assert not [term for term in lexicon.scores if re.match(r"@\w+$", term)]
    assert -7.5 < min(lexicon.scores.values()) < -5 < 7 < max(lexicon.scores.values()) < 7.6
    [remark] = lexicon.remarks
    assert "4340 more" in remark
    assert "@" not in remark.split(": ", 1)[1]


def test_published_opinion(data_dir):
    lexicon = load_lexicon("opinion", data_dir / "lexica")
    scores = list(lexicon.scores.values())
    assert [scores.count(score) for score in (1, -1, 0)] == [2006 - 3, 4783 - 3, 3]
    assert lexicon.scores["naïve"] == -1
    assert len(lexicon.remarks) == 3
    assert all("negative-words.txt, line" in remark for remark in lexicon.remarks)


def test_published_vader(data_dir):
    lexicon = load_lexicon("vader", data_dir / "lexica")
    assert (lexicon.scores["lol"], lexicon.scores[":d"]) == (1.8, 2.3)
    assert 10 < len(lexicon.remarks) < 20


def test_afinn(tmp_path):
    write(
        tmp_path, "afinn", "\ufeffGood\t3\r\n\r\nnot  good\t-2\r\n:)\t2\r\ngood\t3\r\nGOOD\t1\r\n"
    )
    lexicon = load_lexicon("afinn", tmp_path)
    assert lexicon.scores == {"good": 1, "not good": -2, ":)": 2}
    assert lexicon.remarks == (
        f"{tmp_path / 'AFINN-111.txt'}, line 6: 'good' has the score 1 here and 3 in line 5; "
        "the later line counts.",
    )
    assert not lexicon.packaged


def test_newer_and_nearer_files_come_first(tmp_path):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    write(tmp_path, "AFINN-111.txt", "good\t1\n")
    write(deep, "AFINN-en-165.txt", "good\t2\n")
    assert load_lexicon("afinn", tmp_path).scores == {"good": 2}
    write(tmp_path, "AFINN-en-165.txt", "good\t3\n")
    assert load_lexicon("afinn", tmp_path).scores == {"good": 3}


def test_vader(tmp_path):
    lines = "( '}{' )\t1.6\t0.6\t[1, 2]\r\nok\t1.2\t0.4\t[1]\r\n"
    zip_file(tmp_path / "vader_lexicon.zip", {"a/vader_lexicon.txt": lines, "a/": ""})
    lexicon = load_lexicon("vader", tmp_path)
    assert lexicon.scores == {"( '}{' )": 1.6, "ok": 1.2}


def test_nrc(tmp_path):
    lines = "#Happy\t5.5\t9\t0\n@one\t1\t1\t1\n@\t0.5\t1\t1\n@two_3\t-1\t1\t1\n"
    path = tmp_path / "unigrams-pmilexicon.txt.gz"
    path.write_bytes(gzip.compress(lines.encode()))
    lexicon = load_lexicon("nrc", tmp_path)
    assert lexicon.scores == {"#happy": 5.5, "@": 0.5}
    assert lines_of(lexicon) == [2]
    assert "one" not in lexicon.remarks[0].split(": ")[1].split()[0]


@pytest.mark.parametrize("packed", [True, False])
def test_opinion(tmp_path, packed):
    lists = {
        "positive-words.txt": "; comment\n\nGood\nna\u00efve\n".encode("latin-1"),
        "negative-words.txt": ";\r\nbad\r\nna\u00efve\r\ncaf\u00e9\r\n".encode(),
    }
    if packed:
        hidden = {f"__MACOSX/._{name}": b"\x00" for name in lists}
        zip_file(tmp_path / "opinion_lexicon.zip", {**lists, **hidden})
    else:
        for name, content in lists.items():
            write(tmp_path, name, content)
    lexicon = load_lexicon("opinion", tmp_path)
    assert lexicon.scores == {"good": 1, "naïve": 0, "bad": -1, "café": -1}
    assert lines_of(lexicon) == [3]


def test_mpqa(tmp_path):
    lines = [
        mpqa_line("Good", "positive"),
        mpqa_line("bad", "weakneg"),
        mpqa_line("dull", "negative", "len=1 len=1"),
        mpqa_line("odd", "negative", "stemmed1=n m other=3"),
        mpqa_line("so", "both"),
        mpqa_line("odd", "neutral"),
        mpqa_line("odd", "positive"),
        mpqa_line("stem", "positive", "stemmed1=1"),
        mpqa_line("len", "neutral", "len=1 len=2"),
    ]
    write(tmp_path, "mpqa", "".join(lines))
    lexicon = load_lexicon("mpqa", tmp_path)
    assert lexicon.scores == {
        "good": 1,
        "bad": -1,
        "dull": -1,
        "odd": 0,
        "so": 0,
        "stem": 1,
        "len": 0,
    }
    assert lines_of(lexicon) == [2, 4, 6, 8, 9]
    assert "m, other=3 is not of the format; 'odd' is read as -1" in lexicon.remarks[1]


@pytest.mark.parametrize(
    "line",
    [
        mpqa_line("good", "great"),
        mpqa_line("", "positive"),
        mpqa_line("good", "positive", "priorpolarity=negative"),
        mpqa_line("good", "positive", "word1=bad"),
        "type=weaksubj word1=good pos1=adj\n",
        "good\t1\n",
    ],
)
def test_mpqa_lines_without_a_term_and_a_score(tmp_path, line):
    write(tmp_path, "mpqa", mpqa_line("fine", "positive") + line)
    with pytest.raises(CallError, match=r"words\.tff, line 2: expected one word1="):
        load_lexicon("mpqa", tmp_path)


@pytest.mark.parametrize("name", ["afinn", "nrc", "vader"])
@pytest.mark.parametrize("line", ["good", "good\tvery", "\t3", "  \t3", "x\tnan", "x\t-inf", "x\t"])
def test_lines_without_a_term_and_a_score(tmp_path, name, line):
    write(tmp_path, name, f"fine\t1\t1\t1\n{line}\n")
    with pytest.raises(CallError, match=rf"{FILES[name]}, line 2: expected a term, a tab"):
        load_lexicon(name, tmp_path)


@pytest.mark.parametrize("name", ["afinn", "mpqa", "nrc", "vader"])
@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_lexicon_without_scores(tmp_path, name, content):
    path = write(tmp_path, name, content)
    with pytest.raises(CallError, match=f"{path} holds no terms"):
        load_lexicon(name, tmp_path)


def test_opinion_lists_that_cannot_be_read(tmp_path):
    positive = write(tmp_path, "positive-words.txt", "good\n")
    with pytest.raises(CallError, match=r"Cannot read .*negative-words\.txt"):
        load_lexicon("opinion", tmp_path)
    write(tmp_path, "negative-words.txt", "bad\nworse\t3\n")
    with pytest.raises(CallError, match=r"negative-words\.txt, line 2: expected a term alone"):
        load_lexicon("opinion", tmp_path)
    for path in (positive, tmp_path / "negative-words.txt"):
        path.write_text("; good\n")
    with pytest.raises(CallError, match="holds no terms"):
        load_lexicon("opinion", tmp_path)


CUT = gzip.compress(b"a\t1\n" * 99, mtime=0)[:-9]


@pytest.mark.parametrize(
    "name, file, content, message",
    [
        ("vader", "vader_lexicon.zip", b"PK no", "no whole zip file"),
        ("opinion", "opinion_lexicon.zip", b"", "no whole zip file"),
        ("nrc", "unigrams-pmilexicon.txt.gz", b"\x1f\x8bno", "no whole gzip file"),
        (
            "nrc",
            "unigrams-pmilexicon.txt.gz",
            CUT,
            "no whole gzip",
        ),
        ("nrc", "unigrams-pmilexicon.txt", b"a\t1\ncaf\xe9\t1\n", "line 2: byte 0xe9"),
    ],
)
def test_broken_files(tmp_path, name, file, content, message):
    write(tmp_path, file, content)
    with pytest.raises(CallError, match=message) as caught:
        load_lexicon(name, tmp_path)
    assert file in str(caught.value)


def test_zip_files_without_the_lists(tmp_path):
    zip_file(tmp_path / "opinion_lexicon.zip", {"positive-words.txt": "good\n"})
    with pytest.raises(CallError, match=r"opinion_lexicon\.zip holds no negative-words\.txt"):
        load_lexicon("opinion", tmp_path)


@pytest.mark.parametrize(
    "name, file",
    [("mpqa", "*.tff"), ("nrc", "unigrams-pmilexicon.txt"), ("opinion", "opinion_lexicon.zip")],
)
def test_what_no_package_carries_needs_a_folder(tmp_path, name, file):
    with pytest.raises(CallError, match=rf"{re.escape(file)}.* as --lexica DIR"):
        load_lexicon(name)
    with pytest.raises(CallError, match=f"holds no lexicon '{name}'; .*{re.escape(file)}"):
        load_lexicon(name, tmp_path)
    with pytest.raises(CallError, match="no folder of lexica"):
        load_lexicon(name, tmp_path / "none")
