"""ADE corpus V2, SMM4H's layouts and the generated texts: classes, splits, files that are wrong."""

import numpy as np
import pytest

from modzoo.data.ade import load_ade
from modzoo.data.health_grammar import FORMS, LABEL_NAMES, generate_health_texts
from modzoo.data.invented_names import invented_names
from modzoo.data.smm4h import BIRTH_DEFECTS, load_smm4h
from modzoo.errors import CallError

EFFECT = "1|{text}|ototoxicity|43|54|azithromycin|22|34\n"
TASKS = pytest.mark.parametrize("task", FORMS)


@pytest.fixture
def ade(tmp_path):
    sentences = [f"Case {i} of ototoxicity ." for i in range(60)]
    dose = "".join(EFFECT.format(text=text) for text in sentences[:20])
    effect = "".join(EFFECT.format(text=text) for text in sentences[:40] * 2)
    neither = "".join(f"2 NEG {text}\n" for text in [*sentences[40:], *sentences[40:]])
    for name, text in [("DRUG-DOSE.rel", dose), ("DRUG-AE.rel", effect), ("ADE-NEG.txt", neither)]:
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_sentence_is_there_once_and_a_dose_counts_before_an_effect(ade):
    splits = [load_ade(ade, split) for split in ("train", "validation", "test")]
    texts = [text for examples in splits for text in examples.texts]
    assert len(texts) == len(set(texts)) == 60
    counts = sum(np.bincount(examples.labels, minlength=3) for examples in splits)
    assert counts.tolist() == [20, 20, 20]
    assert splits[0].label_names == ["dose", "effect", "neither"]
    assert load_ade(ade).split == "test"
    first = splits[0].limit(len(splits[0]) // 2)
    assert (np.bincount(first.labels, minlength=3) > 0).all()  # not in the order of the files


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("DRUG-AE.rel", "1|a|b\n", r"DRUG-AE\.rel, line 1: expected 8 columns divided by \|"),
        ("ADE-NEG.txt", "1 NEG a\n2 POS b\n", r"ADE-NEG\.txt, line 2: expected a number, NEG"),
        ("ADE-NEG.txt", "1\n", "line 1: expected a number, NEG and a sentence; found '1'"),
        ("ADE-NEG.txt", "", r"ADE-NEG\.txt holds no sentences"),
        ("DRUG-DOSE.rel", None, r"has no DRUG-DOSE\.rel; expected a folder with the files"),
    ],
)
def test_wrong_files_of_ade(ade, file, content, message):
    (ade / file).unlink()
    if content is not None:
        (ade / file).write_text(content)
    with pytest.raises(CallError, match=message):
        load_ade(ade, "train")
    with pytest.raises(CallError, match="no split 'dev'"):
        load_ade(ade, "dev")


def test_the_published_corpus(data_dir):
    examples = [load_ade(data_dir / "ade_corpus_v2", s) for s in ("train", "validation", "test")]
    counts = sum(np.bincount(found.labels) for found in examples)
    assert counts.tolist() == [213, 4058, 16625]


def tweets(number, ids=0, start=0):
    rows = range(start, start + number)
    cells = [[*[f"{900 + i}{j}" for j in range(ids)], str(i % 3 + 1), f"tweet {i}"] for i in rows]
    return "".join("\t".join(row) + "\n" for row in cells)


@pytest.mark.parametrize("ids", [0, 1, 2])
@pytest.mark.parametrize("header", [False, True])
def test_tweets_with_ids_or_without(tmp_path, ids, header):
    head = "\t".join([*["tweet_id", "user_id"][:ids], "Class", "text"]) + "\n" if header else ""
    (tmp_path / "task2_training.tsv").write_text(head + tweets(120, ids))
    splits = [load_smm4h(tmp_path, split) for split in ("train", "validation", "test")]
    assert sorted(text for examples in splits for text in examples.texts) == sorted(
        f"tweet {i}" for i in range(120)
    )
    for examples in splits:
        for text, label in zip(examples.texts, examples.labels, strict=True):
            assert int(text.split()[1]) % 3 == label
    assert splits[0].label_names == ["intake", "possible_intake", "mention"]


def test_tweets_in_a_file_for_each_split(tmp_path):
    (tmp_path / "task5_train.tsv").write_text(tweets(80) + "1\tNot Available\n1\ttweet 0\n")
    (tmp_path / "task5_test.txt").write_text(tweets(9, start=80))
    train = load_smm4h(tmp_path, "train", BIRTH_DEFECTS)
    validation = load_smm4h(tmp_path, "validation")
    assert len(train) + len(validation) == 80 and 0 < len(validation) < 12
    assert not {*train.texts} & {*validation.texts}
    assert (load_smm4h(tmp_path).split, len(load_smm4h(tmp_path))) == ("test", 9)
    (tmp_path / "task5_valid.tsv").write_text(tweets(5, start=90))
    assert len(load_smm4h(tmp_path, "dev")) == 5
    assert len(load_smm4h(tmp_path, "train")) == 80
    assert train.label_names[0] == "defect"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1\ta\n4\tb\n", r"train\.tsv, line 2: expected the class, 1, 2 or 3, before the tweet"),
        ("1\ta\nb\n", "line 2: expected tabs between ids, class and tweet; found 'b'"),
        ("1\ta\n2\t\n", "line 2: expected the class"),
        ("5\ta\n", "line 1: expected the class"),
        ("1\tNot Available\n", "holds no tweet that was available"),
        ("", "holds no tweet that was available"),
    ],
)
def test_wrong_files_of_tweets(tmp_path, content, message):
    (tmp_path / "train.tsv").write_text(content)
    with pytest.raises(CallError, match=message):
        load_smm4h(tmp_path, "train")


def test_folders_that_hold_no_tweets(tmp_path):
    with pytest.raises(CallError, match="has no file of tweets; expected tab-separated files"):
        load_smm4h(tmp_path)
    for name in ("train_a.tsv", "train_b.tsv"):
        (tmp_path / name).write_text(tweets(3))
    with pytest.raises(CallError, match=r"train_a\.tsv and train_b\.tsv; leave one"):
        load_smm4h(tmp_path)


@TASKS
def test_names_belong_to_one_split_and_stand_in_a_list(task):
    words = {
        split: {word for text in generate_health_texts(task, split).texts for word in text.split()}
        for split in ("train", "test")
    }
    names = {
        list_name: {word for name in of_list for word in name.split()}
        for list_name, of_list in invented_names().items()
    }
    invented = set().union(*names.values())
    assert not words["train"] & words["test"] & invented
    assert len(words["test"] & invented) > 100
    assert all(word.isdecimal() for word in words["test"] - invented - words["train"])


@TASKS
def test_only_a_list_tells_the_class(task):
    """Of each form that is decided by its names, half of the texts are of the last class."""
    examples = generate_health_texts(task, "train")
    things = {word for name in invented_names()["things"] for word in name.split()}
    last = len(LABEL_NAMES[task]) - 1
    of_something_else = np.array([bool(things & {*text.split()}) for text in examples.texts])
    assert (examples.labels[of_something_else] == last).all()
    decided = of_something_else | (examples.labels != last)
    assert abs(of_something_else[decided].mean() - 0.5) < 0.03
    again = generate_health_texts(task, "train")
    assert again.texts == examples.texts
