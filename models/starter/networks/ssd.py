"""Face proposals: an SSD on MobileNet v1, as face-api publishes it."""

import numpy as np

from ..graph import Graph, fold_norm, same
from ..readers import tfjs

SIDE = 512
EPSILON = 0.0010000000474974513
HALVING_LAYERS = {2, 4, 6, 12}
LAST_LAYER = 13
ANCHORS = 5118
# Offsets are stored ten times, sizes five times too large.
CENTRE_SCALE, SIZE_SCALE = 10, 5


def build(manifest_path, weights_path, path):
    net = _Net(Graph("ssd_mobilenetv1_face"), tfjs.read(manifest_path, weights_path))
    graph = net.graph
    image = graph.input("image", ["n", 3, SIDE, SIDE])
    value = graph.op("Sub", graph.op("Div", image, np.float32([127.5])), np.float32([1]))
    boxes, classes = [], []
    for index, feature in enumerate(_feature_maps(net, value)):
        boxes.append(net.predict(feature, f"Prediction/BoxPredictor_{index}/BoxEncodingPredictor", 4))
        classes.append(net.predict(feature, f"Prediction/BoxPredictor_{index}/ClassPredictor", 3))
    _boxes(graph, graph.op("Concat", *boxes, axis=1), net.weights["Output/extra_dim"])
    # Column 0 is the background, column 2 is not used.
    column = graph.op("Slice", graph.op("Concat", *classes, axis=1), *(np.int64([at]) for at in (1, 2, 2)))
    graph.op("Squeeze", graph.op("Sigmoid", column), np.int64([2]), name="scores")
    graph.output("boxes", ["n", ANCHORS, 4])
    graph.output("scores", ["n", ANCHORS])
    graph.save(path)


def _feature_maps(net, value):
    """Six maps, from fine to coarse."""
    maps = []
    value = net.folded(value, "MobilenetV1/Conv2d_0_pointwise", stride=2)
    for layer in range(1, LAST_LAYER + 1):
        value = net.depthwise(value, layer, 2 if layer in HALVING_LAYERS else 1)
        value = net.folded(value, f"MobilenetV1/Conv2d_{layer}_pointwise")
        if layer in (11, LAST_LAYER):
            maps.append(value)
    for layer in range(8):
        value = net.folded(value, f"Prediction/Conv2d_{layer}_pointwise", stride=1 + layer % 2)
        if layer % 2:
            maps.append(value)
    return maps


def _boxes(graph, encodings, anchors):
    anchors = anchors.reshape(ANCHORS, 4).astype(np.float64)
    low, high = anchors[:, :2], anchors[:, 2:]
    sizes, centres = high - low, (low + high) / 2
    column = lambda values: values.astype(np.float32).reshape(1, ANCHORS, 1)
    parts = graph.op("Split", encodings, np.int64([1] * 4), outputs=4, axis=2)
    corners = []
    for axis in (0, 1):  # y, then x
        shift = graph.op("Mul", parts[axis], column(sizes[:, axis] / CENTRE_SCALE))
        centre = graph.op("Add", shift, column(centres[:, axis]))
        growth = graph.op("Exp", graph.op("Div", parts[2 + axis], np.float32([SIZE_SCALE])))
        half = graph.op("Mul", growth, column(sizes[:, axis] / 2))
        corners.append((graph.op("Sub", centre, half), graph.op("Add", centre, half)))
    (top, bottom), (left, right) = corners
    graph.op("Concat", left, top, right, bottom, name="boxes", axis=2)


class _Net:
    """Follows the picture's size, because the padding depends on it."""

    def __init__(self, graph, weights):
        self.graph = graph
        self.weights = weights
        self.size = SIDE

    def conv(self, value, weight, bias, stride, groups=1):
        pads = same(self.size, weight.shape[2], stride)
        self.size = -(-self.size // stride)
        return self.graph.relu6(self.graph.conv(value, weight, bias, stride, pads, groups))

    def folded(self, value, name, stride=1):
        weight = self.weights[f"{name}/weights"].transpose(3, 2, 0, 1)
        return self.conv(value, weight, self.weights[f"{name}/convolution_bn_offset"], stride)

    def depthwise(self, value, layer, stride):
        name = f"MobilenetV1/Conv2d_{layer}_depthwise"
        weight = self.weights[f"{name}/depthwise_weights"].transpose(2, 3, 0, 1)
        statistics = ["gamma", "beta", "moving_mean", "moving_variance"]
        parts = (self.weights[f"{name}/BatchNorm/{part}"] for part in statistics)
        weight, bias = fold_norm(weight, *parts, EPSILON)
        return self.conv(value, weight, bias, stride, groups=weight.shape[0])

    def predict(self, value, name, columns):
        weight = self.weights[f"{name}/weights"].transpose(3, 2, 0, 1)
        value = self.graph.conv(value, weight, self.weights[f"{name}/biases"])
        # The anchors of a cell lie side by side in the channels.
        value = self.graph.op("Transpose", value, perm=[0, 2, 3, 1])
        return self.graph.op("Reshape", value, np.int64([0, -1, columns]))
