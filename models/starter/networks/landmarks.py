"""68 landmarks of a face: four dense blocks of separable convolutions, as face-api publishes them."""

import numpy as np

from ..graph import Graph, same
from ..readers import tfjs

SIDE = 112
MEAN = [122.782, 117.001, 104.298]
BLOCKS = 4


def build(manifest_path, weights_path, path):
    net = _Net(Graph("face_landmarks68"), tfjs.read(manifest_path, weights_path))
    graph = net.graph
    image = graph.input("image", ["n", 3, SIDE, SIDE])
    mean = np.float32(MEAN).reshape(1, 3, 1, 1)
    value = graph.op("Div", graph.op("Sub", image, mean), np.float32([255]))
    for block in range(BLOCKS):
        value = net.block(value, block)
    value = graph.op("AveragePool", value, kernel_shape=[7, 7], strides=[2, 2])
    value = graph.op("Flatten", value, axis=1)
    value = graph.op("Gemm", value, net.weights["fc/weights"], net.weights["fc/bias"])
    graph.op("Reshape", value, np.int64([0, 68, 2]), name="landmarks")
    graph.output("landmarks", ["n", 68, 2])
    graph.save(path)


class _Net:
    def __init__(self, graph, weights):
        self.graph = graph
        self.weights = weights
        self.size = SIDE

    def block(self, value, block):
        """Every convolution adds to what the ones before it gave."""
        graph, first = self.graph, self.plain if block == 0 else self.separable
        value = graph.relu(first(value, f"dense{block}/conv0", stride=2))
        total = graph.op("Add", value, self.separable(value, f"dense{block}/conv1"))
        for index in (2, 3):
            added = self.separable(graph.relu(total), f"dense{block}/conv{index}")
            total = graph.op("Add", total, added)
        return graph.relu(total)

    def plain(self, value, name, stride=1):
        weight = self.weights[f"{name}/filters"].transpose(3, 2, 0, 1)
        return self.graph.conv(value, weight, self.weights[f"{name}/bias"], stride, self.pads(stride))

    def separable(self, value, name, stride=1):
        weight = self.weights[f"{name}/depthwise_filter"].transpose(2, 3, 0, 1)
        value = self.graph.conv(value, weight, None, stride, self.pads(stride), weight.shape[0])
        weight = self.weights[f"{name}/pointwise_filter"].transpose(3, 2, 0, 1)
        return self.graph.conv(value, weight, self.weights[f"{name}/bias"])

    def pads(self, stride):
        pads = same(self.size, 3, stride)
        self.size = -(-self.size // stride)
        return pads
