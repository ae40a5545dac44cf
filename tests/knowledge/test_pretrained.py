import json

import numpy as np
import pytest
import tensorflow as tf

from modzoo.errors import CallError
from modzoo.knowledge import Elmo, LanguageModel, Words, load_pretrained
from tests import language_models as tiny

pytest.importorskip("safetensors")


def words(*rows):
    padded = tf.ragged.constant(list(rows), dtype=tf.string).to_tensor("")
    return Words(padded, padded)


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return tiny.bert_folder(tmp_path_factory.mktemp("bert"))


@pytest.fixture
def copied(bert, tmp_path):
    for file in bert.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def source(folder):
    pieces, vectors = load_pretrained(str(folder))
    return LanguageModel(pieces=pieces, vectors=vectors)


def test_a_window_says_of_its_words_what_the_text_says(bert):
    model = source(bert)
    assert (model.width, model.pieces.max_length) == (tiny.WIDTH, tiny.POSITIONS)
    short, long = ["film"] * 22, ["film"] * 40
    vectors = model.annotate(words(short, long)).numpy()
    np.testing.assert_allclose(vectors[0, :22], vectors[1, :22], atol=1e-5)
    assert not vectors[0, 22:].any()
    assert vectors[1].any(axis=-1).all()


def test_its_identity_is_that_of_weights_and_vocabulary(bert, copied):
    assert source(bert).identity == source(bert).identity == source(copied).identity
    pieces = tiny.WORD_PIECES[:]
    pieces[-1], pieces[-2] = pieces[-2:]
    (copied / "vocab.txt").write_text("\n".join(pieces) + "\n")
    assert source(copied).identity != source(bert).identity


def damage(name, content):
    def write(folder):
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)

    return write


def other_sizes(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_size": 10}))


def pickled(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


WRONG = {
    "no weights": (damage("model.safetensors", None), "has no weights: there is no model.safe"),
    "pickled weights": (pickled, "pytorch_model.bin is pickled and not read"),
    "no configuration": (damage("config.json", None), "holds no language model"),
    "no vocabulary": (damage("vocab.txt", None), "Cannot read the language model"),
    "broken configuration": (damage("config.json", b"{"), "Cannot read .*config.json"),
    "list": (damage("config.json", b"[]"), "holds no JSON object"),
    "no model": (damage("config.json", b"{}"), "it has no model_type"),
    "unknown model": (damage("config.json", b'{"model_type": "x"}'), "no converter"),
    "cut weights": (
        damage("model.safetensors", b"\x08\0\0\0\0\0\0\0{}"),
        "Cannot read the language",
    ),
    "other sizes": (other_sizes, "Cannot read the language model"),
    "other vocabulary": (
        damage("vocab.txt", "\n".join([*tiny.WORD_PIECES, *map(str, range(99))]).encode()),
        "does not fit its model: it has 1.. pieces, and the model knows",
    ),
    "no special pieces": (damage("vocab.txt", b"[UNK]\na\n"), "Cannot find special token"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_folder_that_is_not_whole(copied, case):
    change, message = WRONG[case]
    change(copied)
    with pytest.raises(CallError, match=message):
        load_pretrained(str(copied))


def test_a_name_that_is_none():
    with pytest.raises(CallError, match="no preset of keras_hub 'bert_bas_en'; did you mean bert_"):
        load_pretrained("bert_bas_en")


@pytest.fixture(scope="module")
def elmo(tmp_path_factory):
    return tiny.elmo_folder(tmp_path_factory.mktemp("elmo"))


def test_elmo_reads_words(elmo):
    model, text = Elmo(folder=elmo), words(["good", "film", "!"], ["good"], [])
    vectors = model.annotate(text).numpy()
    assert vectors.shape == (3, 3, 6)
    np.testing.assert_allclose(vectors[0, 0], vectors[1, 0] + 2, atol=1e-6)  # two words more
    assert not vectors[1, 1:].any()


def test_elmo_is_opened_where_a_person_names_it(elmo, tmp_path, monkeypatch):
    from modzoo.knowledge import elmo as module

    monkeypatch.setattr(module, "_named", {})
    Elmo(folder=elmo).save_assets(tmp_path)
    again = Elmo.from_config({"name": "token", "width": 6})
    again.load_assets(tmp_path)  # named in this process
    monkeypatch.setattr(module, "_named", {})
    again = Elmo.from_config({"name": "token", "width": 6})
    with pytest.raises(CallError, match="in the environment variable MODZOO_ELMO"):
        again.load_assets(tmp_path)
    monkeypatch.setenv("MODZOO_ELMO", str(elmo))
    again.load_assets(tmp_path)
    assert again.identity == Elmo(folder=elmo).identity
    other = tiny.elmo_folder(tmp_path / "other", width=7)
    monkeypatch.setattr(module, "_named", {})
    monkeypatch.setenv("MODZOO_ELMO", str(other))
    with pytest.raises(CallError, match="other is another"):
        again.load_assets(tmp_path)


def test_a_saved_model_that_is_no_elmo(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"nothing")
    with pytest.raises(CallError, match="Cannot read the SavedModel"):
        Elmo(folder=tmp_path)
    with pytest.raises(CallError, match="is not of ELMo: expected a signature tokens or default"):
        Elmo(folder=tiny.elmo_folder(tmp_path / "other", output="vectors"))
