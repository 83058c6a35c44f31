"""all-MiniLM-L6-v2, the encoder of sentences, in 8 bits.

`build` writes the graph that is served; `Encoder` computes the same in double precision, for the label matrix and as a
check of the graph.
"""

import math

import numpy as np

from ..graph import Graph
from ..readers import safetensors

LAYERS = 6
HEADS = 12
WIDTH = 384
HEAD = WIDTH // HEADS
EPSILON = 1e-12
# 8-bit products are added in pairs of 16 bits on processors without VNNI; a bit less and they cannot overflow.
WEIGHT_MAX = 64


def build(weights_path, mean, path):
    """`mean` is the mean of the label matrix; queries and pictures are compared around it."""
    graph = Graph("minilm_l6_v2", half=False)
    ids = graph.input("input_ids", ["n", "l"], "i64")
    mask = graph.input("attention_mask", ["n", "l"], "i64")
    net = _Net(graph, safetensors.read(weights_path))
    mask = graph.op("Cast", mask, to=1)
    hidden = net.embed(ids)
    added = graph.op("Sub", np.float32([1]), graph.op("Unsqueeze", mask, np.int64([1, 2])))
    added = graph.op("Mul", added, np.float32([-10000]))
    for layer in range(LAYERS):
        hidden = net.layer(hidden, added, f"encoder.layer.{layer}.")
    weights = graph.op("Unsqueeze", mask, np.int64([2]))
    total = graph.op("ReduceSum", graph.op("Mul", hidden, weights), np.int64([1]), keepdims=0)
    count = graph.op("ReduceSum", weights, np.int64([1]), keepdims=0)
    pooled = graph.op("Div", total, graph.op("Clip", count, np.float32(1e-9)))
    unit = graph.op("LpNormalization", pooled, axis=-1, p=2)
    centred = graph.op("Sub", unit, graph.constant(np.float32(mean), "text_mean"))
    graph.op("LpNormalization", centred, name="text_embedding", axis=-1, p=2)
    graph.output("text_embedding", ["n", WIDTH])
    graph.save(path)


class _Net:
    def __init__(self, graph, weights):
        self.graph = graph
        self.weights = weights

    def embed(self, ids):
        """Words from an 8-bit table, positions (and the only segment there is) added."""
        graph = self.graph
        words = self.weights["embeddings.word_embeddings.weight"]
        low, high = min(words.min(), 0), max(words.max(), 0)
        scale = np.float32((high - low) / 255)
        zero = np.uint8(np.rint(-low / scale))
        table = np.clip(np.rint(words / scale) + zero, 0, 255).astype(np.uint8)
        rows = graph.op("Gather", graph.constant(table, "word_embeddings"), ids)
        value = graph.op("DequantizeLinear", rows, scale, zero)
        positions = self.weights["embeddings.position_embeddings.weight"]
        positions = positions + self.weights["embeddings.token_type_embeddings.weight"][0]
        length = graph.op("Slice", graph.op("Shape", ids), np.int64([1]), np.int64([2]), np.int64([0]))
        positions = graph.op("Slice", positions, np.int64([0]), length, np.int64([0]))
        return self.norm(graph.op("Add", value, positions), "embeddings.LayerNorm")

    def norm(self, value, name):
        parts = (self.weights[f"{name}.{part}"] for part in ("weight", "bias"))
        return self.graph.op("LayerNormalization", value, *parts, axis=-1, epsilon=EPSILON)

    def quantized(self, value):
        """A value in 8 bits, its scale and its zero; several products may share it."""
        return self.graph.op("DynamicQuantizeLinear", value, outputs=3)

    def linear(self, quantized, name):
        """A product in 8 bits, with a scale for each column of the weight."""
        graph = self.graph
        value, scale, zero = quantized
        weight = self.weights[f"{name}.weight"].T
        scales = (np.abs(weight).max(axis=0) / WEIGHT_MAX).astype(np.float32)
        stored = np.clip(np.rint(weight / scales), -WEIGHT_MAX, WEIGHT_MAX).astype(np.int8)
        zeros = np.zeros(scales.shape, np.int8)
        product = graph.op("MatMulInteger", value, stored, zero, zeros)
        product = graph.op("Mul", graph.op("Cast", product, to=1), graph.op("Mul", scale, scales))
        return graph.op("Add", product, self.weights[f"{name}.bias"])

    def heads(self, value, order):
        return self.graph.op("Transpose", self.graph.op("Reshape", value, np.int64([0, 0, HEADS, HEAD])), perm=order)

    def layer(self, hidden, mask, prefix):
        graph = self.graph
        shared = self.quantized(hidden)
        query = self.heads(self.linear(shared, f"{prefix}attention.self.query"), [0, 2, 1, 3])
        key = self.heads(self.linear(shared, f"{prefix}attention.self.key"), [0, 2, 3, 1])
        value = self.heads(self.linear(shared, f"{prefix}attention.self.value"), [0, 2, 1, 3])
        scores = graph.op("Div", graph.op("MatMul", query, key), np.float32([math.sqrt(HEAD)]))
        attention = graph.op("Softmax", graph.op("Add", scores, mask), axis=-1)
        mixed = graph.op("Transpose", graph.op("MatMul", attention, value), perm=[0, 2, 1, 3])
        mixed = graph.op("Reshape", mixed, np.int64([0, 0, WIDTH]))
        mixed = self.linear(self.quantized(mixed), f"{prefix}attention.output.dense")
        hidden = self.norm(graph.op("Add", mixed, hidden), f"{prefix}attention.output.LayerNorm")
        inner = self.gelu(self.linear(self.quantized(hidden), f"{prefix}intermediate.dense"))
        outer = self.linear(self.quantized(inner), f"{prefix}output.dense")
        return self.norm(graph.op("Add", outer, hidden), f"{prefix}output.LayerNorm")

    def gelu(self, value):
        graph = self.graph
        erf = graph.op("Erf", graph.op("Div", value, np.float32([math.sqrt(2)])))
        doubled = graph.op("Mul", value, graph.op("Add", erf, np.float32([1])))
        return graph.op("Mul", doubled, np.float32([0.5]))


class Encoder:
    """The encoder in double precision: its last digits do not depend on the processor, so neither does the pack."""

    def __init__(self, weights_path):
        weights = safetensors.read(weights_path)
        self.weights = {name: tensor.astype(np.float64) for name, tensor in weights.items() if tensor.ndim}

    def encode(self, ids):
        """The vectors of token lists of one length, of length one."""
        ids = np.asarray(ids)
        weights = self.weights
        hidden = weights["embeddings.word_embeddings.weight"][ids]
        hidden = hidden + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        hidden = hidden + weights["embeddings.token_type_embeddings.weight"][0]
        hidden = self._norm(hidden, "embeddings.LayerNorm")
        for layer in range(LAYERS):
            hidden = self._layer(hidden, f"encoder.layer.{layer}.")
        pooled = hidden.mean(axis=1)
        return pooled / np.linalg.norm(pooled, axis=-1, keepdims=True)

    def _layer(self, hidden, prefix):
        count, length, _ = hidden.shape
        split = lambda name: (
            self._linear(hidden, f"{prefix}attention.self.{name}")
            .reshape(count, length, HEADS, HEAD)
            .transpose(0, 2, 1, 3)
        )
        query, key, value = split("query"), split("key"), split("value")
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(HEAD)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(count, length, WIDTH)
        mixed = self._linear(mixed, f"{prefix}attention.output.dense")
        hidden = self._norm(mixed + hidden, f"{prefix}attention.output.LayerNorm")
        inner = self._linear(hidden, f"{prefix}intermediate.dense")
        inner = 0.5 * inner * (1 + erf(inner / math.sqrt(2)))
        outer = self._linear(inner, f"{prefix}output.dense")
        return self._norm(outer + hidden, f"{prefix}output.LayerNorm")

    def _linear(self, value, name):
        return value @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, value, name):
        value = value - value.mean(axis=-1, keepdims=True)
        value = value / np.sqrt((value * value).mean(axis=-1, keepdims=True) + EPSILON)
        return value * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]


# The error function is one in double precision from here on.
ERF_END = 6
ERF_STEPS_PER_UNIT = 1024


def erf(values):
    """The error function, which numpy lacks: cubic interpolation between the standard library's values (to 1e-13)."""
    step = 1 / ERF_STEPS_PER_UNIT
    grid = np.arange(ERF_END * ERF_STEPS_PER_UNIT + 2) * step
    exact = np.array([math.erf(at) for at in grid])
    slope = 2 / math.sqrt(math.pi) * np.exp(-grid * grid) * step
    at = np.minimum(np.abs(values), ERF_END) * ERF_STEPS_PER_UNIT
    left = at.astype(np.int64)
    t = at - left
    right = left + 1
    result = exact[left] * (1 + 2 * t) * (1 - t) ** 2 + exact[right] * t * t * (3 - 2 * t)
    result += slope[left] * t * (1 - t) ** 2 - slope[right] * t * t * (1 - t)
    return np.copysign(result, values)
