"""Files that are damaged or made to harm: each ends in one sentence, and in little memory."""

import gzip
import io
import struct
import tracemalloc
import zipfile

import nibabel  # noqa: F401  (importing it takes memory too)
import pytest

from modzoo import files
from modzoo.applications.tagging.data import load_sentences
from modzoo.data.cifar10 import load_cifar10
from modzoo.data.clinc import load_clinc
from modzoo.data.mathqa import load_mathqa
from modzoo.data.mnist import load_mnist
from modzoo.data.multi_label import load_multi_label
from modzoo.data.nifti import read_events, read_motion, read_volumes
from modzoo.data.region_files import load_regions
from modzoo.data.semeval import load_scores, load_semeval17
from modzoo.data.sst2 import load_sst2
from modzoo.data.tatoeba import load_tatoeba
from modzoo.data.text_table import load_text_table
from modzoo.data.tweeteval import load_tweeteval
from modzoo.errors import CallError
from modzoo.knowledge import load_lexicon
from modzoo.knowledge.lexicon import read_scores

SPENT = 2**23  # bytes that reading may take
BOMB = 2**25  # bytes that a file of a few kilobytes holds unpacked


def tweets(folder):
    (folder / "mapping.txt").write_text("0\tno\n")
    (folder / "test_labels.txt").write_text("0\n")
    return load_tweeteval(folder)


def lexicon(name):
    return lambda folder: load_lexicon(name, folder)


def opinion(folder):
    (folder / "negative-words.txt").write_text("bad\n")
    return load_lexicon("opinion", folder)


# A file's name, a good first line of it, and its reader.
READERS = [
    ("own.csv", "text,label", lambda folder: load_text_table(folder / "own.csv")),
    ("own.tsv", "text\tlabel", lambda folder: load_text_table(folder / "own.tsv")),
    ("dev.tsv", "sentence\tlabel", load_sst2),
    ("twitter-2016devtest-A.tsv", "1\tpositive\ta", load_semeval17),
    ("twitter-2016devtest-CE.txt", "1\ttopic\t1\ta", load_scores),
    ("test_text.txt", "a\nb", tweets),
    ("test.txt", "a DT", load_sentences),
    ("x-test.conllu", "# sent_id = 1", load_sentences),
    ("x-test.iob2", "# sent_id = 1", load_sentences),
    ("ner_dataset.csv", "Sentence #,Word,POS,Tag", load_sentences),
    ("train_data.tsv", "7\t1\t0\t0\ta\tes", load_sentences),
    ("TWT_HI_EN_CR.txt", "hai\thi\tG_V", load_sentences),
    ("ca01", "The/at", load_sentences),
    ("AFINN-111.txt", "good\t3", lexicon("afinn")),
    ("a.tff", "type=weaksubj word1=good priorpolarity=positive", lexicon("mpqa")),
    ("unigrams-pmilexicon.txt", "good\t1\t2\t3", lexicon("nrc")),
    ("positive-words.txt", "good", opinion),
    ("vader_lexicon.txt", "good\t1", lexicon("vader")),
    ("pmi.tsv", "good\t1", lambda folder: read_scores(folder / "pmi.tsv")),
    ("data_full.json", '{"test": [["a", "x"]]}', load_clinc),
    ("dev.json", '[{"Problem": "a", "category": "x"}]', load_mathqa),
    ("toxic.csv", "comment_text,x", lambda folder: load_multi_label(folder / "toxic.csv")),
    ("fra.txt", "Go.\tVa !", load_tatoeba),
    ("regions.csv", "series,label,a", load_regions),
    (
        "e_events.tsv",
        "onset\tduration\ttrial_type",
        lambda folder: read_events(folder / "e_events.tsv", 80),
    ),
    ("e_moest.txt", "1 2", lambda folder: read_motion(folder / "e_moest.txt", 4)),
]
HOSTILE = {
    "empty": lambda first: b"",
    "UTF-16": lambda first: f"{first}\n".encode("utf-16"),
    "UTF-16, no mark": lambda first: f"{first}\n".encode("utf-16-le"),
    "another code page": lambda first: f"{first}\n".encode() + b"caf\x81\t1\n",
    "CR alone": lambda first: f"{first}\r{first}\r".encode(),
    "a long line": lambda first: f"{first}\n".encode() + b"x" * BOMB,
    "long at once": lambda first: b"x" * BOMB,
    "NUL bytes": lambda first: bytes(1000),
    "a program": lambda first: b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 4,
}


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Reads a folder of one file, which must end in a sentence that names it; returns that."""
    monkeypatch.setattr(files, "MAX_LINE", 2**16)
    monkeypatch.setattr(files, "MAX_BYTES", 2**20)
    folder = tmp_path / "data"
    folder.mkdir()

    def refused(name, content, load):
        (folder / name).write_bytes(content)
        del content
        tracemalloc.start()
        with pytest.raises(CallError) as caught:
            load(folder)
        spent = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        message = str(caught.value)
        assert spent < SPENT
        assert str(folder / (name if name != "ca01" else "")) in message  # one of many files
        assert len(message) < 600 and "\n" not in message
        assert [path.name for path in tmp_path.iterdir()] == ["data"]
        return message

    return refused


CASES = [
    pytest.param(*reader, kind, id=f"{reader[0]}-{kind}")
    for reader in READERS
    for kind in HOSTILE
    # The opinion lexicon is published in Latin-1, which has every byte.
    if reader[0] != "positive-words.txt" or kind not in ("another code page", "a program")
]


@pytest.mark.parametrize(("name", "first", "load", "kind"), CASES)
def test_texts(read, name, first, load, kind):
    read(name, HOSTILE[kind](first), load)


def zipped(content, name="train.txt"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


LARGE = [
    ("own.csv", b'text,label\n"' + b"x\n" * 2**16, "line 2: the row that begins here"),
    ("own.csv", b"text,label\n" + b"x," * 30_000, "line 2: found 30001 comma-separated"),
    ("own.csv", b",".join(b"c%d" % i for i in range(9999)), "and 9,989 more"),
    ("ner_dataset.csv", b'Sentence #,Word,POS,Tag\n1,"' + b"x\n" * 2**16, "line 2: the row"),
    ("test.txt", b"a DT\n" + b"b " * 30_000, "line 2: found 30000 columns, expected 2"),
    ("train_data.tsv", b"7\t1\t0\t" + b"9" * 60_000 + b"\ta\tes\n", "are no numbers"),
    ("train-images-idx3-ubyte", struct.pack(">4I", 0x803, 2**31, 28, 28), "is cut short"),
    ("train-images-idx3-ubyte.gz", gzip.compress(bytes(BOMB)), "more than 1,048,576 bytes"),
    ("unigrams-pmilexicon.txt.gz", gzip.compress(bytes(BOMB)), "more than 1,048,576 bytes"),
    ("bold.nii.gz", gzip.compress(bytes(BOMB)), "more than 1,048,576 bytes"),
    ("regions.npz", zipped(bytes(BOMB), "series.npy"), "more than 1,048,576 bytes"),
    ("data_batch_1", b"\x80\x02Nr\x00\x00\x00\x7f.", "has no 2,130,706,432 parts"),
]
OTHERS = {
    "train-images-idx3-ubyte": load_mnist,
    "train-images-idx3-ubyte.gz": load_mnist,
    "unigrams-pmilexicon.txt.gz": lexicon("nrc"),
    "data_batch_1": load_cifar10,
    "bold.nii.gz": lambda folder: read_volumes(folder / "bold.nii.gz"),
    "regions.npz": load_regions,
}


@pytest.mark.parametrize(("name", "content", "message"), LARGE, ids=[m for *_, m in LARGE])
def test_what_is_too_large(read, name, content, message):
    load = {name: load for name, _, load in READERS} | OTHERS
    assert message in read(name, content, load[name])


SENTENCES = b"a DT\n\n" * 99
WHOLE = zipped(SENTENCES)
DIRECTORY = WHOLE.index(b"PK\x01\x02")  # of the archive, which says how each file is packed


def changed(place, value):
    return WHOLE[:place] + value + WHOLE[place + len(value) :]


ZIPS = [
    (WHOLE[:-30], "is no whole zip file, it is cut short or damaged"),
    (WHOLE[:40] + WHOLE[50:], "is no whole zip file"),
    (changed(44, b"\xff" * 8), "is no whole zip file"),
    (changed(DIRECTORY + 8, b"\x01"), "password"),
    (changed(DIRECTORY + 10, b"\x63"), "compression method is not supported"),
    (changed(DIRECTORY + 42, b"\xff" * 3), "is no whole zip file"),
    (zipped(bytes(BOMB)), "train.txt holds more than 1,048,576 bytes"),
    (b"", "is no whole zip file"),
]


@pytest.mark.parametrize(("content", "message"), ZIPS, ids=range(len(ZIPS)))
def test_zips(read, content, message):
    assert message in read("set.zip", content, load_sentences)


@pytest.mark.parametrize(
    "name", ["../train.txt", "/train.txt", "..\\..\\train.txt", "a/../train.txt"]
)
def test_names_in_zips_lead_nowhere(tmp_path, name):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "set.zip").write_bytes(zipped(SENTENCES, name))
    try:
        load_sentences(tmp_path / "data", "train")
    except CallError as error:
        assert "holds no tagged sentences" in str(error)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["data", "set.zip"]
