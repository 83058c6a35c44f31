"""EfficientNet-Lite0 with the label matrix behind it: a picture lands among the sentences (ConSE, Norouzi et al. 2013).

The classifier's probabilities choose a combination of the classes' text embeddings; no picture and text were trained
together. The same pass gives the probabilities for tags, and the pooled features for look-alikes.
"""

import numpy as np

from ..graph import Graph, fold_norm, same
from ..readers import torch_pickle

SIDE = 224
CLASSES = 1000
EPSILON = 1e-3
# Softer probabilities, and the 20 largest of them, find more in ordinary photos, where the classifier is unsure.
TEMPERATURE = 1.5
KEPT = 20
# Repeats, kernel, stride of the first, expansion, channels in, channels out.
STAGES = [
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
]
MEAN, STD = 127 / 255, 128 / 255


def build(weights_path, matrix, path):
    """`matrix` holds a row for each class, the mean row taken off."""
    weights = torch_pickle.read(weights_path)
    graph = Graph("conse_visual")
    image = graph.input("pixel_values", ["n", 3, SIDE, SIDE])
    net = _Net(graph, weights)
    value = graph.relu6(net.conv(image, "_conv_stem", "_bn0", stride=2))
    block = 0
    for repeats, _kernel, first_stride, expansion, _in, _out in STAGES:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            value = net.block(value, f"_blocks.{block}.", stride, expansion > 1, has_skip=repeat > 0)
            block += 1
    value = graph.relu6(net.conv(value, "_conv_head", "_bn1"))
    features = graph.op("Flatten", graph.op("GlobalAveragePool", value), name="features", axis=1)
    _heads(graph, features, weights["_fc.weight"], weights["_fc.bias"], matrix)
    graph.save(
        path,
        {
            "mean": str([MEAN] * 3),
            "std": str([STD] * 3),
            "size": str(SIDE),
            "resize": "shorter side 256, bicubic",
            "crop": "center",
        },
    )


def _heads(graph, features, weight, bias, matrix):
    logits = graph.op("Gemm", features, weight, bias, name="logits", transB=1)
    graph.op("LpNormalization", features, name="feature_embedding", axis=-1, p=2)
    graph.op("Softmax", logits, name="probabilities", axis=-1)
    soft = graph.op("Softmax", graph.op("Mul", logits, np.float32([1 / TEMPERATURE])), axis=-1)
    largest, _ = graph.op("TopK", soft, np.int64([KEPT]), outputs=2, axis=-1)
    smallest = graph.op("ReduceMin", largest, axes=[1], keepdims=1)
    kept = graph.op("Where", graph.op("GreaterOrEqual", soft, smallest), soft, np.float32([0]))
    matrix = graph.constant(matrix, "label_matrix")
    mixed = graph.op("MatMul", kept, matrix)
    # A norm takes any scale, so what was left out need not be made up for.
    graph.op("LpNormalization", mixed, name="image_embedding", axis=-1, p=2)
    graph.output("image_embedding", ["n", 384])
    graph.output("probabilities", ["n", CLASSES])
    graph.output("feature_embedding", ["n", 1280])


class _Net:
    """Follows the picture's size, because the padding depends on it."""

    def __init__(self, graph, weights):
        self.graph = graph
        self.weights = weights
        self.size = SIDE

    def conv(self, value, conv, norm, stride=1):
        weight = self.weights[f"{conv}.weight"]
        statistics = ["weight", "bias", "running_mean", "running_var"]
        weight, bias = fold_norm(weight, *(self.weights[f"{norm}.{part}"] for part in statistics), EPSILON)
        groups = weight.shape[0] if weight.shape[1] == 1 else 1
        pads = same(self.size, weight.shape[2], stride)
        self.size = -(-self.size // stride)
        return self.graph.conv(value, weight, bias, stride, pads, groups)

    def block(self, value, prefix, stride, expands, has_skip):
        before = value
        # Norms are numbered in order, so a block that does not expand begins with the second.
        if expands:
            value = self.graph.relu6(self.conv(value, f"{prefix}_expand_conv", f"{prefix}_bn0"))
        value = self.graph.relu6(self.conv(value, f"{prefix}_depthwise_conv", f"{prefix}_bn1", stride))
        value = self.conv(value, f"{prefix}_project_conv", f"{prefix}_bn2")
        return self.graph.op("Add", value, before) if has_skip else value
