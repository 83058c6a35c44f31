"""CenterNet on MobileNet v3, 80 sorts of objects, from a TensorFlow.js graph model.

The graph is translated operation by operation up to the heat map and the box sizes; the tail, which picks the peaks, is
ours. TensorFlow keeps channels last and ONNX first, so axes are renamed on the way.
"""

import base64

import numpy as np

from ..graph import Graph, same
from ..readers import tfjs

SIDE = 512
CLASSES = 80
MAP = 128
KEPT = 100
# One cell of the map in pixels.
CELL = SIDE // MAP
AXES = {0: 0, 1: 2, 2: 3, 3: 1}
UNARY = {"Relu": "Relu", "Sigmoid": "Sigmoid", "Identity": "Identity"}


def build(model_path, weights_path, path):
    graph = Graph("centernet_mobilenetv3_coco")
    net = _Translation(graph, tfjs.nodes(model_path), tfjs.read(model_path, weights_path))
    image = graph.input("image", [1, 3, SIDE, SIDE])
    net.place("tower_0/images", image, SIDE)
    heat, sizes = net.value("tower_0/keypoints"), net.value("tower_0/wh")
    _peaks(graph, heat, sizes)
    graph.output("boxes", [1, KEPT, 4])
    graph.output("scores", [1, KEPT])
    graph.output("classes", [1, KEPT], "i64")
    graph.save(path)


def _peaks(graph, heat, sizes):
    """A cell that is the largest of its neighbourhood is an object; its box is stored at the same cell."""
    around = graph.op("MaxPool", heat, kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1])
    peaks = graph.op("Where", graph.op("Equal", heat, around), heat, np.float32([0]))
    flat = graph.op("Reshape", peaks, np.int64([1, -1]))
    scores, at = graph.op("TopK", flat, np.int64([KEPT]), outputs=2, axis=-1)
    cells, width = np.int64([MAP * MAP]), np.int64([MAP])
    cell = graph.op("Mod", at, cells)
    row, column = graph.op("Div", cell, width), graph.op("Mod", cell, width)
    by_cell = graph.op("Reshape", graph.op("Transpose", sizes, perm=[0, 2, 3, 1]), np.int64([MAP * MAP, 4]))
    # [1, 100, 4]: how far the box reaches left, up, right and down.
    reach = graph.op("Split", graph.op("Gather", by_cell, cell, axis=0), np.int64([1] * 4), outputs=4, axis=2)
    x, y = _pixels(graph, column), _pixels(graph, row)
    sides = [graph.op("Sub", x, reach[0]), graph.op("Sub", y, reach[1])]
    sides += [graph.op("Add", x, reach[2]), graph.op("Add", y, reach[3])]
    graph.op("Concat", *sides, name="boxes", axis=2)
    graph.op("Identity", scores, name="scores")
    graph.op("Div", at, cells, name="classes")


def _pixels(graph, cells):
    numbers = graph.op("Unsqueeze", graph.op("Cast", cells, to=1), np.int64([2]))
    return graph.op("Mul", numbers, np.float32([CELL]))


class _Translation:
    """Translates what is asked for, and whatever that needs. It follows sizes, because padding depends on them."""

    def __init__(self, graph, nodes, weights):
        self.graph = graph
        self.nodes = nodes
        self.weights = weights
        self.done = {}

    def place(self, name, value, size):
        self.done[name] = (value, size)
        return value

    def value(self, name):
        if name not in self.done:
            node = self.nodes[name]
            if node["op"] == "Const":
                self.place(name, self.scalar(name), 1)
            else:
                translate = getattr(self, f"_{node['op'].lstrip('_').lower()}", None)
                if translate is None and node["op"] not in UNARY:
                    raise ValueError(f"{name}: there is no translation for {node['op']}")
                value, size = (translate or self._unary)(node, node["input"])
                self.place(name, value, size)
        return self.done[name][0]

    def size(self, name):
        self.value(name)
        return self.done[name][1]

    def scalar(self, name):
        values = self.weights[name]
        if values.size != 1:
            raise ValueError(f"{name} is not one number, so its axes would have to be renamed")
        return self.graph.constant(values.astype(np.float32).reshape(1))

    def _unary(self, node, inputs):
        return self.graph.op(UNARY[node["op"]], self.value(inputs[0])), self.size(inputs[0])

    def _relu6(self, _node, inputs):
        return self.graph.relu6(self.value(inputs[0])), self.size(inputs[0])

    def _binary(self, kind, inputs):
        values = [self.value(name) for name in inputs]
        return self.graph.op(kind, *values), max(self.size(name) for name in inputs)

    def _add(self, _node, inputs):
        return self._binary("Add", inputs)

    def _mul(self, _node, inputs):
        return self._binary("Mul", inputs)

    def _mean(self, node, inputs):
        axes = [AXES[int(axis)] for axis in np.ravel(self.weights[inputs[1]])]
        if sorted(axes) != [2, 3] or not node["attr"]["keep_dims"]["b"]:
            raise ValueError(f"{node['name']} is not a mean over the picture")
        return self.graph.op("ReduceMean", self.value(inputs[0]), axes=[2, 3], keepdims=1), 1

    def _concatv2(self, _node, inputs):
        *parts, axis = inputs
        axis = AXES[int(self.weights[axis]) % 4]
        return self.graph.op("Concat", *map(self.value, parts), axis=axis), self.size(parts[0])

    def _resizebilinear(self, node, inputs):
        if node["attr"]["align_corners"]["b"] or node["attr"]["half_pixel_centers"]["b"]:
            raise ValueError(f"{node['name']} resizes in another way")
        before, after = self.size(inputs[0]), int(np.ravel(self._target(inputs[1]))[0])
        scales = self.graph.constant(np.float32([1, 1, after / before, after / before]))
        value = self.graph.op(
            "Resize",
            self.value(inputs[0]),
            "",
            scales,
            mode="linear",
            coordinate_transformation_mode="asymmetric",
        )
        return value, after

    def _target(self, name):
        return self.weights[name]

    def _conv2d(self, node, inputs):
        return self._convolution(node, inputs, (3, 2, 0, 1), is_depthwise=False)

    _fusedconv2d = _conv2d

    def _depthwiseconv2dnative(self, node, inputs):
        return self._convolution(node, inputs, (2, 3, 0, 1), is_depthwise=True)

    _fuseddepthwiseconv2dnative = _depthwiseconv2dnative

    def _convolution(self, node, inputs, layout, is_depthwise):
        attributes = node["attr"]
        weight = self.weights[inputs[1]].transpose(layout)
        stride = int(attributes["strides"]["list"]["i"][1])
        kernel, size = weight.shape[2], self.size(inputs[0])
        if any(step != "1" for step in attributes["dilations"]["list"]["i"]):
            raise ValueError(f"{node['name']} is dilated")
        is_same = _text(attributes["padding"]["s"]) == "SAME"
        pads = same(size, kernel, stride) if is_same else (0, 0, 0, 0)
        fused = [_text(part) for part in attributes.get("fused_ops", {}).get("list", {}).get("s", [])]
        bias = self.weights[inputs[2]] if "BiasAdd" in fused else None
        groups = weight.shape[0] if is_depthwise else 1
        value = self.graph.conv(self.value(inputs[0]), weight, bias, stride, pads, groups)
        for part in fused:
            if part == "Relu":
                value = self.graph.relu(value)
            elif part == "Relu6":
                value = self.graph.relu6(value)
            elif part != "BiasAdd":
                raise ValueError(f"{node['name']}: there is no translation for {part}")
        return value, -(-size // stride) if is_same else (size - kernel) // stride + 1


def _text(encoded):
    return base64.b64decode(encoded).decode()
