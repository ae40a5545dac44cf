"""Pictures in files of all modes, read as viewers show them."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from modzoo.data.picture_files import read_picture
from modzoo.errors import CallError

RGB = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]], "uint8")
RED, GREEN, BLUE, GREY = RGB.reshape(-1, 3).tolist()
WHITE = [255, 255, 255]
ALPHA = np.array([[255, 0], [128, 255]], "uint8")
SHADES = np.array([[0, 65535], [257, 32896]], "uint16")
PLAIN = Image.fromarray(RGB)
CLEAR = Image.fromarray(np.dstack([RGB, ALPHA]))
PALETTE = Image.fromarray(np.arange(4, dtype="uint8").reshape(2, 2))
PALETTE.putpalette(RGB.tobytes())
HALF_BLUE = [127, 127, 255]


def colors(path):
    return read_picture(path, 2, 2).reshape(-1, 3).tolist()


def saved(folder, image, suffix=".png", **options):
    path = folder / f"picture{suffix}"
    image.save(path, **options)
    return path


@pytest.mark.parametrize(
    ("image", "suffix", "options", "expected"),
    [
        (PLAIN, ".png", {}, [RED, GREEN, BLUE, GREY]),
        (PALETTE, ".gif", {}, [RED, GREEN, BLUE, GREY]),
        (PLAIN.convert("CMYK"), ".tif", {}, [RED, GREEN, BLUE, GREY]),
        (PLAIN.convert("1"), ".png", {}, [[0] * 3, WHITE, [0] * 3, [0] * 3]),
        (CLEAR, ".png", {}, [RED, WHITE, HALF_BLUE, GREY]),
        (CLEAR.convert("LA"), ".png", {}, [[76] * 3, WHITE, [142] * 3, [9] * 3]),
        (
            PALETTE,
            ".png",
            {"transparency": ALPHA.tobytes()},
            [RED, WHITE, HALF_BLUE, GREY],
        ),
        (PALETTE, ".gif", {"transparency": 1}, [RED, WHITE, BLUE, GREY]),
        (PLAIN, ".png", {"transparency": (0, 255, 0)}, [RED, WHITE, BLUE, GREY]),
        (Image.fromarray(SHADES), ".png", {}, [[0] * 3, WHITE, [1] * 3, [128] * 3]),
        (Image.fromarray(SHADES), ".tif", {}, [[0] * 3, WHITE, [1] * 3, [128] * 3]),
    ],
)
def test_modes(tmp_path, image, suffix, options, expected):
    assert colors(saved(tmp_path, image, suffix, **options)) == expected


def test_the_orientation_is_followed(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter clockwise
    assert colors(saved(tmp_path, PLAIN, exif=exif)) == [BLUE, RED, GREY, GREEN]


def test_of_an_animation_the_first_frame_is_read(tmp_path):
    path = saved(tmp_path, PLAIN, ".gif", save_all=True, append_images=[Image.fromarray(255 - RGB)])
    assert colors(path) == [RED, GREEN, BLUE, GREY]


def test_the_profile_is_followed(tmp_path):
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    gamma = srgb.replace(b"rXYZ", b"xXYZ").replace(b"gXYZ", b"rXYZ").replace(b"xXYZ", b"gXYZ")
    swapped = colors(saved(tmp_path, PLAIN, icc_profile=gamma))
    np.testing.assert_allclose(swapped, [GREEN, RED, BLUE, GREY], atol=1)
    assert colors(saved(tmp_path, CLEAR, icc_profile=srgb)) == [RED, WHITE, HALF_BLUE, GREY]
    for unfit in (b"no profile", ImageCms.ImageCmsProfile(lab).tobytes()):
        assert colors(saved(tmp_path, PLAIN, icc_profile=unfit)) == [RED, GREEN, BLUE, GREY]


def chunk(kind, content):
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot identify"),
        (b"no picture", "cannot identify"),
        (png(2, 2)[:40], "Cannot read the picture"),
        (png(60_000, 60_000), "exceeds limit"),
        (png(10_000, 10_000), "more than 67,108,864 pixels"),
        (png(80, 80), "truncated"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 2 2\n", "cannot identify"),
    ],
)
def test_what_is_no_picture(tmp_path, content, message):
    (tmp_path / "p.png").write_bytes(content)
    with pytest.raises(CallError, match=message):
        read_picture(tmp_path / "p.png", 2, 2)


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_pixels_whose_range_is_not_known(tmp_path, dtype):
    with pytest.raises(CallError, match="its pixels are of 32 bits"):
        colors(saved(tmp_path, Image.fromarray(np.eye(2, dtype=dtype)), ".tif"))
