"""The readers, on files made here: the published ones are read, and checked by their golden outputs, at every set-up."""

import collections
import io
import json
import pickle
import tempfile
import unittest
from pathlib import Path

import numpy as np

from starter.readers import dlib, safetensors, tfjs, torch_pickle


class FolderTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path


class TfjsTest(FolderTest):
    MANIFEST = [
        {
            "weights": [
                {"name": "plain", "shape": [2], "dtype": "float32"},
                {"name": "low", "shape": [3], "dtype": "int32", "quantization": {"dtype": "uint8", "scale": 1, "min": -1}},
                {"name": "half", "shape": [], "dtype": "float32", "quantization": {"dtype": "float16"}},
            ]
        }
    ]
    DATA = np.float32([1.5, -2]).tobytes() + bytes([0, 1, 255]) + np.float16([0.25]).tobytes()

    def test_mixes_plain_and_quantised_tensors(self):
        manifest = self.file("manifest.json", json.dumps(self.MANIFEST).encode())
        tensors = tfjs.read(manifest, self.file("weights.bin", self.DATA))
        self.assertEqual(tensors["plain"].tolist(), [1.5, -2])
        self.assertEqual(tensors["low"].tolist(), [-1, 0, 254])
        self.assertEqual(tensors["half"], 0.25)

    def test_refuses_a_file_of_another_length(self):
        manifest = self.file("manifest.json", json.dumps(self.MANIFEST).encode())
        with self.assertRaisesRegex(ValueError, "has 14 bytes, its manifest 13"):
            tfjs.read(manifest, self.file("weights.bin", self.DATA + b"x"))


class SafetensorsTest(FolderTest):
    def test_reads_what_the_header_names(self):
        header = json.dumps({"a": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}}).encode()
        data = len(header).to_bytes(8, "little") + header + np.float32([3, 4]).tobytes()
        self.assertEqual(safetensors.read(self.file("a", data))["a"].tolist(), [[3, 4]])
        with self.assertRaisesRegex(ValueError, "2 bytes belong to no tensor"):
            safetensors.read(self.file("b", data + b"xx"))


class DlibTest(FolderTest):
    # version 2, samples 300, then three ones; values; a layer's description between two tensors.
    FIRST = b"\x01\x02\x02\x2c\x01" + b"\x01\x01" * 3 + np.arange(300, dtype="<f4").tobytes()
    SECOND = b"\x01\x02\x01\x01\x01\x02" + b"\x01\x01" * 2 + np.float32([7, 8]).tobytes()

    def test_finds_tensors_between_descriptions(self):
        path = self.file("net.dat", b"net\x01\x02\x01\x02" + self.FIRST + b"affine_\x01\x02" + self.SECOND)
        first, second = dlib.read(path, [dlib.vector(300), (1, 2, 1, 1)])
        self.assertEqual(first.ravel().tolist(), list(range(300)))
        self.assertEqual(second.ravel().tolist(), [7, 8])

    def test_refuses_a_network_of_another_definition(self):
        with self.assertRaisesRegex(ValueError, "there is no tensor"):
            dlib.read(self.file("net.dat", self.FIRST), [dlib.vector(301)])
        long = self.file("long.dat", self.FIRST + bytes(dlib.GAP_MAX_BYTES + 1))
        with self.assertRaisesRegex(ValueError, "goes on"):
            dlib.read(long, [dlib.vector(300)])


class TorchPickleTest(FolderTest):
    def state_dict(self, attack=None):
        """A file as PyTorch's old format has it, with a transposed view of one storage."""
        file = io.BytesIO()
        for value in (torch_pickle.MAGIC, torch_pickle.PROTOCOL, {"little_endian": True}):
            pickle.dump(value, file, protocol=2)
        # Opcodes by hand, because PyTorch is not installed here.
        names = b"X\x01\x00\x00\x00w"
        storage = (
            b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x06NtQ"
        )
        tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00K\x02K\x03\x86K\x01K\x02\x86\x89NtR"
        file.write(b"\x80\x02" + (attack or b"") + b"ccollections\nOrderedDict\n)R(" + names + tensor + b"u.")
        pickle.dump(["0"], file, protocol=2)
        file.write((6).to_bytes(8, "little") + np.arange(6, dtype="<f4").tobytes())
        return file.getvalue()

    def test_reads_views_of_a_storage(self):
        tensors = torch_pickle.read(self.file("net.pth", self.state_dict()))
        self.assertIsInstance(tensors, dict)
        self.assertEqual(tensors["w"].tolist(), [[0, 2, 4], [1, 3, 5]])

    def test_runs_nothing_that_is_in_a_file(self):
        path = self.file("net.pth", self.state_dict(attack=b"cos\nsystem\n(X\x04\x00\x00\x00truetR0"))
        with self.assertRaisesRegex(pickle.UnpicklingError, "no business with os.system"):
            torch_pickle.read(path)

    def test_refuses_other_files(self):
        with self.assertRaisesRegex(ValueError, "is not a state dict"):
            torch_pickle.read(self.file("net.pth", pickle.dumps(collections.OrderedDict())))


if __name__ == "__main__":
    unittest.main()
