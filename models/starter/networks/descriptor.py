"""dlib's face descriptor: a residual network of 2017, 128 numbers a face."""

import json

import numpy as np

from ..graph import Graph
from ..readers import dlib
from ..tables import table

SIDE = 150
MEAN = [122.782, 117.001, 104.298]
# Residual blocks by channels; those marked halve the picture.
BLOCKS = [(32, "rrr"), (64, "drrr"), (128, "drr"), (256, "drrd")]


def build(weights_path, path):
    net = _Net(Graph("dlib_face_resnet"), dlib.read(weights_path, _shapes()))
    graph = net.graph
    image = graph.input("image", ["n", 3, SIDE, SIDE])
    mean = np.float32(MEAN).reshape(1, 3, 1, 1)
    value = graph.op("Div", graph.op("Sub", image, mean), np.float32([256]))
    value = graph.relu(net.conv(value, 3, 32, 7, stride=2))
    value = graph.op("MaxPool", value, kernel_shape=[3, 3], strides=[2, 2])
    channels, size = 32, 35
    for width, kinds in BLOCKS:
        for kind in kinds:
            value, size = net.block(value, kind, channels, width, size)
            channels = width
    value = graph.op("Flatten", graph.op("GlobalAveragePool", value), axis=1)
    descriptor = graph.op("MatMul", value, net.next().reshape(256, 128), name="descriptor")
    if net.tensors:
        raise ValueError(f"{len(net.tensors)} tensors are left over")
    mean = graph.constant(np.float32(json.loads(table("descriptor_mean.json"))), "descriptor_mean")
    graph.op("LpNormalization", graph.op("Sub", descriptor, mean), name="embedding", axis=-1, p=2)
    graph.output("descriptor", ["n", 128])
    graph.output("embedding", ["n", 128])
    graph.save(path)


def _shapes():
    """Of a convolution's parameters and of the affine layer behind it, in turn; 59 in all."""
    layers = [(3, 32, 7)]
    channels = 32
    for width, kinds in BLOCKS:
        for _ in kinds:
            layers += [(channels, width, 3), (width, width, 3)]
            channels = width
    for inner, outer, kernel in layers:
        yield dlib.vector(inner * outer * kernel * kernel + outer)
        yield dlib.vector(2 * outer)
    yield (256, 128, 1, 1)


class _Net:
    """Takes the tensors in file order, which is the order of the layers."""

    def __init__(self, graph, tensors):
        self.graph = graph
        self.tensors = list(tensors)

    def next(self):
        return self.tensors.pop(0).astype(np.float64).ravel()

    def conv(self, value, channels, filters, kernel, stride=1, pad=0):
        """A convolution, its bias, and the affine layer behind it."""
        parameters, affine = self.next(), self.next()
        weight = parameters[:-filters].reshape(filters, channels, kernel, kernel)
        gamma, beta = affine[:filters], affine[filters:]
        weight = weight * gamma.reshape(-1, 1, 1, 1)
        bias = parameters[-filters:] * gamma + beta
        return self.graph.conv(value, weight, bias, stride, [pad] * 4)

    def block(self, value, kind, channels, filters, size):
        graph, skip = self.graph, value
        halves = kind == "d"
        if halves:
            value = graph.relu(self.conv(value, channels, filters, 3, stride=2))
            inner, size = (size - 3) // 2 + 1, size // 2
        else:
            value = graph.relu(self.conv(value, channels, filters, 3, pad=1))
            inner = size
        value = self.conv(value, filters, filters, 3, pad=1)
        if halves:
            skip = graph.op("AveragePool", skip, kernel_shape=[2, 2], strides=[2, 2])
        # What one side lacks, channels or a last row and column, is zero.
        if filters > channels:
            skip = self.pad(skip, filters - channels, 0)
        if inner < size:
            value = self.pad(value, 0, size - inner)
        return graph.relu(graph.op("Add", value, skip)), size

    def pad(self, value, channels, pixels):
        return self.graph.op("Pad", value, np.int64([0, 0, 0, 0, 0, channels, pixels, pixels]))
