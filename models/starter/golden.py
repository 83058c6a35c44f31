"""Runs the models on inputs that a formula makes, and compares what they give with what was written down."""

import numpy as np

# 8-bit kernels round differently from processor to processor.
TOLERANCE = 0.01
TOLERANCE_INT8 = 0.02
TEXT = [101, 1037, 6302, 1997, 1037, 3899, 102]  # "a photo of a dog"
# Sides of pictures for models that take any.
SHAPES = {
    "faces/verifier_mmod.onnx": [1, 3, 160, 160],
    "ocr/det.onnx": [1, 3, 64, 96],
    "ocr/rec.onnx": [1, 3, 48, 320],
}


def check(folder, models):
    """A line for every output that is not as written down; none, if all are."""
    import onnxruntime

    problems = []
    for model in models:
        session = onnxruntime.InferenceSession(str(folder / model["file"]), providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        results = dict(zip(names, session.run(None, _inputs(model))))
        for name, expected in model["golden"].items():
            problem = _compare(model["file"], results.get(name), expected)
            if problem:
                problems.append(f"{model['file']}, {name}: {problem}")
    return problems


def _inputs(model):
    if model["file"] == "search/textual.onnx":
        return {"input_ids": np.int64([TEXT]), "attention_mask": np.ones((1, len(TEXT)), np.int64)}
    declared = model["inputs"][0]
    shape = SHAPES.get(model["file"]) or [1, *declared["shape"][1:]]
    index = np.arange(np.prod(shape))
    values = (index * 7919 % 1009) / 1009
    is_centred = model["file"].startswith(("search/", "ocr/"))
    values = 2 * values - 1 if is_centred else 255 * values
    return {declared["name"]: values.astype(np.float32).reshape(shape)}


def _compare(file, actual, expected):
    if actual is None:
        return "there is no such output"
    if list(actual.shape) != expected["shape"]:
        return f"its shape is {list(actual.shape)}, not {expected['shape']}"
    tolerance = TOLERANCE_INT8 if file == "search/textual.onnx" else TOLERANCE
    values = [*actual.ravel()[:4].astype(float), float(actual.mean())]
    wanted = [*expected["first"], expected["mean"]]
    for value, want in zip(values, wanted):
        # Also refuses what is not a number.
        if not abs(value - want) <= tolerance * max(1, abs(want)):
            return f"its first values and its mean are {values}, not {wanted}"
    return None
