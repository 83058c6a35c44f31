"""What happens to photos before they come again: sent through a messenger, cropped, turned."""

import io

from PIL import Image, ImageEnhance, ImageOps


def opened(path):
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def jpeg(image, quality=90):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def resized(image, scale=2 / 3, quality=85):
    size = [max(1, round(side * scale)) for side in image.size]
    return jpeg(image.resize(size, Image.Resampling.LANCZOS), quality)


def recompressed(image):
    return jpeg(image, quality=50)


def cropped(image):
    """A twentieth less in each direction."""
    width, height = image.size
    left, top = width // 40, height // 40
    return jpeg(image.crop((left, top, width - left, height - top)))


def darker(image):
    return jpeg(ImageEnhance.Brightness(image).enhance(0.6))


def mirrored(image):
    return jpeg(ImageOps.mirror(image))


def tilted(image):
    return jpeg(image.rotate(8, Image.Resampling.BICUBIC, expand=True, fillcolor=(128, 128, 128)))


def grey(image):
    return jpeg(image.convert("L").convert("RGB"))


COPIES = {"resized": resized, "recompressed": recompressed, "cropped": cropped}
PORTRAITS = {"resized": resized, "darker": darker, "mirrored": mirrored, "tilted": tilted, "grey": grey}
