"""PP-OCRv6 is published as ONNX; only its dictionary is taken out of the file."""

import onnx

CHARACTERS = 18708


def dictionary(model_path, path):
    """One character a line. Only a line feed ends a line: some of the characters break lines in Unicode's sense."""
    properties = {entry.key: entry.value for entry in onnx.load(model_path).metadata_props}
    text = properties["character"].rstrip("\n")
    count = text.count("\n") + 1
    if count != CHARACTERS:
        raise ValueError(f"{model_path} has {count} characters, not {CHARACTERS}")
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text + "\n")
