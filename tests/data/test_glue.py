"""Every layout in which a task of GLUE is published."""

import numpy as np
import pytest

from modzoo.data.glue import load_glue
from modzoo.data.splits import held_back
from modzoo.errors import CallError

TASKS = {
    "CoLA": (["gj04\t1\t\tThey sang .", "gj04\t0\t*\tThey sang the ."], "They sang .", 1),
    "MRPC": (
        ["Quality\t#1 ID\t#2 ID\t#1 String\t#2 String", '1\t7\t8\tHe "sang .\tHe did sing .'],
        'He "sang .\tHe did sing .',
        1,
    ),
    "QQP": (
        [
            "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
            "0\t1\t2\tWho ?\tWhose ?\t0",
            "1\t3\t4\tcut",
        ],
        "Who ?\tWhose ?",
        0,
    ),
    "STS-B": (
        [
            "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore",
            "0\tnews\tf\t2012\t1\tnone\tnone\tA man sings.\tA man sang.\t3.750",
        ],
        "A man sings.\tA man sang.",
        3.75,
    ),
    "QNLI": (
        ["index\tquestion\tsentence\tlabel", "0\tWho sang ?\tHe sang .\tentailment"],
        "Who sang ?\tHe sang .",
        0,
    ),
    "RTE": (
        ["index\tsentence1\tsentence2\tlabel", "0\tHe sang .\tHe slept .\tnot_entailment"],
        "He sang .\tHe slept .",
        1,
    ),
    "WNLI": (
        ["index\tsentence1\tsentence2\tlabel", "0\tHe sang .\tHe slept .\t0"],
        "He sang .\tHe slept .",
        0,
    ),
    "SST-2": (["sentence\tlabel", "a fine song \t1"], "a fine song", 1),
}
MNLI = ["index\tgenre\tsentence1\tsentence2\tlabel1\tgold_label", "0\tfiction\tA\tB\tneutral"]


def write(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize("task", TASKS)
def test_a_layout(task, tmp_path):
    lines, text, label = TASKS[task]
    write(tmp_path / "dev.tsv", lines)
    examples = load_glue(tmp_path)
    assert (examples.split, examples.source) == ("dev", f"GLUE {task}")
    assert (examples.texts[0], examples.labels[0]) == (text, label)
    assert examples.pairs == ("\t" in text)
    assert len(examples.remarks) == (task == "QQP")
    assert str(len(examples)) in examples.summary
    with pytest.raises(CallError, match=f"no labels for {task}'s test split; use --split dev"):
        load_glue(tmp_path, "test")
    with pytest.raises(CallError, match="no split 'devel'"):
        load_glue(tmp_path, "devel")


def test_the_two_parts_of_mnli(tmp_path):
    for name, label in (("matched", "entailment"), ("mismatched", "neutral")):
        write(tmp_path / f"dev_{name}.tsv", [MNLI[0], f"{MNLI[1]}\t{label}"])
    matched, other = load_glue(tmp_path), load_glue(tmp_path, "dev_mismatched")
    assert matched.label_names == ["contradiction", "entailment", "neutral"]
    assert (matched.labels.tolist(), other.labels.tolist()) == ([1], [2])
    assert matched.texts == ["A\tB"]


def test_published_counts(data_dir):
    counts = {"STS-B": (5749, 1500), "RTE": (1244, 139), "WNLI": (565, 70)}
    for task, (in_train, in_dev) in counts.items():
        parts = {s: load_glue(data_dir / "glue" / task, s) for s in ("train", "validation", None)}
        assert len(parts["train"]) + len(parts["validation"]) == in_train
        assert 0.03 < len(parts["validation"]) / in_train < 0.07
        assert len(parts[None]) == in_dev
        assert not any(map(held_back, parts["train"].texts))
        assert all(part.pairs for part in parts.values())


def test_scores_as_their_authors_publish_them(data_dir):
    ours = load_glue(data_dir / "glue" / "STS-B" / "original")
    glue = load_glue(data_dir / "glue" / "STS-B", "dev")
    assert (ours.texts, ours.split) == (glue.texts, "dev")
    np.testing.assert_array_equal(ours.labels, glue.labels)
    assert ours.scores == (0, 5)


def test_raw_scores_have_a_labelled_test(tmp_path):
    row = "news\tf\t2012\t1\t{}\tA man sings.\tA man {}."
    for split in ("train", "test"):
        lines = [row.format(i % 6, f"sang {i}") for i in range(60)]
        write(tmp_path / f"sts-{split}.csv", [f"{lines[0]}\tsource\tother", *lines[1:]])
    test, train, held = (load_glue(tmp_path, s) for s in (None, "train", "validation"))
    assert (test.split, len(test), len(train) + len(held)) == ("test", 60, 60)
    assert test.texts[0] == "A man sings.\tA man sang 0."


@pytest.mark.parametrize(
    "lines, message",
    [
        (["index\tsentence1\tlabel", "0\tA\tentailment"], "line 1: the header is that of no task"),
        ([], "found an empty file"),
        ([*TASKS["RTE"][0], "1\tA\tB"], "line 3: found 3 tab-separated columns"),
        ([*TASKS["RTE"][0], "1\tA\tB\tmaybe"], "line 3: the label of RTE must be one of"),
        ([*TASKS["WNLI"][0], "1\tA\tB\t2"], "line 3: the label of WNLI must be one of 0, 1"),
        ([*TASKS["STS-B"][0], *["\t".join("0123456ab") + "\t5.1"]], "from 0 to 5, found '5.1'"),
        ([*TASKS["STS-B"][0], *["\t".join("0123456ab") + "\tnan"]], "from 0 to 5, found 'nan'"),
        ([*TASKS["CoLA"][0], "x\t2\t\tA"], "line 3: the label of CoLA must be one of 0, 1"),
        ([*TASKS["CoLA"][0], "x\t1"], r"line 3: expected 4 tab-separated columns"),
        (TASKS["RTE"][0][:1], "holds no rows below its header"),
    ],
)
def test_what_is_wrong_is_named(lines, message, tmp_path):
    write(tmp_path / "dev.tsv", lines)
    with pytest.raises(CallError, match=rf"dev\.tsv.*{message}"):
        load_glue(tmp_path)


def test_folders_that_hold_none(tmp_path):
    with pytest.raises(CallError, match=r"has no dev\.tsv, no dev_matched\.tsv, no train\.tsv"):
        load_glue(tmp_path)
    with pytest.raises(CallError, match="no data folder"):
        load_glue(tmp_path / "none")
    write(tmp_path / "sts-dev.csv", ["a\tb"])
    with pytest.raises(CallError, match=r"sts-dev\.csv, line 1: expected 7 or 9 tab-separated"):
        load_glue(tmp_path)
    (tmp_path / "sts-dev.csv").write_bytes(b"caf\xe9\n")
    with pytest.raises(CallError, match="line 1: byte 0xe9 is not UTF-8"):
        load_glue(tmp_path)
