"""Smaller weights in an ONNX graph, by plain operators that every runtime has.

A weight is stored as whole numbers or halves and turned back by `Cast` (and `Mul` with its scales)
in front of the operator that reads it; runtimes do so once, when they load the graph.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

SMALL = 1024  # numbers: biases, norms and scales stay as they are
# The first and the last convolution of a UNet: 14 thousand numbers through which everything passes.
# As halves they cost 13 kB and take away half of the error of all the others' 8 bits.
ENDS = ("conv_in.", "conv_out.")


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Every large weight as 16-bit floats."""
    return _rewritten(model, _half)


def quantised(model: onnx.ModelProto) -> onnx.ModelProto:
    """Large weights as 8-bit whole numbers with a scale for each output channel; some as halves.

    Halves are the convolutions at both ends, and what is added instead of multiplied.
    """
    return _rewritten(model, _whole)


def _rewritten(model: onnx.ModelProto, how) -> onnx.ModelProto:
    done = onnx.ModelProto()
    done.CopyFrom(model)
    graph = done.graph
    axes = _output_axes(graph)
    kept, nodes = [], []
    for tensor in graph.initializer:
        large = tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= SMALL
        if large:
            weight = numpy_helper.to_array(tensor)
            named = any(end in tensor.name for end in ENDS)
            reduce = _half if named or tensor.name not in axes else how
            stored, made = reduce(tensor.name, weight, axes.get(tensor.name, 0))
            kept += stored
            nodes += made
        else:
            kept.append(tensor)
    nodes += graph.node
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    return done


def _output_axes(graph: onnx.GraphProto) -> dict[str, int]:
    """Which axis of each weight runs over its operator's output channels."""
    axes = {}
    for node in graph.node:
        if node.op_type == "Conv":
            axes[node.input[1]] = 0
        elif node.op_type == "MatMul":
            axes[node.input[1]] = 1
        elif node.op_type == "Gemm":
            turned = any(a.name == "transB" and a.i for a in node.attribute)
            axes[node.input[1]] = 0 if turned else 1
        elif node.op_type == "Gather":
            axes[node.input[0]] = 0
    return axes


def _half(name: str, weight: np.ndarray, axis: int):
    stored = numpy_helper.from_array(weight.astype(np.float16), f"{name}.half")
    cast = onnx.helper.make_node("Cast", [stored.name], [name], to=TensorProto.FLOAT)
    return [stored], [cast]


def _whole(name: str, weight: np.ndarray, axis: int):
    others = tuple(i for i in range(weight.ndim) if i != axis)
    scale = np.abs(weight).max(others, keepdims=True) / 127
    scale[scale == 0] = 1
    whole = np.rint(weight / scale).clip(-127, 127).astype(np.int8)
    stored = numpy_helper.from_array(whole, f"{name}.whole")
    scales = numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale")
    cast = onnx.helper.make_node("Cast", [stored.name], [f"{name}.cast"], to=TensorProto.FLOAT)
    times = onnx.helper.make_node("Mul", [f"{name}.cast", scales.name], [name])
    return [stored, scales], [cast, times]
