"""The figures, on cases that can be worked out by hand."""

import unittest

from quality import metrics


class MetricsTest(unittest.TestCase):
    def test_ranking(self):
        self.assertEqual(metrics.average_precision(["a", "x", "b"], {"a", "b"}), (1 + 2 / 3) / 2)
        self.assertEqual(metrics.average_precision(["a"], {"a", "b"}), 0.5)
        self.assertEqual(metrics.average_precision([], {"a"}), 0)
        self.assertEqual(metrics.precision_at_10(["a", "x"], {"a", "b"}), 0.5)
        many = [f"{index}" for index in range(30)]
        self.assertEqual(metrics.precision_at_10(many, set(many)), 1)

    def test_groups(self):
        expected = {"a": 1, "b": 1, "c": 2, "d": 2}
        self.assertEqual(metrics.pairwise(expected, expected), (1, 1))
        self.assertEqual(metrics.exact_groups(expected, expected), 2)
        merged = dict.fromkeys("abcd", "one")
        self.assertEqual(metrics.pairwise(merged, expected), (2 / 6, 1))
        self.assertEqual(metrics.exact_groups(merged, expected), 0)
        missing = {"a": 1, "b": 1, "c": 2, "d": None}
        self.assertEqual(metrics.pairwise(missing, expected), (1, 0.5))
        self.assertEqual(metrics.exact_groups(missing, expected), 1)

    def test_characters(self):
        self.assertEqual(metrics.edits("kitten", "sitting"), 3)
        self.assertEqual(metrics.character_accuracy("a b\nc", "abc"), 1)
        self.assertEqual(metrics.character_accuracy("abd", "abc"), 1 - 1 / 3)
        self.assertEqual(metrics.character_accuracy("", "abc"), 0)
        self.assertEqual(metrics.character_accuracy("x" * 100, "abc"), 0)


if __name__ == "__main__":
    unittest.main()
