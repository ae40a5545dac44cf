"""What is the monoliths' own: how they read, what their modules say together and elsewhere."""

import json
import re
import shutil
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import modzoo
from modzoo.applications import decomposition
from modzoo.applications.decomposition import Monolith
from modzoo.applications.decomposition.masks import from_texts, to_texts
from modzoo.data.examples import TextExamples
from modzoo.data.intent_grammar import INTENTS, generate_joint_requests, generate_requests
from modzoo.data.tag_grammar import generate_tagged_sentences
from modzoo.data.universal_tags import universal_tag
from modzoo.decomposition import ModuleSet, decompose
from modzoo.errors import CallError
from modzoo.recipes import load_recipe
from modzoo.training import Evaluation, preset_folder

WORDS = ["[PAD]", "[UNK]", "play", "some", "music"]
SMALL = {"units": 6, "embedding_dim": 4}


def taken_apart(examples, **settings):
    """A monolith, untrained, with modules for what is in `examples`, and these as numbers."""
    given = {"units": 8, "embedding_dim": 4, "max_length": 8, **settings}
    model = decomposition.build_monolith(decomposition.ModelSettings(**given), examples)
    numbers = decomposition.encoded(examples, model)
    vocabulary = model.vocabulary if model.reads == "words" else None
    modules = decompose(
        model.network(),
        (numbers.x, numbers.y),
        model.labels,
        vocabulary=vocabulary,
        max_removed=0.5,
    )
    return model.with_modules(modules), numbers


@pytest.fixture(scope="module")
def requests():
    return generate_requests("train", 120)


@pytest.fixture(scope="module")
def model_and_numbers(requests):
    return taken_apart(requests)


# Reading


def test_words_are_numbers_and_padding_is_0():
    model = Monolith(WORDS, ["a", "b"], sequence_length=4, **SMALL)
    ids = model.encode(["Play some MUSIC", "", "play loud music, some more"])
    assert ids.tolist() == [[2, 3, 4, 0], [0] * 4, [2, 1, 4, 1]]
    assert keras.ops.convert_to_numpy(model(ids)).shape == (3, 2)


def test_a_bag_says_which_words_there_are():
    model = Monolith(WORDS, ["a", "b"], reads="bag", sequence_length=4, **SMALL)
    bags = model.encode(["music play play", "", "a b"])
    assert bags[:, 0].tolist() == [[0, 0, 1, 0, 1], [0] * 5, [0, 1, 0, 0, 0]]
    assert keras.ops.convert_to_numpy(model(bags)).shape == (3, 2)


COUNTS = {
    "num_layers": "from 1 to 4",
    "units": "an integer, at least 1",
    "embedding_dim": "an integer, at least 1",
    "sequence_length": "from 1 to 10,000",
}


def test_what_a_monolith_cannot_be():
    for options in ({"kind": "scores"}, {"cell": "rnn"}, {"reads": "letters"}):
        ((name, value),) = options.items()
        with pytest.raises(ValueError, match=f"Received: {name}='{value}'"):
            Monolith(WORDS, ["a", "b"], **options)
    with pytest.raises(ValueError, match="no order to tag"):
        Monolith(WORDS, ["a", "b"], kind="tags", reads="bag")
    for name, message in COUNTS.items():
        for value in (0, -1, 2.5, True):
            received = re.escape(f"`{name}` must be {message}. Received: {name}={value!r}.")
            with pytest.raises(ValueError, match=received):
                Monolith(WORDS, ["a", "b"], **{name: value})


@pytest.mark.one_backend
@pytest.mark.parametrize("name, value", [("num_layers", 20_000), ("sequence_length", 3_000_000)])
def test_presets_and_settings_of_more_than_a_monolith_has(tmp_path, name, value):
    folder = shutil.copytree(preset_folder("decomposition_clinc"), tmp_path / "p")
    described = json.loads((folder / "config.json").read_text())
    described["config"][name] = value
    (folder / "config.json").write_text(json.dumps(described))
    with pytest.raises(CallError, match=f"`{name}` must be {COUNTS[name]}. Received: "):
        modzoo.load(folder)
    field = {"sequence_length": "max_length"}.get(name, name)
    with pytest.raises(CallError, match=f"--{field.replace('_', '-')} must be at most"):
        decomposition.ModelSettings(**{field: value})


def test_long_sentences_are_tagged_in_pieces():
    sentences = generate_tagged_sentences("train", 40).only(["pos"])
    settings = decomposition.ModelSettings(max_length=4, **SMALL)
    model = decomposition.build_monolith(settings, sentences)
    numbers = decomposition.encoded(sentences, model)
    assert (numbers.y >= 0).sum() == (numbers.x > 0).sum() == sentences.lengths.sum()
    text = " ".join(sentences.tokens[0])
    (record,) = decomposition.predict(model, [text]).records
    assert record["tokens"] == sentences.tokens[0] and len(record["tokens"]) > 4
    first = " ".join(sentences.tokens[0][:4])
    assert decomposition.predict(model, [first]).records[0]["tags"] == record["tags"][:4]


@pytest.mark.one_backend
def test_some_of_the_generated_intents():
    train, test = (decomposition.load_intents(None, split, 3, seed=1) for split in ("train", None))
    assert train.label_names == test.label_names and len(train.label_names) == 3
    assert {*train.label_names} < {*INTENTS} and {*train.labels} == {0, 1, 2}
    asked = [train.texts[i] for i in np.flatnonzero(train.labels == 0)]
    whole = generate_requests("train")
    own = whole.labels == INTENTS.index(train.label_names[0])
    assert {*asked} & {whole.texts[i] for i in np.flatnonzero(own)}
    assert not {*asked} & {whole.texts[i] for i in np.flatnonzero(~own)}
    with pytest.raises(CallError, match=r"The grammar of requests holds 8 intents, .* received 9"):
        decomposition.load_intents(None, "train", 9)


@pytest.mark.one_backend
def test_universal_tags():
    tags = "at jj-tl np$ vbd * ppss+bem cs cd to , fw-nn od wps ql dt+bez nil -- ''"
    expected = "DET ADJ NOUN VERB ADV PRON ADP NUM PRT . X ADJ PRON ADV DET X . ."
    assert [universal_tag(tag) for tag in tags.split()] == expected.split()
    departures = {"ap": "DET", "abl": "DET", "abn": "DET", "pp$": "PRON", "wp$": "PRON"}
    assert {tag: universal_tag(tag) for tag in departures} == departures


# Modules


def test_modules_are_kept_with_the_model(model_and_numbers, tmp_path):
    model, numbers = model_and_numbers
    model.save(tmp_path / "m.keras")
    again = modzoo.load(tmp_path / "m.keras")
    assert again.module_labels == model.labels
    for label, layers in model.module_set.masks.items():
        for layer, mask in layers.items():
            np.testing.assert_array_equal(again.module_set.masks[label][layer], mask)
            assert 0.5 <= mask.mean() < 1
    np.testing.assert_allclose(
        again.module_set.margins(numbers.x), model.module_set.margins(numbers.x), atol=1e-5
    )


def test_what_the_modules_say_is_what_is_counted(model_and_numbers, requests):
    model, numbers = model_and_numbers
    said = model.module_set.classify(numbers.x)
    metrics = decomposition.evaluate(model, requests).metrics
    assert metrics["accuracy"] == pytest.approx((said == requests.labels).mean())
    monolith = model.predict_on_batch(numbers.x).argmax(-1)
    assert metrics["monolith_accuracy"] == pytest.approx((monolith == requests.labels).mean())
    records = decomposition.predict(model, requests.texts[:9]).records
    assert [model.labels.index(record["label"]) for record in records] == said[:9].tolist()


def test_a_disabled_module_is_never_heard(model_and_numbers, requests):
    model, _ = model_and_numbers
    said = [record["label"] for record in decomposition.predict(model, requests.texts).records]
    off = max(set(said), key=said.count)
    without = decomposition.without(model, [off])
    records = decomposition.predict(without, requests.texts).records
    assert off not in {record["label"] for record in records}
    assert {record["scores"][off] for record in records} == {0.0}
    with pytest.raises(CallError, match="At least one module must stay"):
        decomposition.without(model, model.labels)


def test_any_number_of_labels():
    joint = generate_joint_requests("train", 80)
    model, numbers = taken_apart(joint, cell="gru")
    margins = model.module_set.margins(numbers.x)
    accuracy = decomposition.evaluate(model, joint).metrics["accuracy"]
    assert accuracy == pytest.approx(((margins > 0) == joint.labels).mean())
    record, *_ = decomposition.predict(model, joint.texts[:1]).records
    said = [name for name, margin in zip(model.labels, margins[0], strict=True) if margin > 0]
    assert record["labels"] == said


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("examples", "figure", "remark"),
    [
        (
            generate_requests("train", 60),
            "accuracy",
            r"(\d+) of 60 texts are left out, whose label has no module: alarm, balance\.",
        ),
        (
            generate_joint_requests("train", 60),
            "micro_f1",
            r"Labels without a module are left out: alarm, balance\.",
        ),
        (
            generate_tagged_sentences("train", 30).only(["pos"]),
            "accuracy",
            r"\d+ of \d+ words are left out, whose label has no module: .+, .+\.",
        ),
    ],
    ids=["classes", "labels", "tags"],
)
def test_modules_and_network_are_marked_on_the_same_labels(examples, figure, remark):
    whole, numbers = taken_apart(examples)
    modules = whole.module_set.subset(whole.labels[2:])
    evaluation = decomposition.evaluate(whole.with_modules(modules), examples)
    expected = modules.evaluate(numbers.x, numbers.y)
    assert evaluation.metrics[figure] == pytest.approx(expected["composition"])
    assert evaluation.metrics[f"monolith_{figure}"] == pytest.approx(expected["monolith"])
    assert {*evaluation.notes["classes"]} <= {*modules.labels}
    said = [re.fullmatch(remark, line) for line in evaluation.remarks]
    (found,) = filter(None, said)
    if found.groups():
        assert int(found[1]) == np.isin(numbers.y, (0, 1)).sum()


@pytest.mark.one_backend
def test_examples_of_which_none_has_a_module(model_and_numbers, requests):
    model, _ = model_and_numbers
    some = model.with_modules(model.module_set.subset(["alarm", "music"]))
    others = requests.take(np.flatnonzero(requests.labels == model.labels.index("weather")))
    with pytest.raises(CallError, match="from a grammar has no example of alarm, music; the model"):
        decomposition.evaluate(some, others)


@pytest.mark.one_backend
def test_masks_as_texts():
    rng = np.random.default_rng(0)
    masks = {"a": {"lstm": rng.random((3, 13)) > 0.5}, "b": {"lstm": np.zeros((1, 8), bool)}}
    texts = to_texts(masks)
    for label, layers in from_texts(texts).items():
        np.testing.assert_array_equal(layers["lstm"], masks[label]["lstm"])
    for change in ({"shape": [4, 13]}, {"kept": "zz"}, {"kept": None}, {"shape": 3}):
        damaged = {"a": {"lstm": {**texts["a"]["lstm"], **change}}}
        with pytest.raises(CallError, match="mask of the units of lstm for 'a' cannot be read"):
            from_texts(damaged)


def _mask(**changes):
    return {"alarm": {"lstm_0": {"shape": [1, 100], "kept": "f" * 26, **changes}}}


LAYERS = "has masks for .*, expected lstm_0"


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "changes, message",
    [
        ({"mode": None}, "The mode in `module_masks` must be one of .* Received: mode=None"),
        ({"removal": "blow" * 10**4}, "The removal in `module_masks` must be one of .*'blowblow"),
        ({"masks": []}, r"a dictionary of labels, and of layers in it\. Received: masks=\[\]"),
        ({"masks": {"alarm": ["lstm_0"]}}, "a dictionary of labels, and of layers in it"),
        ({"masks": {"zzz": {}}}, r"masks must be of some of the labels alarm, .* Received: zzz"),
        ({"masks": {"alarm": {}}}, "'alarm' has masks for no layer, expected lstm_0"),
        ({"masks": {"alarm": {**_mask()["alarm"], "b": _mask()["alarm"]["lstm_0"]}}}, LAYERS),
        ({"masks": _mask(shape=[10**4000, 1])}, "cannot be read"),
        ({"masks": _mask(shape=[2, 50])}, r"of the shape \(2, 50\), expected \(1, 100\)"),
        ({"masks": _mask(), "mode": "unrolled"}, r"shape \(1, 100\), expected \(15, 100\)"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_masks_that_are_no_monoliths(tmp_path, changes, message):
    folder = shutil.copytree(preset_folder("decomposition_clinc"), tmp_path / "p")
    described = json.loads((folder / "config.json").read_text())
    described["config"]["module_masks"].update(changes)
    (folder / "config.json").write_text(json.dumps(described))
    with pytest.raises(CallError, match=message) as caught:
        modzoo.load(folder).module_set  # noqa: B018
    assert len(str(caught.value)) < 700


def test_modules_of_other_labels_cannot_be_left_out():
    with pytest.raises(ValueError, match=r"left out must be .* labels a, b\. Received: c"):
        Monolith(WORDS, ["a", "b"], disabled=["a", "c"], **SMALL)


# Elsewhere


@pytest.mark.one_backend
def test_pairs_of_modules_beside_models_of_the_two(model_and_numbers):
    model, numbers = model_and_numbers
    settings = load_recipe("decomposition/clinc").Settings(pairs=1, epochs=1)
    rows = decomposition.reused(settings, model, numbers, numbers)
    assert len(rows) == 1
    for row in rows:
        places = [model.labels.index(label) for label in row["labels"]]
        own = np.isin(numbers.y, places)
        margins = model.module_set.margins(numbers.x[own])[:, places]
        right = np.array(places)[margins.argmax(-1)] == numbers.y[own]
        assert (row["examples"], row["modules"]) == (own.sum(), pytest.approx(right.mean()))
        assert 0 <= row["retrained"] <= 1


@pytest.mark.one_backend
def test_modules_of_a_better_model(model_and_numbers, requests):
    model, _ = model_and_numbers
    # Of other words, so that both read the ids of a joint vocabulary where they are put together.
    better, _ = taken_apart(generate_requests("validation", 90))
    assert better.vocabulary != model.vocabulary
    found = decomposition.replaced(model, better, requests)
    label = model.labels[0]
    mixed = model.module_set.replace(label, better.module_set.subset([label]))
    joint = Monolith(mixed.vocabulary, ["a", "b"], sequence_length=model.sequence_length)
    said = mixed.classify(joint.encode(requests.texts))
    assert found["replaced"][label] == pytest.approx((said == requests.labels).mean())
    assert found["modules"] == decomposition.evaluate(model, requests).metrics["accuracy"]
    assert found["better"] == decomposition.evaluate(better, requests).metrics["accuracy"]
    whole = Monolith.from_config({**better.get_config(), "module_masks": None})
    with pytest.raises(CallError, match="received one with modules for none"):
        decomposition.replaced(model, whole, requests)


# Served


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "examples",
    [
        generate_requests("train", 60),
        generate_joint_requests("train", 60),
        generate_tagged_sentences("train", 30).only(["pos"]),
    ],
    ids=["classes", "labels", "tags"],
)
def test_a_servable_says_what_predict_says(examples):
    model, _ = taken_apart(examples)
    modules = decomposition.without(model, model.module_labels[:1])
    for served in (Monolith.from_config({**model.get_config(), "module_masks": None}), modules):
        servable = decomposition.servable(served)
        batch = {"text": np.array(["wake me up", "", "play some music"], object)}
        answer = servable.answer("explain", batch)
        labels = [name.decode() for name in answer["labels"][0]]
        records = decomposition.predict(served, batch["text"].tolist()).records
        for i, record in enumerate(records):
            if "tags" in record:
                tags = [tag.decode() for tag in answer["tags"][i] if tag]
                assert tags == record["tags"]
                continue
            scores = [record["scores"][name] for name in labels]
            np.testing.assert_allclose(answer["scores"][i], scores, atol=1e-6)
            if "label" in record:
                assert answer["label"][i].decode() == record["label"]
            else:
                assert [labels[k] for k in np.flatnonzero(answer["is_said"][i])] == record["labels"]
        for place, label in enumerate(served.module_labels[:2]):
            alone = servable.answer(f"module_{label}".replace(".", "_"), batch)["yes"]
            np.testing.assert_allclose(alone, answer["scores"][..., place], atol=1e-6)


# A run


@pytest.mark.one_backend
def test_a_run_is_taken_apart_anew(call, tmp_path):
    small = ["--limit", "6", "--epochs", "1", "--units", "8", "--embedding-dim", "4"]
    code, _, err = call("train", "decomposition/clinc", *small, "--out", tmp_path / "r")
    assert code == 0, err
    seen = {*generate_requests("train").limit(6).labels}
    names = generate_requests("train").label_names
    missing = [name for i, name in enumerate(names) if i not in seen]
    assert f"No module for {', '.join(missing)}: no example of training has it." in err
    assert modzoo.load(tmp_path / "r").module_labels == [n for n in names if n not in missing]

    args = ["decompose", tmp_path / "r", "--out", tmp_path / "D", "--json", "--limit"]
    code, out, err = call(*args, "6")
    assert (code, out) == (2, "")
    assert f"The label '{missing[0]}' has no positive example" in err
    code, out, err = call(*args, "90", "--max-removed", "0.5")
    assert code == 0, err
    report, test = json.loads(out), generate_requests("test").limit(90)
    assert report["examples"] == 90 and list(report["classes"]) == names
    modules = ModuleSet.load(tmp_path / "D")
    model = modzoo.load(tmp_path / "r")
    right = modules.classify(model.encode(test.texts)) == test.labels
    assert report["composition"] == pytest.approx(right.mean())
    assert modules.vocabulary == tuple(model.vocabulary)


@pytest.mark.one_backend
def test_a_test_of_one_intent_whose_first_text_is_blank(call, tmp_path):
    rows = [["wake me at six", "alarm"], ["what is it like out", "weather"]]
    parts = {"train": rows, "val": rows, "test": [["", "alarm"], *rows[:1]]}
    (tmp_path / "data_full.json").write_text(json.dumps(parts), encoding="utf-8")
    flags = ["--num-intents", "2", "--epochs", "1", "--units", "8", "--pairs", "1", "--json"]
    code, out, err = call(
        "train", "decomposition/clinc", "--data", tmp_path, *flags, "--out", tmp_path / "r"
    )
    assert code == 0, err
    assert json.loads(out)["reused"] == []
    assert "No pair of modules is reused: fewer than two classes of the test have one." in err
    assert (tmp_path / "r" / "plots" / "modules.png").is_file()


@pytest.mark.one_backend
def test_no_text_to_draw(model_and_numbers):
    model, _ = model_and_numbers
    drawn, said = {}, []
    history = [{"epoch": 0, "loss": 2.0, "val_loss": 1.5}]
    run = SimpleNamespace(save_plot=drawn.__setitem__, say=said.extend, history=lambda: history)
    decomposition.save_plots(run, model, ["", " \n"])
    assert list(drawn) == ["history"]
    assert said == ["No text of the test has words, so no picture of the modules is drawn."]


# What does not fit


def test_examples_of_another_kind(model_and_numbers, requests):
    model, _ = model_and_numbers
    with pytest.raises(CallError, match="holds labels of texts, and the model was trained for"):
        decomposition.evaluate(model, generate_joint_requests("test", 5))
    other = TextExamples(["a"], np.array([0]), ["weathers"], "test", "a table")
    with pytest.raises(CallError, match="a table has the label 'weathers', which the model does"):
        decomposition.evaluate(model, other)


def test_a_whole_monolith_answers_itself_and_explains_nothing(requests):
    settings = decomposition.ModelSettings(**SMALL)
    model = decomposition.build_monolith(settings, requests)
    assert list(decomposition.evaluate(model, requests).metrics) == ["accuracy"]
    assert decomposition.parts(model) == []
    with pytest.raises(CallError, match="is not taken apart yet, so it has no modules"):
        decomposition.explain(model, "play music")
    with pytest.raises(CallError, match="no module 'music' to disable; it has: none"):
        decomposition.without(model, ["music"])


# Tables


@pytest.mark.one_backend
def test_figures_stand_below_the_papers():
    recipe = load_recipe("decomposition/clinc")
    metrics = {"accuracy": 0.95, "monolith_accuracy": 0.94}
    evaluation = Evaluation("test", 100, metrics)
    lines = decomposition.beside_paper(evaluation, recipe.Settings(), recipe.PAPER)
    assert [line.split()[-3:] for line in lines] == [
        ["network", "modules", "points"],
        ["0.931", "0.930", "-0.1"],
        ["0.931", "0.941", "+1.0"],
        ["0.940", "0.950", "+1.0"],
    ]
    assert len({len(line) for line in lines}) == 1


@pytest.mark.one_backend
def test_tables_of_modules_elsewhere_end_in_means():
    rows = [
        {"labels": ["a", "b"], "examples": 9, "modules": 0.9, "retrained": 1.0},
        {"labels": ["a", "c"], "examples": 9, "modules": 0.8, "retrained": 0.8},
    ]
    assert decomposition.reuse_table(rows)[-1].split() == ["mean", "0.900", "0.850", "-5.0"]
    found = {"modules": 0.9, "better": 0.95, "replaced": {"a": 0.8, "b": 0.9}}
    assert [line.split() for line in decomposition.replace_table(found)[1:]] == [
        ["a", "0.900", "0.800", "-10.0"],
        ["b", "0.900", "0.900", "+0.0"],
        ["mean", "0.900", "0.850", "-5.0"],
    ]
