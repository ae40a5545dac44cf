"""Gazetteers: what of a file becomes a term, and which words of a text a term covers."""

import logging

import numpy as np
import pytest
import tensorflow as tf

from modzoo.data.invented_names import LISTS, NUMBER, invented_names
from modzoo.errors import CallError
from modzoo.knowledge import Gazetteer, Material, get, load_gazetteer, looking_in, padded_words
from modzoo.knowledge.term_forms import comparable

MESH = """\
Diseases in General;C
Heart Defects, Congenital;C16.131.240
Abnormalities;C16.131
Everything Else;C161.131
Stillbirth;C13.703.223.650
"""
DRUGBANK = """\
Column1;Column2;Column3
DrugBank ID;Common name;Synonyms
DB1;Lepirudin;Hirudin variant-1
DB2;"Pancrelipase";"Amylase; lipase | Pancreatin"
DB3;HIS;
"""


def words(*texts, style="reviews"):
    return padded_words(tf.constant(texts), style)


def covered(gazetteer, text, style="reviews"):
    """`{word: term}` of the words that a term covers."""
    if gazetteer.style is None:
        gazetteer.prepare(style)
    found = words(text, style=style)
    (said,) = gazetteer.describe(found)
    row = gazetteer.annotate(found).numpy()[0, :, 0]
    np.testing.assert_array_equal(row, [float(term is not None) for term in said])
    written = [word.decode() for word in found.written.numpy()[0]]
    return {word: term for word, term in zip(written, said, strict=True) if term is not None}


def reference(terms, text):
    """Which words are covered, by a plain search for the longest term, then the first."""
    words, left = text.split(), {tuple(term.split()) for term in terms}
    is_covered = [False] * len(words)
    for length in range(max(map(len, left)), 0, -1):
        for start in range(len(words) - length + 1):
            span = slice(start, start + length)
            if tuple(words[span]) in left and not any(is_covered[span]):
                is_covered[span] = [True] * length
    return is_covered


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mesh").mkdir()
    (tmp_path / "mesh" / "mtrees2019.bin").write_text(MESH)
    (tmp_path / "drugbank vocabulary.csv").write_text(DRUGBANK)
    (tmp_path / "ADR_lexicon.tsv").write_text("c1\tdry mouth\tSIDER\nc1\tdvt\tCHV\n")
    (tmp_path / "mine.txt").write_text("Dry mouth\n\ndry  mouth\nDry mouth\n---\n", "utf-8")
    return tmp_path


def test_published_files(folder):
    terms = {name: load_gazetteer(name, folder).terms for name in ("drugs", "birth_defects")}
    assert terms["drugs"] == [
        *("Lepirudin", "Hirudin variant-1", "Pancrelipase"),
        *("Amylase; lipase", "Pancreatin", "HIS"),
    ]
    assert terms["birth_defects"] == [
        *("Heart Defects, Congenital", "Congenital Heart Defects", "Abnormalities")
    ]
    assert load_gazetteer("diseases", folder).terms[-1] == "Stillbirth"
    assert len(load_gazetteer("diseases", folder).terms) == 6
    assert load_gazetteer("pregnancy", folder).terms == ["Stillbirth"]
    assert load_gazetteer("adr", folder).terms == ["dry mouth", "dvt"]
    part = load_gazetteer("mesh:C16.131.240", folder)
    assert (part.name, part.terms[0]) == ("mesh_C16_131_240", "Heart Defects, Congenital")


def test_odd_terms_are_left_out_with_a_remark(folder):
    long = ["x" * 500, "a b c d e f g h i", "q", "12 %"]
    (folder / "mine.txt").write_text("\n".join(["Dry mouth", "", *long, "dry  mouth", "Dry mouth"]))
    mine = load_gazetteer("list:mine.txt", folder)
    assert mine.terms == ["Dry mouth", "dry mouth"]
    (remark,) = mine.remarks
    assert "mine.txt, line 3: 'xxxx" in remark and "3 more are left out" in remark
    assert len(remark) < 400


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no terms"),
        (b"\n\n", "holds no terms"),
        (b"a\tb\n", "line 1: expected a term alone, found 'a"),
        (b"caf\xe9\n", "line 1: byte 0xe9 is not UTF-8; convert"),
        ("Grippe\n".encode("utf-16"), "line 1: "),
    ],
)
def test_a_list_that_is_none(tmp_path, content, message):
    (tmp_path / "mine.txt").write_bytes(content)
    with pytest.raises(CallError, match=r"mine\.txt") as caught:
        load_gazetteer("list:mine.txt", tmp_path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("called", "message"),
    [
        ("mesh:D99", r"mtrees2019\.bin has no tree number D99\. "),
        ("mesh:C16.131.999", r"has no tree number C16\.131\.999; the deepest above it is C16\.131"),
        ("mesh:16", "no gazetteer 'mesh:16'"),
        ("mesh:", "no gazetteer"),
        ("list:../mine.txt", "no gazetteer"),
        ("list:*", "no gazetteer"),
        ("list:other.txt", r"holds no gazetteer 'list:other\.txt'; looked in and below it for"),
        ("invented:cars", "no list 'cars' of invented names; there is"),
        ("afinn", "no gazetteer 'afinn'; there is: drugs, diseases"),
    ],
)
def test_a_gazetteer_that_there_is_not(folder, called, message):
    with pytest.raises(CallError, match=message):
        load_gazetteer(called, folder)


@pytest.mark.parametrize(
    ("file", "content", "called", "message"),
    [
        ("mtrees1.bin", "Heading\n", "diseases", "line 1: expected a heading, a semicolon and a"),
        ("mtrees1.bin", "A;A01\nB;16\n", "diseases", "line 2: expected a heading"),
        ("drugbank.csv", "id;name\n", "drugs", "line 1: expected a header with the columns Common"),
        ("drugbank.csv", "", "drugs", "found an empty file"),
        ("drugbank.csv", "Common name;Synonyms\na\n", "drugs", "line 2: found 1 columns, the head"),
        ("ADR_lexicon.tsv", "c1 dvt\n", "adr", "line 1: expected 3 tab-separated columns"),
    ],
)
def test_a_damaged_file(tmp_path, file, content, called, message):
    (tmp_path / file).write_text(content)
    with pytest.raises(CallError, match=message):
        load_gazetteer(called, tmp_path)


def test_without_a_folder(monkeypatch, folder):
    monkeypatch.delenv("MODZOO_GAZETTEERS", raising=False)
    with pytest.raises(CallError, match=r"No package carries the gazetteer 'drugs': .* --gazett"):
        load_gazetteer("drugs")
    with pytest.raises(CallError, match="no folder of gazetteers none"):
        load_gazetteer("drugs", "none")
    monkeypatch.setenv("MODZOO_GAZETTEERS", str(folder))
    assert load_gazetteer("drugs").file == "drugbank vocabulary.csv"


def test_case_plurals_and_hyphens():
    gazetteer = Gazetteer(
        "list:x", ["Anti-Inflammatory Agents", "Tablets", "allergy", "Sepsis", "AIDS", "headache"]
    )
    text = "TABLET allergies sepsis headaches aid viruses"
    assert [*covered(gazetteer, text)] == ["TABLET", "allergies", "sepsis", "headaches"]
    for text in ("an anti-inflammatory agent", "Anti inflammatory agents ."):
        assert {*covered(gazetteer, text).values()} == {"Anti-Inflammatory Agents"}
    assert covered(gazetteer, "headache-induced aids") == {
        "headache-induced": "headache",
        "aids": "AIDS",
    }


def test_an_abbreviation_stands_as_it_is_written():
    gazetteer = Gazetteer("list:x", ["HIS", "Met", "flu"])
    assert covered(gazetteer, "his met Flu , HIS Met") == {"Flu": "flu", "HIS": "HIS", "Met": "Met"}
    only = Gazetteer("list:x", ["HIS"])
    assert covered(only, "his HIS") == {"HIS": "HIS"}


def test_the_longest_term_counts_then_the_first():
    gazetteer = Gazetteer("list:x", ["breast cancer", "cancer pain", "pain", "breast cancer care"])
    assert covered(gazetteer, "breast cancer pain") == {
        "breast": "breast cancer",
        "cancer": "breast cancer",
        "pain": "pain",
    }
    assert {*covered(gazetteer, "breast cancer care").values()} == {"breast cancer care"}


def test_as_a_plain_search_finds():
    rng = np.random.default_rng(0)
    letters = ["aab", "bbc", "ccd", "dde"]
    terms = [" ".join(rng.choice(letters, rng.integers(1, 5))) for _ in range(12)]
    texts = [" ".join(rng.choice([*letters, "eef"], rng.integers(1, 12))) for _ in range(40)]
    gazetteer = Gazetteer("list:x", [*dict.fromkeys(terms)])
    gazetteer.prepare("reviews")
    found = gazetteer.annotate(words(*texts)).numpy()[..., 0]
    for row, text in zip(found, texts, strict=True):
        expected = reference(terms, text)
        assert row[: len(expected)].tolist() == expected
        assert not row[len(expected) :].any()


def test_comparable_keeps_the_shape():
    ragged = tf.ragged.constant([["rashes", "skin-rashes"], []], dtype=tf.string)
    assert comparable(ragged).to_list() == [[b"rash", b"skin rash"], []]
    kept = ["virus", "us", "glass", "psychosis", "gas", "-", "--", "a-"]
    assert comparable(tf.constant(kept)).numpy().tolist() == [word.encode() for word in kept]
    assert comparable(tf.constant(["viruses", "psychoses", "patches"])).numpy().tolist() == [
        *(b"virus", b"psychosis", b"patch")
    ]


def test_no_term_is_saved_and_a_model_looks_for_them_again(folder, tmp_path, caplog, monkeypatch):
    monkeypatch.delenv("MODZOO_GAZETTEERS", raising=False)
    made = Gazetteer.make("drugs", Material(folders={"gazetteers": folder}))
    assert made.assets == ()
    assert made.get_config() == {
        "kind": "Gazetteer",
        "name": "drugs",
        "file": "drugbank vocabulary.csv",
    }
    again = get(made.get_config())
    with caplog.at_level(logging.WARNING):
        again.load_assets(tmp_path)
    assert "The model works without the gazetteer 'drugs'. No package carries" in caplog.text
    assert covered(again, "lepirudin") == {}
    again = get(made.get_config())
    with looking_in(gazetteers=folder):
        again.load_assets(tmp_path)
    assert again.terms == made.terms
    invented = get("invented:drugs")
    invented.load_assets(tmp_path)
    assert invented.name == "invented_drugs" and len(invented.terms) == NUMBER


@pytest.mark.parametrize(
    "config", [{"file": 3}, {"terms": ["a"]}, {"file": None, "called": "x"}, {"name": "../x"}]
)
def test_a_configuration_that_is_none(config):
    config = {"kind": "Gazetteer", "name": "drugs", **config}
    if config["name"] == "../x":
        assert get(config).name == "_x"  # and no file of it is ever looked for
        odd = get(config)
        with looking_in(gazetteers="."):
            odd.load_assets(".")
        assert odd.terms == []
        return
    with pytest.raises(CallError, match="describes no source"):
        get(config)


def test_invented_names():
    lists = invented_names()
    assert [*lists] == [*LISTS]
    words = [word for of_list in lists.values() for name in of_list for word in name.split()]
    assert len(words) == len(set(words))
    assert {len(of_list) for of_list in lists.values()} == {NUMBER}


def test_the_published_ones(data_dir):
    counts = {
        name: len(load_gazetteer(name, data_dir / "medical").terms)
        for name in ("drugs", "diseases", "birth_defects", "pregnancy", "adr")
    }
    assert counts["birth_defects"] < counts["diseases"] and counts["pregnancy"] > 100
    assert counts["drugs"] > 30_000 and counts["adr"] > 13_000
    drugs = load_gazetteer("drugs", data_dir / "medical")
    assert [*covered(drugs, "Azithromycin-induced ototoxicity of his aspirin tablets")] == [
        *("Azithromycin-induced", "aspirin")
    ]
