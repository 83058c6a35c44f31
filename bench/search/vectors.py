"""Vectors as a library has them: the spectrum of real pictures' embeddings, clusters of unequal size, near copies."""

import numpy
import onnxruntime
from PIL import Image

from common import photos
from common.server import scratch

# Of each picture: the whole, and parts of it, as nearly the same picture is taken again.
PARTS = ((0, 0, 1, 1), (0, 0, 0.7, 0.7), (0.3, 0, 1, 0.7), (0, 0.3, 0.7, 1), (0.3, 0.3, 1, 1), (0.15, 0.15, 0.85, 0.85))
MEAN, DEVIATION = 127.0, 128.0
ROWS_AT_ONCE = 100_000
CLUSTERS = 3000
# What pictures of one event have of the variance for themselves.
WITHIN = 0.35
COPIES = 0.1


def files(count, queries, dimensions, models, pictures):
    """Paths of files with that many rows, and queries; made once."""
    made = [scratch() / f"{name}-{number}x{dimensions}.f32" for name, number in (("vectors", count), ("queries", queries))]
    if not all(path.is_file() for path in made):
        world = World(dimensions, *_spectrum(models, pictures))
        _write(made[0], world.rows(count))
        _write(made[1], [world.queries(queries)])
    return made


class World:
    """A mixture of clusters in a space whose directions weigh as those of real embeddings."""

    def __init__(self, dimensions, mean_length, spectrum, again):
        self.random = numpy.random.default_rng(1)
        # Other lengths have the same spectrum, stretched.
        places = numpy.linspace(0, len(spectrum) - 1, dimensions)
        weights = numpy.interp(places, range(len(spectrum)), spectrum)
        weights *= (1 - mean_length**2) / weights.sum()
        basis, _ = numpy.linalg.qr(self.random.standard_normal((dimensions, dimensions)))
        self.basis = (basis * numpy.sqrt(weights)[:, None]).astype(numpy.float32)
        self.within = numpy.float32(numpy.sqrt(WITHIN))
        self.again = numpy.float32(numpy.sqrt(again))
        common = self.random.standard_normal(dimensions)
        self.common = (mean_length * common / numpy.linalg.norm(common)).astype(numpy.float32)
        self.centres = self._noise(CLUSTERS) * numpy.float32(numpy.sqrt(1 - WITHIN))
        sizes = 1 / numpy.arange(1, CLUSTERS + 1) ** 0.8
        self.shares = sizes / sizes.sum()

    def rows(self, count):
        for start in range(0, count, ROWS_AT_ONCE):
            number = min(ROWS_AT_ONCE, count - start)
            chosen = self.random.choice(CLUSTERS, number, p=self.shares)
            rows = self.common + self.centres[chosen] + self.within * self._noise(number)
            # Bursts: a picture that is nearly the one before.
            (copies,) = numpy.nonzero(self.random.random(number) < COPIES)
            copies = copies[copies > 0]
            rows[copies] = rows[copies - 1] + self.again * self._noise(len(copies))
            yield _unit(rows)

    def queries(self, count):
        """Texts lie apart from pictures: near what many pictures share, without what all share."""
        chosen = self.random.choice(CLUSTERS, count, p=self.shares)
        return _unit(self.centres[chosen] + numpy.float32(0.7) * self.within * self._noise(count))

    def _noise(self, count):
        return self.random.standard_normal((count, len(self.basis)), dtype=numpy.float32) @ self.basis


def _unit(rows):
    return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)


def _write(path, parts):
    part = path.with_suffix(".part")
    with open(part, "wb") as file:
        for rows in parts:
            file.write(rows.astype("<f4").tobytes())
    part.rename(path)


def _spectrum(models, pictures):
    """Of the embeddings of real pictures: how long their mean is, how much each direction varies, and how much of that
    is left between takes of one picture."""
    session = onnxruntime.InferenceSession(models / "search/visual.onnx", providers=["CPUExecutionProvider"])
    groups = []
    for path in photos.small(pictures):
        with Image.open(path) as picture:
            picture = picture.convert("RGB")
            width, height = picture.size
            parts = [picture.crop((int(a * width), int(b * height), int(c * width), int(d * height))).resize((224, 224), Image.BICUBIC) for a, b, c, d in PARTS]
        pixels = (numpy.stack([numpy.asarray(part) for part in parts]).astype(numpy.float32) - MEAN) / DEVIATION
        groups.append(session.run(["image_embedding"], {"pixel_values": pixels.transpose(0, 3, 1, 2)})[0])
    groups = numpy.stack(groups).astype(numpy.float64)
    rows = groups.reshape(-1, groups.shape[-1])
    mean = rows.mean(axis=0)
    spectrum = numpy.linalg.eigvalsh(numpy.cov(rows.T))[::-1].clip(1e-9)
    again = (groups - groups.mean(axis=1, keepdims=True)).var() / (rows - mean).var()
    return numpy.linalg.norm(mean), spectrum, again
