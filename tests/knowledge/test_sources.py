"""What all kinds of sources have in common, on each kind."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from modzoo.errors import CallError
from modzoo.knowledge import (
    Lexicon,
    Material,
    Source,
    Tags,
    Tokens,
    check_sources,
    get,
    make_sources,
    padded_words,
    source_names,
)
from modzoo.knowledge.registry import KINDS

TEXTS = ["A good film , NOT good", "dull", ""]
MATERIAL = Material(
    ["good good good good good", "dull dull dull dull dull"],
    np.array([1, 0]),
    ["negative", "positive"],
)
NAMES = ["token", "afinn", "vader", "pmi", "pos"]  # of most kinds, and all that need no folder


def made(name, style="reviews"):
    (source,) = make_sources([name], MATERIAL)
    source.prepare(style)
    return source


def words(style="reviews"):
    return padded_words(tf.constant(TEXTS), style, length_multiple=4)


def test_words_are_padded():
    found = words()
    assert found.written.shape == (3, 8)
    assert found.written[0].numpy().tolist() == [*TEXTS[0].encode().split(), b"", b""]
    assert found.normal[0, 4] == b"not"
    assert padded_words(tf.constant([""]), "reviews").written.numpy().tolist() == [[b""]]
    assert padded_words(tf.constant(TEXTS), "tweets", sequence_length=2).normal.shape == (3, 2)


def test_the_table_names_each_source_once():
    names = source_names()
    assert len(set(names)) == len(names)
    assert set(NAMES) <= set(names)
    for name in names:
        if ":" in name:  # a pattern, as mesh:NUMBER
            continue
        source = get(name)
        assert (source.name, type(source).__name__ in KINDS) == (name, True)
        assert not source.is_loaded
        assert get(source) is source


def test_flags_are_read_without_a_backend():
    heavy = {"keras", "tensorflow", "jax", "torch", "keras_hub"}
    script = (
        "import sys\nfrom modzoo.applications.sentiment import ModelSettings\n"
        f"ModelSettings(sources=('token', 'pos'))\nprint(*({heavy!r} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize("name", NAMES)
def test_annotations(name):
    source = made(name)
    found = source.annotate(words()).numpy()
    if source.width is None:
        assert (found.shape, found.dtype) == ((3, 8), np.int32)
        assert source.input().shape == (None, None)
    else:
        assert (found.shape, found.dtype) == ((3, 8, source.width), np.float32)
        assert source.input().shape == (None, None, source.width)
    padding = words().written.numpy() == b""
    assert not found[padding].any()
    assert source.input().name == name
    if source.is_sparse:
        spoken = found.any(-1)
        np.testing.assert_array_equal(found[..., -1], spoken)
        assert 0 < spoken.sum() < (~padding).sum()


@pytest.mark.parametrize("name", NAMES)
def test_annotations_are_the_same_in_a_graph(name):
    source = made(name)
    dataset = tf.data.Dataset.from_tensors(words()).map(source.annotate)
    np.testing.assert_array_equal(next(iter(dataset)), source.annotate(words()))


def test_descriptions():
    silent = [None] * 8
    assert made("token").describe(words()) is None
    assert (
        made("afinn").describe(words())
        == [
            [None, 3, None, None, -2, -2, None, None],  # "not good" is a term
            [-2, *silent[1:]],
            silent,
        ]
    )
    assert made("vader").describe(words())[0][1] == 1.9
    tags = made("pos").describe(words())
    assert tags[0] == ["DT", "JJ", "NN", ",", "NNP", "NN", None, None]  # it reads "NOT"
    assert tags[2] == silent


@pytest.mark.parametrize("name", NAMES)
def test_assets_and_configuration(name, tmp_path):
    source = made(name)
    source.save_assets(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(source.assets)
    config = json.loads(json.dumps(source.get_config()))
    again = get(config)
    assert type(again) is type(source)
    assert again.get_config() == config
    assert not again.is_loaded
    again.load_assets(tmp_path)
    again.prepare("reviews")
    np.testing.assert_array_equal(again.annotate(words()), source.annotate(words()))


def test_packaged_lexica_are_not_copied():
    assert made("afinn").assets == ()
    assert made("pmi").assets == ("pmi.tsv",)
    assert get("afinn").assets == ()
    assert Lexicon("afinn", {"good": 1.0}).assets == ("afinn.tsv",)


def test_a_source_is_of_one_style():
    source = made("afinn")
    source.prepare("reviews")
    with pytest.raises(ValueError, match="'afinn' is prepared for reviews already"):
        source.prepare("tweets")


def test_tables_are_exported_with_their_source(tmp_path):
    module = tf.Module()
    module.sources = [made(name) for name in NAMES]

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def serve(texts):
        found = padded_words(texts, "reviews", length_multiple=4)
        return {source.name: source.annotate(found) for source in module.sources}

    module.serve = serve
    tf.saved_model.save(module, str(tmp_path))
    exported = tf.saved_model.load(str(tmp_path)).serve(tf.constant(TEXTS))
    for name, value in serve(tf.constant(TEXTS)).items():
        np.testing.assert_array_equal(exported[name], value)


def test_vocabularies_are_by_frequency():
    assert Tokens.learn(["b a b", "B c", "c"]).vocabulary == ["[PAD]", "[UNK]", "b", "c", "a"]
    assert Tokens.learn(["b a b", "B c", "c"], min_count=2).vocabulary[2:] == ["b", "c"]
    assert Tokens.learn(["@Ann @ann"], "tweets").vocabulary[2:] == ["@user"]
    assert Tokens.learn([]).vocabulary == ["[PAD]", "[UNK]"]


@pytest.mark.parametrize("content", ["", "a\n", "[PAD]\n[UNK]\na\na\n", "[UNK]\n[PAD]\n"])
def test_a_damaged_vocabulary(content, tmp_path):
    (tmp_path / "vocabulary.txt").write_text(content)
    with pytest.raises(CallError, match=r"vocabulary\.txt must hold distinct words, \[PAD\]"):
        Tokens().load_assets(tmp_path)


def test_missing_files_are_named(tmp_path):
    for name in ("token", "pmi", "pos"):
        with pytest.raises(CallError, match=r"vocabulary\.txt|pmi\.tsv|pos\.npz"):
            get(name).load_assets(tmp_path)


@pytest.mark.parametrize(
    "config, message",
    [
        ({"kind": "os", "name": "system"}, "no kind of source 'os'; there is: Tokens, Lexicon"),
        ({"kind": ["Lexicon"], "name": "afinn"}, "no kind of source"),
        ({"name": "afinn"}, "no kind of source None"),
        ({"kind": "Source", "name": "afinn"}, "no kind of source 'Source'"),
        ({"kind": "Lexicon", "name": "../../etc/passwd"}, "must be a plain word"),
        ({"kind": "Lexicon", "name": "a\n"}, "must be a plain word"),
        ({"kind": "Lexicon", "name": 3}, "must be a plain word"),
        ({"kind": "Lexicon"}, "describes no source"),
        ({"kind": "Lexicon", "name": "afinn", "packaged": "yes"}, "describes no source"),
        ({"kind": "Lexicon", "name": "afinn", "scores": {"a": 1}}, "describes no source"),
        ({"kind": "Tokens", "name": "token", "module": "os"}, "describes no source"),
        ({"kind": "Tags", "name": "pos", "width": -1}, "must be a positive integer"),
        ({"kind": "Tags", "name": "pos", "width": "20"}, "must be a positive integer"),
        ("affin", "no source 'affin'; there is: token, afinn"),
        (3, "a name or a configuration; received 3"),
    ],
)
def test_a_strangers_configuration_picks_from_the_table_alone(config, message):
    before = set(sys.modules)
    with pytest.raises(CallError, match=message) as caught:
        get(config)
    assert "\n" not in str(caught.value)
    assert set(sys.modules) == before


def test_a_packaged_lexicon_that_no_package_has(tmp_path):
    source = get({"kind": "Lexicon", "name": "mpqa", "packaged": True})
    with pytest.raises(CallError, match="No package carries the lexicon 'mpqa'"):
        source.load_assets(tmp_path)


def test_names_of_the_command_line():
    check_sources(("token", "afinn", "pos"), 2)
    with pytest.raises(CallError, match="no source 'affin'; there is: token, afinn, mpqa"):
        check_sources(("token", "affin"))
    with pytest.raises(CallError, match="no source 'affin'; there is: token, afinn, mpqa"):
        make_sources(["affin"], MATERIAL)
    for names in (("afinn",), ("token", "token"), ()):
        with pytest.raises(CallError, match="must be distinct and include the tokens"):
            check_sources(names)
    for number in (0, 3):
        with pytest.raises(CallError, match=f"num_active={number}, num_modules=2"):
            check_sources(("token", "afinn"), number)


def test_containers_stay_plain():
    source = Tags("pos")
    source.data = {"a": [1]}
    assert type(source.data) is dict
    assert isinstance(source, Source)
