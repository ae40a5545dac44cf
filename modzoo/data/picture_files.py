"""Pictures in files, as people have them: one read, and many written side by side."""

import io
import math
import warnings

import numpy as np
from PIL import Image, ImageCms, ImageOps

from modzoo.data.pictures import resize
from modzoo.errors import CallError, shortened
from modzoo.files import whole_file

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")  # of which none is a program
MAX_PIXELS = 2**26  # of a file; a small one may hold any number


def read_picture(path, height, width):
    """The picture in a file, uint8 `(height, width, 3)`, made smaller if it has the shape.

    It is read as viewers show it: turned as its Exif orientation says, its colours by its ICC
    profile, on white where it is transparent; of an animation the first frame. Grey of 16 bits is
    scaled to 8. A PNG's gamma is not followed.

    Raises:
        CallError: If it cannot be read, has more than `MAX_PIXELS` or pixels of 32 bits, whose
            range is not known, or is no whole multiple of the size wanted.
    """
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"it has more than {MAX_PIXELS:,} pixels")
            pixels = np.asarray(_on_white(_in_srgb(_in_8_bits(ImageOps.exif_transpose(image)))))
    except Exception as error:  # a damaged picture raises anything
        reason = shortened(str(error).rstrip("."), 200)
        raise CallError(f"Cannot read the picture {path}: {reason}.") from error
    if pixels.shape[0] * width != pixels.shape[1] * height or pixels.shape[0] % height:
        raise CallError(
            f"{path} is a picture of {pixels.shape[0]} x {pixels.shape[1]} (height x width); the "
            f"model makes {height} x {width}, and takes whole multiples of that."
        )
    return resize(pixels[None], height, width)[0]


def _in_8_bits(image):
    if image.mode.startswith("I;16"):
        shades = np.asarray(image).astype("uint16")
        return Image.fromarray(np.round(shades / 257).astype("uint8"))
    if image.mode[0] in "IF":
        raise ValueError(f"its pixels are of 32 bits (mode {image.mode})")
    return image


def _in_srgb(image):
    """The picture by its profile, if it has one that fits; colours without one are sRGB."""
    profile = image.info.get("icc_profile")
    if profile is None or image.mode not in ("L", "RGB", "RGBA", "CMYK"):
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, own, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError):  # of another kind of picture, or damaged
        return image
    if "transparency" in image.info:
        converted.putalpha(image.convert("RGBA").getchannel("A"))
    return converted


def _on_white(image):
    if "transparency" not in image.info and not {"A", "a"} & set(image.mode):
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def save_pictures(pixels, path, columns=None, zoom=None):
    """Writes pictures side by side, as they are, to one PNG.

    Args:
        pixels: uint8 `(pictures, height, width, 3)`.
        path: The file.
        columns: Integer, pictures in a row. Default: `full_columns`, of a whole about square.
        zoom: Integer, by which every pixel is enlarged. Default: to about 128 pixels' height.
    """
    count, height, width, _ = pixels.shape
    columns = columns or full_columns(count, width / height)
    zoom = zoom or max(1, 128 // height)
    rows = -(-count // columns)
    gap = max(2, zoom // 2)
    enlarged = pixels.repeat(zoom, axis=1).repeat(zoom, axis=2)
    down, across = (n * zoom + gap for n in (height, width))
    sheet = np.full((rows * down - gap, columns * across - gap, 3), 255, "uint8")
    for i, picture in enumerate(enlarged):
        top, left = i // columns * down, i % columns * across
        sheet[top : top + height * zoom, left : left + width * zoom] = picture
    with whole_file(path) as beside:
        Image.fromarray(sheet).save(beside)


def full_columns(count, aspect=1.0):
    """In how many columns to set `count` things of the same shape, none of them in a row alone.

    Of the numbers up to twice or half of what makes the whole square it is the one that leaves
    fewest places empty.

    Args:
        count: Integer.
        aspect: Float, width of a thing to its height.
    """
    ideal = math.sqrt(count / aspect)

    def cost(columns):
        empty = -count % columns
        is_lone = columns > 1 and count % columns == 1
        return is_lone, empty, round(abs(math.log(columns / ideal)), 6), -columns

    return min(range(max(1, math.ceil(ideal / 2)), max(1, int(ideal * 2)) + 1), key=cost)
