"""What graphs are built of, against plain arithmetic."""

import math
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnxruntime

from starter.graph import Graph, fold_norm, same
from starter.networks.minilm import erf


class GraphTest(unittest.TestCase):
    def run_graph(self, graph, **inputs):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "graph.onnx"
            graph.save(path)
            session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            return session.run(None, inputs)[0], path.stat().st_size

    def test_weights_take_half_their_bytes_and_keep_their_values(self):
        weight = np.linspace(-1, 1, 4096, dtype=np.float32)
        results = {}
        for half in (True, False):
            graph = Graph("sum", half=half)
            graph.op("Add", graph.input("x", [4096]), weight, name="y")
            graph.output("y", [4096])
            results[half] = self.run_graph(graph, x=np.zeros(4096, np.float32))
        self.assertLess(results[True][1], 0.6 * results[False][1])
        np.testing.assert_allclose(results[True][0], weight, atol=5e-4)
        np.testing.assert_array_equal(results[False][0], weight)

    def test_same_padding_puts_the_odd_pixel_last(self):
        self.assertEqual(same(224, 3, 2), (0, 0, 1, 1))
        self.assertEqual(same(112, 5, 2), (1, 1, 2, 2))
        self.assertEqual(same(7, 3, 1), (1, 1, 1, 1))
        self.assertEqual(same(1, 3, 2), (1, 1, 1, 1))

    def test_a_folded_norm_is_the_norm_behind_the_convolution(self):
        random = np.random.default_rng(0)
        weight, value = random.normal(size=(4, 3)), random.normal(size=3)
        gamma, beta, mean, variance = random.uniform(0.5, 2, size=(4, 4))
        expected = (weight @ value - mean) / np.sqrt(variance + 1e-3) * gamma + beta
        folded, bias = fold_norm(weight, gamma, beta, mean, variance, 1e-3)
        np.testing.assert_allclose(folded @ value + bias, expected)

    def test_the_error_function_is_that_of_the_standard_library(self):
        values = np.linspace(-7, 7, 10001)
        expected = [math.erf(value) for value in values]
        np.testing.assert_allclose(erf(values), expected, atol=1e-12)


if __name__ == "__main__":
    unittest.main()
