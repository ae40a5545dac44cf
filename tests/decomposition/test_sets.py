"""Sets of modules: parts of them, several together, and as files."""

import json
import shutil

import keras
import numpy as np
import pytest

from modzoo.decomposition import ModuleSet, decompose
from modzoo.errors import CallError
from tests.decomposition import networks

WORDS = ["", "[UNK]", *"abcdefghij"]
OTHER_WORDS = ["", "[UNK]", *"jihgfedcba"]
LABELS = ["red", "green", "blue", "grey"]


def modules_of(seed, **options):
    model = networks.drawn(networks.network(("second",)), seed)
    return decompose(model, networks.texts(), LABELS, rule="random", max_removed=0.4, **options)


@pytest.fixture(scope="module")
def colours():
    return modules_of(0, vocabulary=WORDS)


@pytest.fixture(scope="module")
def others():
    """Of another network, which numbers the same words otherwise."""
    modules = modules_of(1, vocabulary=OTHER_WORDS, mode="unrolled")
    return modules.subset(["grey", "red"])


def test_a_subset_says_the_same(colours):
    x = networks.texts()[0]
    some = colours.subset(["blue", "red"])
    assert some.labels == ["blue", "red"]
    np.testing.assert_allclose(some.margins(x), colours.margins(x)[:, [2, 0]], atol=1e-5)


def test_modules_of_two_networks(colours, others):
    x = networks.texts()[0]
    numbers = {word: i for i, word in enumerate(OTHER_WORDS)}
    renumbered = np.array([numbers[word] for word in WORDS])[x]
    merged = colours.subset(["green", "blue"]).merge(others)
    assert merged.labels == ["green", "blue", "grey", "red"]
    assert merged.vocabulary == tuple(WORDS)
    wanted = [colours.margins(x)[:, 1:3], others.margins(renumbered)]
    np.testing.assert_allclose(merged.margins(x), np.concatenate(wanted, 1), atol=1e-5)
    replaced = colours.replace("green", others.subset(["red"]))
    assert replaced.labels == LABELS
    got = replaced.margins(x)
    np.testing.assert_allclose(got[:, [0, 2, 3]], colours.margins(x)[:, [0, 2, 3]], atol=1e-5)
    np.testing.assert_allclose(got[:, 1], wanted[1][:, 1], atol=1e-5)


def test_words_that_one_network_lacks_are_unknown_to_it(colours):
    x = networks.texts()[0]
    more = modules_of(2, vocabulary=[*WORDS[:-1], "z"]).subset(["red"])
    merged = colours.subset(["blue"]).merge(more)
    assert merged.vocabulary == (*WORDS, "z")
    new = np.where(x == 11, 12, x)  # z for j
    got = merged.margins(new)
    np.testing.assert_allclose(got[:, 1:], more.margins(x), atol=1e-5)
    without = colours.subset(["blue"]).margins(np.where(x == 11, 1, x))
    np.testing.assert_allclose(got[:, :1], without, atol=1e-5)


def test_a_set_in_a_folder(colours, others, tmp_path):
    x = networks.texts()[0]
    merged = colours.subset(["green"]).merge(others)
    merged.save(tmp_path / "set")
    assert len(list((tmp_path / "set").glob("*.keras"))) == 2
    loaded = ModuleSet.load(tmp_path / "set")
    assert loaded.labels == merged.labels and loaded.vocabulary == merged.vocabulary
    np.testing.assert_allclose(loaded.margins(x), merged.margins(x), atol=1e-6)
    for label, masks in merged.masks.items():
        assert all((loaded.masks[label][name] == mask).all() for name, mask in masks.items())


@pytest.mark.parametrize("make", ["compose", "module", "cut"])
def test_its_models_are_keras_models(colours, others, make, tmp_path):
    x = networks.texts()[0]
    if make == "compose":
        models = [colours.compose(), colours.subset(["green"]).merge(others).compose()]
    else:
        models = [getattr(colours, make)("red")]
        own = {type(layer).__module__.split(".")[0] for layer in models[0].layers}
        assert own == {"keras"}
    for model in models:
        model.save(tmp_path / "m.keras")
        loaded = keras.saving.load_model(tmp_path / "m.keras")
        wanted = model.predict(x, verbose=0)
        np.testing.assert_allclose(loaded.predict(x, verbose=0), wanted, atol=1e-6)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        models[0].export(tmp_path / "served", verbose=False)
        served = tf.saved_model.load(tmp_path / "served")
        got = served.serve(x.astype("int32"))
        np.testing.assert_allclose(got, models[0].predict(x, verbose=0), atol=1e-5)


CALLS = [
    (lambda s, o: s.subset(["pink"]), "no module 'pink'; there is: red, green, blue, grey"),
    (lambda s, o: s.subset([]), "has one at least"),
    (lambda s, o: s.merge(o), "received twice: grey, red"),
    (lambda s, o: s.replace("red", o), "one module, received 2: grey, red"),
    (lambda s, o: s.replace("pink", o.subset(["red"])), "no module 'pink'"),
    (lambda s, o: o.cut("red"), "a mask for each step has all units at some step"),
]


@pytest.mark.one_backend
@pytest.mark.parametrize("wrong, message", CALLS)
def test_calls_that_are_wrong(colours, others, wrong, message):
    with pytest.raises(CallError, match=message):
        wrong(colours, others)


def _changed(change):
    def damage(folder):
        described = json.loads((folder / "modules.json").read_text())
        change(described)
        (folder / "modules.json").write_text(json.dumps(described))

    return damage


DAMAGES = [
    (lambda folder: (folder / "modules.json").unlink(), "holds no modules"),
    (lambda folder: (folder / "network_0.keras").unlink(), "There is no file"),
    (lambda folder: (folder / "modules.json").write_text("[" * 10**5), "Cannot read"),
    (_changed(lambda d: d.pop("networks")), "KeyError: 'networks'"),
    (_changed(lambda d: d["networks"][0].update(removal="x")), "no removal 'x'"),
    (_changed(lambda d: d["networks"][0].update(removal="A" * 10**5)), r"^.{,600}$"),
    (_changed(lambda d: d["modules"][0].update(label="\ud800")), "is half a character alone"),
    (_changed(lambda d: d["vocabulary"].append("\udfff")), "is half a character alone"),
    (_changed(lambda d: d["modules"][0].update(network=-1)), "Cannot read"),
    (_changed(lambda d: d["modules"][0].update(column=9)), "'red' has no output 9"),
    (_changed(lambda d: d["modules"][0]["masks"].update(second=["01"])), r"shape \(1, 2\), exp"),
    (_changed(lambda d: d["modules"][0]["masks"].update(second=["0101x"])), "characters 0 or 1"),
    (_changed(lambda d: d["modules"][0]["masks"].update(second=[])), r"shape \(0\), expected \(1"),
    (_changed(lambda d: d["modules"][0]["masks"].update(other=["01"])), "for second, other, exp"),
    (_changed(lambda d: d["modules"][0]["masks"].update(second=["01011"] * 2)), r"shape \(2, 5\)"),
    (_changed(lambda d: d["modules"][0].update(masks=["01011"])), "AttributeError"),
    (_changed(lambda d: d["modules"][0].update(masks={})), "'red' has masks for no layer"),
]


@pytest.mark.one_backend
def test_masks_in_files_are_of_all_layers_and_as_many_steps(tmp_path):
    model = networks.network(("second", "fifth"))
    modules = decompose(model, networks.texts(), rule="random", mode="unrolled")
    modules.save(tmp_path / "set")
    damages = [
        (lambda masks: masks.pop("fifth"), "has masks for second, expected second, fifth"),
        (lambda masks: masks.update(fifth=["01011"]), r"shape \(1, 5\), expected \(6, 5\)"),
    ]
    for damage, message in damages:
        folder = shutil.copytree(tmp_path / "set", tmp_path / "damaged")
        _changed(lambda d, damage=damage: damage(d["modules"][2]["masks"]))(folder)
        with pytest.raises(CallError, match=message):
            ModuleSet.load(folder)
        shutil.rmtree(folder)

    def shorten(described):
        for module in described["modules"]:
            module["masks"] = {name: rows[:3] for name, rows in module["masks"].items()}

    _changed(shorten)(tmp_path / "set")
    with pytest.raises(CallError, match=r"shape \(3, 5\), expected \(6, 5\)"):
        ModuleSet.load(tmp_path / "set")


@pytest.mark.one_backend
def test_no_folder_of_other_things_is_replaced(colours, tmp_path, monkeypatch):
    (tmp_path / "thesis.txt").write_text("a")
    monkeypatch.chdir(tmp_path)
    for folder in (tmp_path, "."):
        with pytest.raises(CallError, match=r"holds no modules, but thesis\.txt"):
            colours.save(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    (tmp_path / "new").mkdir()
    for labels in (["red", "blue"], ["blue"]):
        colours.subset(labels).save("new")
        assert ModuleSet.load("new").labels == labels


@pytest.mark.one_backend
def test_nothing_beside_modules_is_lost(colours, tmp_path):
    for name in ("alone", "beside", "above", "named"):
        (tmp_path / name).mkdir()
    (tmp_path / "alone" / "modules.json").write_text("{}")
    for name, thing in (("beside", "src"), ("above", "network_0.txt"), ("named", "report.md")):
        colours.subset(["red"]).save(tmp_path / name)
        (tmp_path / name / thing).mkdir()
    messages = {
        "alone": r"alone is there and holds no modules, but modules\.json; name a new folder",
        "beside": "beside is there and holds more than modules, which would be lost: src; name a",
        "above": r"would be lost: network_0\.txt",
        "named": r"would be lost: report\.md",
    }
    before = sorted(tmp_path.rglob("*"))
    for name, message in messages.items():
        with pytest.raises(CallError, match=message):
            colours.save(tmp_path / name)
    assert sorted(tmp_path.rglob("*")) == before
    colours.save(tmp_path / "set")
    (tmp_path / "link").symlink_to("set")
    (tmp_path / "set" / "report.md").write_text("of those before")
    colours.subset(["grey"]).save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert ModuleSet.load(tmp_path / "set").labels == ["grey"]
    assert not (tmp_path / "set" / "report.md").exists()


@pytest.mark.one_backend
def test_modules_that_do_not_compose(colours):
    x, y = networks.texts(num_steps=4)
    short = networks.network(("second",), num_steps=4)
    others = [
        decompose(short, (x, y), only=["1"], vocabulary=WORDS),
        decompose(
            networks.network(("second",), activation="sigmoid"),
            (networks.texts()[0], np.eye(4, dtype=int)[y]),
            only=["1"],
            vocabulary=WORDS,
        ),
    ]
    for other in others:
        with pytest.raises(CallError, match="Modules compose that read and say alike, received: "):
            colours.merge(other)


def test_modules_of_one_network_run_as_one_batch(colours):
    x, y = networks.texts()
    model = networks.network(("second",))
    options = {"rule": "random", "max_removed": 0.4}
    one, other = (decompose(model, (x, y), only=only, **options) for only in (["1"], ["3", "0"]))
    merged = one.merge(other)
    assert len(merged.networks) == 1
    wanted = np.concatenate([one.margins(x), other.margins(x)], 1)
    np.testing.assert_allclose(merged.margins(x), wanted, atol=1e-5)


@pytest.mark.one_backend
def test_folders_of_strangers(colours, tmp_path):
    colours.save(tmp_path / "set")
    for damage, message in DAMAGES:
        folder = shutil.copytree(tmp_path / "set", tmp_path / "damaged")
        damage(folder)
        with pytest.raises(CallError, match=message):
            ModuleSet.load(folder)
        shutil.rmtree(folder)
