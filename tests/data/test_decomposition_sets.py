"""CLINC150, MathQA, texts of several classes, Tatoeba: as published, and as they go wrong."""

import itertools
import json
import re
import zipfile

import numpy as np
import pytest

from modzoo.data.clinc import load_clinc
from modzoo.data.intent_grammar import INTENTS, generate_joint_requests, generate_requests
from modzoo.data.mathqa import load_mathqa
from modzoo.data.multi_label import load_multi_label
from modzoo.data.tatoeba import load_tatoeba
from modzoo.data.translation_grammar import generate_translations
from modzoo.errors import CallError

SPLITS = ("train", "validation", "test")


def write(folder, name, content):
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


# As they are published


def test_published_intents(data_dir):
    folder = data_dir / "clinc_oos"
    sizes = {"train": 15_000, "validation": 3_000, "test": 4_500}
    for split, size in sizes.items():
        examples = load_clinc(folder, split)
        assert (len(examples), len(examples.label_names)) == (size, 150)
        ten = load_clinc(folder, split, 10, seed=1)
        assert len(ten) == size / 15
        assert set(ten.labels) == set(ten.limit(10).labels) == set(range(10))
        assert ten.label_names == load_clinc(folder, "test", 10, seed=1).label_names
        text, name = ten.texts[7], ten.label_names[ten.labels[7]]
        assert examples.label_names[examples.labels[examples.texts.index(text)]] == name
    assert load_clinc(folder, None, 10, seed=2).label_names != ten.label_names
    for split, size in {"oos_train": 100, "oos_val": 100, "oos_test": 1000}.items():
        outside = load_clinc(folder, split, 10)
        assert (len(outside), outside.label_names, set(outside.labels)) == (size, ["oos"], {0})


def test_published_problems(data_dir):
    parts = [load_mathqa(data_dir / "mathqa", split) for split in SPLITS]
    assert sum(map(len, parts)) == 4475
    assert sum(np.bincount(part.labels, minlength=6) for part in parts).tolist() == [
        *(743, 2006, 308, 288, 1056, 74)
    ]
    names = ["gain", "general", "geometry", "other", "physics", "probability"]
    assert all(part.label_names == names for part in parts)
    assert not set(parts[0].texts) & set(parts[2].texts)


def test_published_classes(data_dir):
    parts = [load_multi_label(data_dir / "wiki_toxicity", split) for split in SPLITS]
    assert parts[0].label_names == [
        *("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
    ]
    assert sum(part.labels.sum(0) for part in parts).tolist() == [13, 1, 10, 1, 6, 1]
    assert sum(map(len, parts)) == 101
    splits = ("train", "validation", None)
    emotions = [load_multi_label(data_dir / "goemotions", split) for split in splits]
    assert emotions[2].split == "dev"
    assert len(emotions[0]) + len(emotions[1]) == 43_410
    assert len(emotions[2]) == 5_426
    assert emotions[2].label_names[0] == "admiration" and len(emotions[2].label_names) == 28
    assert np.flatnonzero(emotions[2].labels[1]).tolist() == [4, 27]
    assert 0.04 < len(emotions[1]) / 43_410 < 0.06


def test_published_pairs(data_dir):
    parts = {split: load_tatoeba(data_dir / "tatoeba", split) for split in SPLITS}
    remarks = [remark for part in parts.values() for remark in part.remarks]
    found = [re.search(r"([\d,]+) of [\d,]+ pairs of \w+ are left out", each) for each in remarks]
    left_out = [int(each[1].replace(",", "")) for each in found]
    assert sum(map(len, parts.values())) == 2 * (142_787 - sum(left_out))
    assert len(parts["train"].remarks) == 0 and 0 < sum(left_out) < 4_000
    (part,) = [part for part in parts.values() if "Go." in part.sources]
    assert part.targets[part.sources.index("Go.")] == "Va !"
    assert part.sources[part.sources.index("Go.") + 1] == "Va !"  # and back
    for one, other in itertools.combinations(parts.values(), 2):
        assert not {*one.sources} & {*other.sources}
    short = parts["test"].shorter([len(text.split()) for text in parts["test"].sources], 4)
    assert max(len(text.split()) for text in short.sources) == 4 and len(short) > 1000
    assert "or their translations have more than 4 words" in short.remarks[-1]
    assert short.languages == ["eng", "fra"] and short.into[:2] == ["fra", "eng"]


# Small ones


def test_files_of_ones_own(tmp_path):
    problems = [{"Problem": f"p{i}", "category": "ab"[i % 2]} for i in range(6)]
    for file, part in (("train.json", problems[:4]), ("dev.json", problems[4:])):
        write(tmp_path, file, part)
    assert load_mathqa(tmp_path, "train").texts == ["p0", "p1", "p2", "p3"]
    assert load_mathqa(tmp_path, "dev").labels.tolist() == [0, 1]
    with pytest.raises(CallError, match=r"has no test\.json"):
        load_mathqa(tmp_path)
    table = "id\tcomment_text\tmean\tkind\n" + "".join(f"{i}\tt{i}\t1\t0\n" for i in range(40))
    write(tmp_path, "own.tsv", table)
    assert load_multi_label(tmp_path / "own.tsv").label_names == ["mean", "kind"]
    assert load_multi_label(tmp_path, "train").labels.mean(0).tolist() == [1, 0]
    with zipfile.ZipFile(tmp_path / "deu-eng.zip", "w") as archive:
        lines = "".join(f"Go {i}.\tGeh {i}.\tCC-BY\r\n\n" for i in range(40))
        archive.writestr("deu.txt", lines)
    pairs = load_tatoeba(tmp_path, "train")
    assert pairs.languages == ["eng", "deu"] and pairs.into[:2] == ["deu", "eng"]
    assert pairs.targets[0] == pairs.sources[1] == f"Geh {pairs.sources[0][3:]}"
    (tmp_path / "two").mkdir()
    write(tmp_path / "two", "fra.txt", "".join(f"Run {i}!\tCours !\n" for i in range(40)))
    assert len(load_tatoeba(tmp_path / "two", "train")) > 40
    with pytest.raises(CallError, match=r"none of them falls to the split 'test'"):
        load_tatoeba(tmp_path / "two", "test")  # `Cours !` is in train


# What cannot be read

CLINC = {"train": [["a", "x"], ["b", "y"]], "test": [["c", "x"]]}
WRONG = [
    (load_clinc, "data_full.json", '{"train": [\n["a"', "line 2: Expecting ',' delimiter"),
    (load_clinc, "data_full.json", "[" * 100_000, "no JSON to be read"),
    (load_clinc, "data_full.json", "[" + "9" * 9999 + "]", "no JSON to be read"),
    (
        load_clinc,
        "data_full.json",
        r'{"train": [["a \ud83d\ude00 b\ud800", "x"]]}',
        r"data_full\.json: '.ud800' is half a character alone, in .*b.ud800",
    ),
    (load_mathqa, "dev.json", r'[{"Problem": "\uDFFF", "category": "x"}]', "is half a character"),
    (load_clinc, "data_full.json", [], "holds list, expected data_full.json"),
    (load_clinc, "data_full.json", {}, "has no list 'test'"),
    (load_clinc, "data_full.json", {"test": [["a", 1]]}, "entry 1 of test: expected .text, intent"),
    (load_clinc, "data_full.json", {"test": [["a", "x"], "b"]}, "entry 2 of test: .* found 'b'"),
    (load_clinc, "other.json", {}, r"has no data_full\.json; expected"),
    (load_mathqa, "dev.json", {}, "holds no list of problems"),
    (load_mathqa, "dev.json", [{"Problem": "a"}], "entry 1: expected an object with"),
    (load_mathqa, "dev.json", [{"Problem": "", "category": "x"}], "entry 1: expected"),
    (load_mathqa, "dev.json", ["a"], "entry 1: expected .* found 'a'"),
    (load_mathqa, "dev.json", [{"Problem": "a", "category": "b"}], "too few rows"),
    (load_mathqa, "other.json", [], r"has no train\.json, dev\.json, test\.json"),
    (load_multi_label, "a.csv", "comment_text,x\na,2\n", "a.csv, line 2: x must be 0 or 1"),
    (load_multi_label, "a.csv", "text,x\na,1\n", "the header needs a column 'comment_text'"),
    (load_multi_label, "a.csv", "id,comment_text\n1,a\n", "line 1: there is no column of a class"),
    (load_multi_label, "a.csv", "comment_text,x\na,1,1\n", "line 2: found 3 comma-separated"),
    (load_multi_label, "a.csv", ",comment_text,x\n0,a,1\n", "line 1: column 1 has no name; name"),
    (load_multi_label, "a.txt", "a", "must hold one csv or tsv, found none"),
    (load_tatoeba, "fra.txt", "Go.\tVa !\nRun!\n", "fra.txt, line 2: expected a sentence, a tab"),
    (load_tatoeba, "fra.txt", "\tVa !\n", "line 1: expected a sentence"),
    (load_tatoeba, "french.txt", "Go.\tVa !\n", "must hold one file of pairs, found none"),
]


@pytest.mark.parametrize(("load", "name", "content", "message"), WRONG)
def test_errors_name_file_and_place(tmp_path, load, name, content, message):
    with pytest.raises(CallError, match=message) as caught:
        load(write(tmp_path, name, content))
    assert str(tmp_path) in str(caught.value) and len(str(caught.value)) < 600


@pytest.mark.parametrize("listed", ["", "x", "2", "0,", "-1", "9" * 99])
def test_numbers_of_classes(tmp_path, listed):
    write(tmp_path, "labels.txt", "good\nbad\n")
    write(tmp_path, "dev.tsv", f"a\t0\tid\nb\t{listed}\tid\n")
    with pytest.raises(CallError, match=r"dev\.tsv, line 2: expected numbers of the 2 classes"):
        load_multi_label(tmp_path)


def test_splits_of_lists_are_named_as_their_files(tmp_path):
    write(tmp_path, "labels.txt", "good\nbad\n")
    for name in ("train", "dev"):
        write(tmp_path, f"{name}.tsv", f"of {name}\t0\tid\n")
    assert load_multi_label(tmp_path).split == "dev"
    with pytest.raises(CallError, match="no split 'test'; it has: train, validation, dev"):
        load_multi_label(tmp_path, "test")
    write(tmp_path, "test.tsv", "of test\t1\tid\n")
    for split, text in {None: "of test", "test": "of test", "dev": "of dev"}.items():
        examples = load_multi_label(tmp_path, split)
        assert (examples.texts, examples.split) == ([text], text[3:])
    with pytest.raises(CallError, match=r"no split 'dev'; it has: train, validation, test\."):
        load_multi_label(write(tmp_path, "own.csv", "comment_text,x\na,1\n") / "own.csv", "dev")


def test_a_class_that_is_named_twice(tmp_path):
    write(tmp_path, "labels.txt", "good\nbad\n\ngood\n")
    write(tmp_path, "dev.tsv", "a\t0\tid\n")
    with pytest.raises(CallError, match=r"labels\.txt, line 4: .* 'good' is in line 1 too"):
        load_multi_label(tmp_path)


def test_calls_that_are_wrong(tmp_path):
    write(tmp_path, "data_full.json", CLINC)
    assert load_clinc(tmp_path, "test", 2).texts == ["c"]
    for number in (1, 3):
        with pytest.raises(CallError, match=f"holds 2 intents, .* received {number}"):
            load_clinc(tmp_path, "test", number)
    with pytest.raises(CallError, match=r"no split 'oos'; it has: train, val, test\.$"):
        load_clinc(tmp_path, "oos")
    for load in (load_clinc, load_mathqa, load_multi_label, load_tatoeba):
        with pytest.raises(CallError, match="no split 'qqq'; it has: train, val"):
            load(tmp_path, "qqq")
        with pytest.raises(CallError, match=r"no data folder .*none"):
            load(tmp_path / "none")
    write(tmp_path, "train.json", [{"Problem": "a", "category": "x"}])
    write(tmp_path, "test.json", [{"Problem": "a", "category": "y"}])
    with pytest.raises(CallError, match="entry 1: no problem for training is of the category 'y'"):
        load_mathqa(tmp_path)


# Generated ones


def test_generated_requests():
    parts = {split: generate_requests(split, 200) for split in SPLITS}
    for split, part in parts.items():
        assert (len(part), part.split, part.label_names) == (200, split, INTENTS)
        assert part.texts == generate_requests(split, 200).texts
        assert part.texts != generate_requests(split, 200, seed=1).texts
    joint = generate_joint_requests("train", 200)
    assert set(joint.labels.sum(1)) == {1, 2, 3}
    for text, labels in zip(joint.texts, joint.labels, strict=True):
        assert text.count(" and ") == labels.sum() - 1
    with pytest.raises(CallError, match="no split 'qqq'"):
        generate_requests("qqq")


@pytest.mark.parametrize("generate", [generate_requests, generate_joint_requests])
def test_no_generated_request_is_in_two_splits(generate):
    train, validation, test = ({*generate(split, 300).texts} for split in SPLITS)
    assert not (train & validation or train & test or validation & test)


def test_generated_translations():
    parts = {split: generate_translations(split, 100) for split in SPLITS}
    assert not set(parts["train"].sources) & set(parts["test"].sources)
    pairs = dict(zip(parts["train"].sources[::2], parts["train"].targets[::2], strict=True))
    for english, french in pairs.items():
        assert english.count(" house") == french.count(" maison")
        assert ("does not" in english) == ("ne " in french and " pas " in french)
        assert "le maison" not in french and "maison noir " not in french
    assert len(parts["train"]) == 200 and len(parts["train"].limit(7)) == 7
