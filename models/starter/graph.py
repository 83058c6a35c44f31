"""Builds ONNX graphs.

Names of values are strings; an operation is given the names of its inputs and gives the name of its output. Weights are
rounded to 16 bits in the file and widened when the model is loaded: half the bytes, the same speed.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
PRODUCER = "heirloom"
# Smaller tensors gain nothing from 16 bits.
HALF_FROM_ELEMENTS = 512

TYPES = {"f32": TensorProto.FLOAT, "i64": TensorProto.INT64}


class Graph:
    def __init__(self, name, half=True):
        self.name = name
        self.half = half
        self.nodes = []
        self.initializers = []
        self.inputs = []
        self.outputs = []
        self.constants = {}

    def input(self, name, shape, dtype="f32"):
        self.inputs.append(helper.make_tensor_value_info(name, TYPES[dtype], shape))
        return name

    def output(self, name, shape, dtype="f32"):
        """Declares a value that was computed under this name an output."""
        self.outputs.append(helper.make_tensor_value_info(name, TYPES[dtype], shape))

    def constant(self, values, name=None):
        """A weight. Python's numbers become float32 and int64; equal constants without a name are one."""
        array = np.asarray(values)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        key = None if name else (array.dtype.str, array.shape, array.tobytes())
        if key in self.constants:
            return self.constants[key]
        name = name or f"c{len(self.initializers)}"
        if key:
            self.constants[key] = name
        if self.half and array.dtype == np.float32 and array.size >= HALF_FROM_ELEMENTS:
            stored = f"{name}_half"
            self._store(array.astype(np.float16), stored)
            return self.op("Cast", stored, name=name, to=TensorProto.FLOAT)
        return self._store(array, name)

    def _store(self, array, name):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def op(self, kind, *inputs, name=None, outputs=1, **attributes):
        """Appends an operation; arrays and numbers among its inputs become constants."""
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        name = name or f"{kind.lower()}_{len(self.nodes)}"
        results = [name] if outputs == 1 else [f"{name}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(kind, names, results, name=name, **attributes))
        return name if outputs == 1 else results

    def conv(self, value, weight, bias=None, stride=1, pads=(0, 0, 0, 0), groups=1, name=None):
        """A convolution; `weight` is [out, in / groups, height, width], pads are top, left, bottom, right."""
        parameters = [weight] if bias is None else [weight, bias]
        parameters = [np.asarray(parameter, np.float32) for parameter in parameters]
        return self.op(
            "Conv",
            value,
            *parameters,
            name=name,
            kernel_shape=list(weight.shape[2:]),
            strides=[stride, stride],
            pads=list(pads),
            group=groups,
            dilations=[1, 1],
        )

    def relu(self, value):
        return self.op("Relu", value)

    def relu6(self, value):
        return self.op("Clip", value, np.float32(0), np.float32(6))

    def save(self, path, metadata=None):
        """Checks the graph and writes it."""
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.initializers)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION, producer_name=PRODUCER)
        if metadata:
            helper.set_model_props(model, metadata)
        onnx.checker.check_model(model, full_check=True)
        with open(path, "wb") as file:
            file.write(model.SerializeToString(deterministic=True))


def same(size, kernel, stride):
    """TensorFlow's SAME padding of a square input: the odd pixel goes to the bottom and the right."""
    out = -(-size // stride)
    total = max((out - 1) * stride + kernel - size, 0)
    begin, end = total // 2, total - total // 2
    return (begin, begin, end, end)


def fold_norm(weight, gamma, beta, mean, variance, epsilon):
    """A convolution's weight [out, …] and bias with the batch norm behind it folded in, in double precision."""
    gamma, beta, mean, variance = (np.asarray(part, np.float64) for part in (gamma, beta, mean, variance))
    scale = gamma / np.sqrt(variance + epsilon)
    shape = [-1] + [1] * (weight.ndim - 1)
    return weight.astype(np.float64) * scale.reshape(shape), beta - mean * scale
