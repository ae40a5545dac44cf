"""Colour codes, the model, generating with the cache, and the competition's measures."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

from modzoo.applications.images import (
    EncodedPictures,
    ImageTransformer,
    Options,
    between_sides,
    build_model,
    competition,
    decode,
    encode,
    encode_pictures,
    evaluate,
    explain,
    generate,
    learn_codebook,
    parts,
    predict,
    servable,
    without,
)
from modzoo.applications.images.generation import gumbel
from modzoo.applications.images.settings import ImageTrainingSettings, ModelSettings
from modzoo.data.picture_files import read_picture, save_pictures
from modzoo.data.pictures import Pictures, SideBySide, resize
from modzoo.errors import CallError
from modzoo.training import steps_per_epoch, train_batches
from tests.backends import randomise, to_numpy
from tests.layers.test_tim_block import named_weights
from tests.reference.tim import Layer

RNG = np.random.default_rng(0)
CODEBOOK = [[0, 0, 0], [250, 0, 0], [0, 250, 0], [0, 0, 250], [250, 250, 250]]
SIZE = (4, 6)
CODES = RNG.integers(0, 5, (3, *SIZE)).astype("int32")
PIXELS = RNG.integers(0, 256, (10, 8, 8, 3), dtype="uint8")


def model_of(num_mechanisms=2, width=16, num_heads=4, num_layers=4, scale=0.3, **options):
    options = {"num_mechanisms": num_mechanisms, **options}
    model = ImageTransformer(CODEBOOK, SIZE, num_layers, width, num_heads, **options)
    randomise(model, scale=scale)
    return model


def cost(model, codes):
    """Bits of each pixel, `(pictures, height, width)`, in float64 from the logits."""
    logits = np.asarray(model.predict_on_batch(codes.reshape(len(codes), -1)), "float64")
    highest = logits.max(-1, keepdims=True)
    total = np.log(np.exp(logits - highest).sum(-1)) + highest[..., 0]
    chosen = np.take_along_axis(logits, codes.reshape(len(codes), -1, 1), axis=-1)[..., 0]
    return ((total - chosen) / np.log(2)).reshape(codes.shape)


# Codes


def test_few_colours_are_kept_as_they_are():
    pixels = np.array(CODEBOOK, "uint8")[RNG.integers(0, 5, (2, 9, 9))]
    codebook = learn_codebook(pixels, 8)
    assert codebook.tolist() == [CODEBOOK[i] for i in (0, 3, 1, 2, 4)]  # from dark to bright
    assert np.array_equal(decode(encode(pixels, codebook), codebook), pixels)


def test_many_colours_become_the_nearest_of_some():
    codebook = learn_codebook(PIXELS, 7, seed=0)
    assert codebook.shape == (7, 3)
    assert np.array_equal(codebook, learn_codebook(PIXELS, 7, seed=0))
    codes = encode(PIXELS, codebook)
    assert codes.shape == PIXELS.shape[:-1] and codes.dtype == "int32"
    apart = ((PIXELS[..., None, :].astype(int) - codebook.astype(int)) ** 2).sum(-1)
    chosen = np.take_along_axis(apart, codes[..., None], -1)[..., 0]
    assert np.array_equal(chosen, apart.min(-1))
    # Better than as many colours of the pictures.
    some = np.unique(PIXELS.reshape(-1, 3), axis=0)[:: 640 // 7][:7].astype(int)
    others = ((PIXELS[..., None, :].astype(int) - some) ** 2).sum(-1).min(-1)
    assert chosen.mean() < others.mean()


def test_a_smaller_picture_is_the_mean_of_what_it_covers():
    half = resize(PIXELS, 4, 4)
    blocks = PIXELS.reshape(10, 4, 2, 4, 2, 3).mean(axis=(2, 4))
    assert np.abs(half - blocks).max() <= 0.5
    assert resize(PIXELS, 8, 8) is PIXELS
    assert resize(PIXELS, 3, 3).mean() == pytest.approx(PIXELS.mean(), abs=0.5)


def test_a_picture_in_a_file(tmp_path):
    save_pictures(PIXELS[:1, :, :6], tmp_path / "p.png", zoom=1)
    assert np.array_equal(read_picture(tmp_path / "p.png", 8, 6), PIXELS[0, :, :6])
    assert read_picture(tmp_path / "p.png", 4, 3).shape == (4, 3, 3)
    with pytest.raises(CallError, match=r"picture of 8 x 6 .* makes 5 x 6"):
        read_picture(tmp_path / "p.png", 5, 6)
    with pytest.raises(CallError, match=r"picture of 8 x 6 .* makes 16 x 12"):
        read_picture(tmp_path / "p.png", 16, 12)
    Image.fromarray(np.full((8, 6), 40000, "int32")).save(tmp_path / "deep.tif")
    with pytest.raises(CallError, match="its pixels are of 32 bits"):
        read_picture(tmp_path / "deep.tif", 8, 6)
    (tmp_path / "q.png").write_bytes(b"no picture")
    for name in ("q.png", "r.png"):
        with pytest.raises(CallError, match="Cannot read the picture"):
            read_picture(tmp_path / name, 8, 6)


def test_pictures_side_by_side_in_one_file(tmp_path):
    save_pictures(PIXELS[:5], tmp_path / "s.png", columns=3, zoom=2)
    sheet = np.asarray(Image.open(tmp_path / "s.png"))
    assert sheet.shape == (2 * 18 - 2, 3 * 18 - 2, 3)
    assert np.array_equal(sheet[18:34:2, 18:34:2], PIXELS[4])
    assert (sheet[18:, 36:] == 255).all()


@dataclass(frozen=True)
class Settings(ModelSettings, ImageTrainingSettings):
    pass


# Batches


def two_sides():
    left = np.arange(7)[:, None, None] * np.ones((1, 2, 3), "int32")
    right = 100 + np.arange(5)[:, None, None] * np.ones((1, 2, 3), "int32")
    return EncodedPictures((left.astype("int32"), right.astype("int32")), "train")


def epoch_of(dataset, steps):
    return [x.numpy().reshape(-1, 2, 6) for x, _ in dataset.take(steps)]


def test_sides_are_composed_anew_each_epoch():
    pictures = two_sides()
    assert (len(pictures), pictures.size) == (5, (2, 6))
    steps = steps_per_epoch(pictures, 2)
    batches = np.concatenate(epoch_of(train_batches(pictures, 2, 0), 3 * steps))
    assert (batches[:, :, :3] == batches[:, :1, :1]).all()
    assert (batches[:, :, 3:] == batches[:, :1, 3:4]).all()
    epochs = batches[:, 0, [0, 3]].reshape(3, -1, 2)
    for epoch in epochs:
        assert len({*epoch[:, 0]}) == len({*epoch[:, 1]}) == 4
        assert (epoch[:, 0] < 7).all() and (epoch[:, 1] >= 100).all()
    assert not np.array_equal(epochs[0], epochs[1])
    later = np.concatenate(epoch_of(train_batches(pictures, 2, 0, first_epoch=2), steps))
    assert np.array_equal(later[:, 0, [0, 3]], epochs[2])


def test_coded_pictures():
    halves = SideBySide((Pictures(PIXELS, "test", ""), Pictures(PIXELS[:4], "test", "")))
    coded = encode_pictures(halves, CODEBOOK, 4)
    assert len(coded) == 4 and coded.size == (4, 8) and coded.split == "test"
    whole = coded.limit(3).in_order()
    assert np.array_equal(whole[:, :, :4], encode(resize(PIXELS[:3], 4, 4), CODEBOOK))
    assert np.array_equal(whole[:, :, :4], whole[:, :, 4:])


def test_the_codebook_hears_both_sides_alike():
    dark, bright = np.zeros((900, 8, 8, 3), "uint8"), PIXELS
    dark[..., 0] = RNG.integers(0, 40, dark.shape[:-1])
    halves = SideBySide((Pictures(dark, "train", ""), Pictures(bright, "train", "")))
    model = build_model(Settings(resolution=8, num_colors=16), halves, ["a", "b"])
    assert model.sides == ["a", "b"]
    assert model.image_size == (8, 16)
    assert sum(max(color) > 60 for color in model.codebook) > 12


# The model


def test_the_model_is_its_parts_in_turn():
    model = model_of()
    weights = {v.path.split("embedding/", 1)[-1]: np.array(v) for v in model.embedding.weights}
    color, place = (weights[f"{name}/embeddings"] for name in ("color", "place"))
    flat = CODES.reshape(3, -1)
    before = np.concatenate([np.full((3, 1), 5), flat[:, :-1]], axis=1)
    h = (color[before] + place[None]).astype("float64")
    seen = np.broadcast_to(np.tri(24, dtype=bool), (3, 24, 24))
    maps = []
    for block in model.encoder.blocks:
        n = block.num_mechanisms
        layer = Layer(
            named_weights(block),
            n,
            block.num_heads,
            competition=n > 1,
            communication=n > 1,
            normalize_first=True,
            activation=_gelu,
        )
        h, c = layer(h, seen)
        maps += [c] if n > 1 else []
    h = (h - h.mean(-1, keepdims=True)) / np.sqrt(h.var(-1, keepdims=True) + 1e-6)
    gamma, beta = (to_numpy(v.value) for v in model.norm.weights)
    expected = (h * gamma + beta) @ to_numpy(model.logits.kernel.value)
    outputs = model.decisions_model().predict_on_batch(flat)
    np.testing.assert_allclose(outputs["logits"], expected, atol=2e-3, rtol=1e-3)
    assert len(maps) == len(outputs["competition"]) == 1
    np.testing.assert_allclose(outputs["competition"][0], maps[0], atol=1e-4)


def _gelu(x):
    from scipy.special import erf

    return x * (1 + erf(x / np.sqrt(2))) / 2


def test_a_pixel_does_not_see_itself_or_later_ones():
    model = model_of()
    flat = CODES.reshape(3, -1)
    logits = np.asarray(model.predict_on_batch(flat))
    for place in (0, 7, 23):
        other = flat.copy()
        other[:, place] = (other[:, place] + 1) % 5
        changed = np.abs(np.asarray(model.predict_on_batch(other)) - logits).max(axis=(0, 2))
        assert not (changed[: place + 1] > 1e-5).any()
        assert (changed[place + 1 :] > 1e-5).all()


def test_no_two_weights_begin_alike():
    model = ImageTransformer(CODEBOOK, SIZE, 4, 16, 4)
    starts = [to_numpy(v.value).ravel()[:8] for v in model.weights]
    starts = [tuple(start) for start in starts if np.ptp(start) > 0]
    assert len(starts) > 15 and len({*starts}) == len(starts)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision(policy):
    model = model_of(scale=0.1, dtype=policy)
    made = generate(model, 2, CODES[:2, :2])
    assert np.array_equal(made[:, :2], CODES[:2, :2])
    whole = model_of(scale=0.1)
    assert cost(model, CODES).mean() == pytest.approx(cost(whole, CODES).mean(), rel=0.02)
    c = competition(model, CODES)
    assert c.dtype == "float32"
    np.testing.assert_allclose(c, competition(whole, CODES), atol=0.02)


def test_an_ordinary_transformer_has_no_mechanisms():
    model = model_of(num_mechanisms=1)
    assert model.mechanism_layers == []
    assert competition(model, CODES).shape == (0, *CODES.shape, 1)
    assert parts(model) == []
    evaluation = evaluate(model, EncodedPictures((CODES,), "test"))
    assert list(evaluation.metrics) == ["bits_per_dim"]
    with pytest.raises(CallError, match="no mechanisms that compete"):
        explain(model)
    with pytest.raises(CallError, match="no mechanisms to disable"):
        without(model, ["0"])


def test_paper_sizes_have_about_as_many_parameters():
    from modzoo.recipes.images.cifar10 import VARIANTS

    counts = []
    for name in ("paper", "paper_baseline"):
        size = VARIANTS[name]
        assert (size["num_colors"], size["resolution"]) == (512, 32)
        model = ImageTransformer(
            np.arange(512 * 3).reshape(512, 3) % 256,
            (32, 32),
            width=size["width"],
            num_heads=size["num_heads"],
            num_mechanisms=size.get("num_mechanisms", 2),
        )
        assert model.num_layers == 6
        counts.append(model.count_params())
    assert counts == [2_742_958, 2_829_368]
    assert abs(counts[0] / counts[1] - 1) < 0.05


@pytest.mark.parametrize("recipe", ["mnist_cifar", "cifar10", "digits"])
def test_the_baseline_has_about_as_many_parameters(recipe):
    import importlib

    module = importlib.import_module(f"modzoo.recipes.images.{recipe}")
    counts = []
    for settings in (module.Settings(), module.Settings(**module.VARIANTS["baseline"])):
        model = ImageTransformer(
            np.zeros((settings.num_colors, 3)),
            (14, 14 * len(module.SIDES)),
            settings.num_layers,
            settings.width,
            settings.num_heads,
            settings.num_mechanisms,
        )
        counts.append(model.count_params())
    assert abs(counts[0] / counts[1] - 1) < 0.05


def test_saved_models_draw_the_same(tmp_path):
    model = model_of()
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert again.codebook == CODEBOOK and again.image_size == SIZE
    assert np.array_equal(generate(again, 2, seed=1), generate(model, 2, seed=1))
    model.save_to_preset(str(tmp_path / "preset"))
    preset = ImageTransformer.from_preset(str(tmp_path / "preset"))
    assert np.array_equal(generate(preset, 2, seed=1), generate(model, 2, seed=1))


# Generating


@pytest.mark.parametrize("num_mechanisms", [1, 2])
@pytest.mark.parametrize(("rows", "temperature"), [(0, 1.0), (2, 0.7), (3, 0.0)])
def test_each_pixel_is_drawn_from_the_full_pass(num_mechanisms, rows, temperature):
    model = model_of(num_mechanisms)
    start = None if not rows else CODES[:, :rows]
    made = generate(model, 3, start, temperature, seed=5)
    assert made.shape == CODES.shape and made.min() >= 0 and made.max() < 5
    given = rows * SIZE[1]
    flat = made.reshape(3, -1)
    assert np.array_equal(flat[:, :given], CODES.reshape(3, -1)[:, :given])
    logits = np.asarray(model.predict_on_batch(flat))[:, given:]
    noisy = logits + temperature * gumbel((3, 24 - given, 5), 5)
    lead = noisy.max(-1) - np.take_along_axis(noisy, flat[:, given:, None], -1)[..., 0]
    assert lead.max() < 1e-3


def test_generation_follows_its_seed_and_the_weights():
    model = model_of()
    made = generate(model, 4, seed=1)
    assert np.array_equal(generate(model, 4, seed=1), made)
    assert np.array_equal(generate(model, 2, seed=1), made[:2])
    assert not np.array_equal(generate(model, 4, seed=2), made)
    one = generate(model, 3, CODES[:1, :2], seed=1)
    assert (one[:, :2] == CODES[:1, :2]).all() and not (one[0] == one[1]).all()
    model.logits.kernel.assign(ops.zeros((16, 5)))
    assert not np.array_equal(generate(model, 4, seed=1), made)


def test_gumbel_noise_draws_from_the_softmax():
    logits = np.log([0.1, 0.2, 0.7])
    draws = (logits + gumbel((100_000, 3), 0)).argmax(-1)
    np.testing.assert_allclose(np.bincount(draws) / 100_000, [0.1, 0.2, 0.7], atol=0.005)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_samples": 0}, "num_samples=0"),
        ({"num_samples": 2, "start": CODES[:, :2]}, r"start.shape=\(3, 2, 6\)"),
        ({"start": CODES}, "fewer rows than 4"),
        ({"start": CODES[:, :2, :5]}, r"\(pictures, rows, 6\)"),
        ({"temperature": -1.0}, "temperature=-1.0"),
    ],
)
def test_what_cannot_be_generated(arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(model_of(), **{"num_samples": 1, **arguments})


# Figures


def test_bits_are_the_loss_over_log_2():
    model = model_of(sides=["a", "b"])
    bits = cost(model, CODES)
    both = EncodedPictures((CODES[:, :, :3], CODES[:, :, 3:]), "test")
    evaluation = evaluate(model, both)
    metrics = evaluation.metrics
    assert (evaluation.split, evaluation.examples) == ("test", 3)
    assert list(metrics) == ["bits_per_dim", "a_bits_per_dim", "b_bits_per_dim", "between_sides_2"]
    assert metrics["bits_per_dim"] == pytest.approx(bits.mean(), rel=1e-4)
    assert metrics["a_bits_per_dim"] == pytest.approx(bits[:, :, :3].mean(), rel=1e-4)
    assert metrics["b_bits_per_dim"] == pytest.approx(bits[:, :, 3:].mean(), rel=1e-4)
    with pytest.raises(CallError, match="of 4 x 6 pixels, and the pictures are of 3 x 6"):
        evaluate(model, EncodedPictures((CODES[:, :3],), "test"))
    with pytest.raises(ValueError, match="divisible by the number of `sides`"):
        model_of(sides=["a", "b", "c", "d"])


def test_between_sides():
    c = RNG.random((2, 3, 4, 6, 1))
    c = np.concatenate([c, 1 - c], axis=-1)
    left, right = c[..., :3, :], c[..., 3:, :]
    for layer in range(2):  # the variance of one mechanism's; that of the other is the same
        values = c[layer, ..., 0]
        means = left[layer, ..., 0].mean(), right[layer, ..., 0].mean()
        expected = (means[0] - means[1]) ** 2 / 4 / values.var()
        assert between_sides(c)[layer] == pytest.approx(expected)
    apart = np.zeros((1, 2, 4, 6, 2))
    apart[..., :3, 0] = apart[..., 3:, 1] = 1
    assert between_sides(apart) == [1]
    assert between_sides(apart[:, :, :, [0, 3, 1, 4, 2, 5]])[0] < 0.2
    assert between_sides(np.full((1, 2, 4, 6, 2), 0.5)) == [0]
    assert between_sides(apart[..., [0, 1, 3, 4], :][..., [0, 2, 1, 3], :], 4)[0] == 1


def test_competition_of_all_batches():
    model = model_of(num_layers=5)
    c = competition(model, CODES, batch_size=2)
    assert c.shape == (2, *CODES.shape, 2)
    np.testing.assert_allclose(c.sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(c[:, 2:], competition(model, CODES[2:]), atol=1e-5)
    assert c.std() > 0.01


def test_predict_and_explain(tmp_path):
    model = model_of(sides=["a", "b"])
    save_pictures(decode(CODES, CODEBOOK)[:1], tmp_path / "p.png", zoom=1)
    predictions = predict(model, [], Options(num_samples=3))
    assert [r["input"] for r in predictions.records] == [None] * 3
    expected = cost(model, generate(model, 3, seed=0)).mean(axis=(1, 2))
    found = [r["bits_per_dim"] for r in predictions.records]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert len(predict(model, []).records) == len(predict(model, []).lines) == 16

    path = str(tmp_path / "p.png")
    predictions = predict(model, [path, path], Options(num_samples=2))
    assert [r["is_generated"] for r in predictions.records] == [False, True, True] * 2
    predictions.save(tmp_path / "s.png")
    sheet = np.asarray(Image.open(tmp_path / "s.png"))
    zoom, gap = 32, 16
    rows = [sheet[:128], sheet[128 + gap :]]
    for row in rows:
        upper = [row[: 2 * zoom, i * (6 * zoom + gap) :][:, : 6 * zoom : zoom] for i in range(3)]
        for part in upper:
            assert np.array_equal(part[::zoom], decode(CODES[0, :2], CODEBOOK))

    record = explain(model, path)
    assert record["pictures"] == decode(CODES[:1], CODEBOOK).tolist()
    assert np.shape(record["competition"]) == (1, 1, *SIZE, 2)
    assert record["sides"] == ["a", "b"] and len(record["between_sides"]) == 1
    assert len(explain(model)["pictures"]) == 6
    assert len(explain(model, None, Options(num_samples=2))["pictures"]) == 2
    assert "between_sides" not in explain(model_of(), path)


def test_without():
    model = model_of(num_layers=5)
    assert parts(model) == ["0", "1", "2:0", "2:1", "3:0", "3:1"]
    c = competition(without(model, ["2:1"]), CODES)
    assert not c[0, ..., 1].any() and c[1, ..., 1].all()
    assert not np.allclose(cost(without(model, ["2:1"]), CODES), cost(model, CODES))
    assert not competition(without(model, ["0"]), CODES)[..., 0].any()
    for name in ("2", "1:0", "x", "2:2", ":", "-1", "3:"):
        with pytest.raises(CallError, match="no mechanism"):
            without(model, [name])
    with pytest.raises(CallError, match="Not all mechanisms"):
        without(model, ["0", "1"])


# Servable


@pytest.mark.one_backend
@pytest.mark.parametrize("options", [{}, {"num_mechanisms": 1}])
def test_a_servable_says_what_predict_and_explain_say(options, tmp_path):
    model = model_of(**options)
    height, width = model.image_size
    pixels = np.random.default_rng(1).integers(0, 256, (3, height, width, 3)).astype("uint8")
    served = servable(model).signatures
    answer = served["explain"]({"pixels": pixels})
    codes = encode(pixels, model.codebook)
    assert np.array_equal(answer["codes"], codes)
    expected = cost(model, codes).mean((1, 2))
    np.testing.assert_allclose(answer["bits_per_dim"], expected, rtol=1e-5)
    np.testing.assert_allclose(
        answer["pixel_log_likelihood"].sum((1, 2)), answer["log_likelihood"], rtol=1e-5
    )
    whole = -answer["bits_per_dim"] * np.log(2) * height * width
    np.testing.assert_allclose(answer["log_likelihood"], whole, rtol=1e-5)
    short = served["serving_default"]({"pixels": pixels})
    assert all(np.array_equal(answer[name], short[name]) for name in short)
    assert ("competition" in answer) == (not options)
    if not options:
        c = competition(model, codes)  # layers come first
        np.testing.assert_allclose(answer["competition"], c.swapaxes(0, 1), atol=1e-5)
        assert answer["layers"].tolist() == [list(model.mechanism_layers)] * 3


def test_of_equally_near_colours_the_first_is_taken():
    shades = np.array([[10] * 3, [12] * 3, [12, 10, 12], [200] * 3])
    pixels = np.full((1, 2, 2, 3), 11, "uint8")
    assert encode(pixels, shades).tolist() == [[[0, 0], [0, 0]]]
    assert encode(pixels, shades[1:]).tolist() == [[[0, 0], [0, 0]]]
