#!/usr/bin/python3
"""Writes the image files and expected pixels beside it, with Debian 12's Pillow.

    sudo apt-get install python3-pil && ./make_goldens.py

Expected pixels are binary PPM files. cases.txt has a line for each operation:
its name, its arguments, the input and the expected file.
"""

import os
import random

from PIL import Image, ImageEnhance, ImageOps

random.seed(20240811)
os.chdir(os.path.dirname(os.path.abspath(__file__)))
for folder in ("decode", "ops"):
    os.makedirs(folder, exist_ok=True)


def picture(width, height):
    """Soft colours with a few hard edges and some noise."""
    small = Image.new("RGB", (4, 3))
    small.putdata([tuple(random.randrange(256) for _ in range(3)) for _ in range(12)])
    image = small.resize((width, height), Image.BICUBIC)
    image.paste((250, 5, 60), (width // 4, height // 4, width // 2, height // 2))
    noise = Image.new("RGB", (width, height))
    noise.putdata([tuple(random.randrange(256) for _ in range(3)) for _ in range(width * height)])
    return Image.blend(image, noise, 0.1)


# Decoding: <name> and the pixels of its convert("RGB"), <name>.ppm.
decoded = []


def decode_case(name, image, **options):
    image.save("decode/" + name, **options)
    decoded.append(name)
    Image.open("decode/" + name).convert("RGB").save("decode/" + name + ".ppm")


p = picture(37, 23)
decode_case("rgb_420.jpg", p, quality=85, subsampling=2)
decode_case("rgb_422.jpg", p, quality=85, subsampling=1)
decode_case("rgb_444.jpg", p, quality=95, subsampling=0)
decode_case("progressive.jpg", p, quality=80, progressive=True)
decode_case("grey.jpg", p.convert("L"), quality=90)
decode_case("cmyk.jpg", p.convert("CMYK"), quality=90)
decode_case("one_pixel.jpg", picture(8, 8).crop((3, 3, 4, 4)), quality=90)
decode_case("rgb.png", p)
decode_case("rgba.png", Image.merge("RGBA", p.split() + (p.convert("L"),)))
decode_case("grey_alpha.png", Image.merge("LA", (p.convert("L"), p.split()[0])))
decode_case("palette.png", p.quantize(16))
decode_case("palette_transparent.png", p.quantize(16), transparency=3)
decode_case("grey.png", p.convert("L"))
decode_case("black_and_white.png", p.convert("1"))
decode_case("one_pixel.png", picture(8, 8).crop((3, 3, 4, 4)))
with open("decode/names.txt", "w") as f:
    f.write("\n".join(decoded) + "\n")

# 16-bit grey: Pillow would clamp to 255; what is expected is the upper byte.
grey16 = [random.randrange(65536) for _ in range(11 * 7)]
wide = Image.new("I", (11, 7))
wide.putdata(grey16)
wide.save("decode/grey16.png")
upper = Image.new("L", (11, 7))
upper.putdata([v >> 8 for v in grey16])
upper.convert("RGB").save("decode/grey16.png.ppm")

# Operations.
cases = []


def case(operation, arguments, image, result):
    source = "ops/input_%dx%d.ppm" % image.size
    if not os.path.exists(source):
        image.save(source)
    expected = "ops/%s.ppm" % "_".join([operation] + [str(a) for a in arguments])
    result.save(expected)
    cases.append(" ".join([operation] + [str(a) for a in arguments] + [source, expected]))


def affine(image, matrix):
    return image.transform(image.size, Image.AFFINE, matrix)


small, large = picture(24, 19), picture(53, 41)
for width, height in [(24, 41), (53, 20), (17, 13), (80, 60), (1, 1), (53, 41)]:
    case("resize", [width, height], large, large.resize((width, height), Image.BILINEAR))
for left, top, width, height in [(5, 3, 31, 22), (0, 0, 53, 9), (52, 40, 1, 1)]:
    box = large.crop((left, top, left + width, top + height))
    case("crop_and_resize", [left, top, width, height, 16, 14], large, box.resize((16, 14), Image.BILINEAR))
case("flip", [], small, ImageOps.mirror(small))
dull = Image.eval(small, lambda v: 60 + v // 3)
dull = dull.crop((1, 0, 24, 19))
case("auto_contrast", [], dull, ImageOps.autocontrast(dull))
case("equalize", [], large, ImageOps.equalize(large))
for bits in [4, 7]:
    case("posterize", [bits], small, ImageOps.posterize(small, bits))
for threshold in [26, 205]:
    case("solarize", [threshold], small, ImageOps.solarize(small, threshold))
for operation, enhance in [
    ("brightness", ImageEnhance.Brightness),
    ("color", ImageEnhance.Color),
    ("contrast", ImageEnhance.Contrast),
    ("sharpness", ImageEnhance.Sharpness),
]:
    for factor in [0.14, 0.77]:
        case(operation, [factor], small, enhance(small).enhance(factor))
for degrees in [-27, 3, 24]:
    case("rotate", [degrees], small, small.rotate(degrees))
for slope in [-0.27, 0.09]:
    case("shear_x", [slope], small, affine(small, (1, slope, 0, 0, 1, 0)))
    case("shear_y", [slope], small, affine(small, (1, 0, 0, slope, 1, 0)))
for pixels in [-6, 4]:
    case("translate_x", [pixels], small, affine(small, (1, 0, pixels, 0, 1, 0)))
    case("translate_y", [pixels], small, affine(small, (1, 0, 0, 0, 1, pixels)))
with open("ops/cases.txt", "w") as f:
    f.write("\n".join(cases) + "\n")
