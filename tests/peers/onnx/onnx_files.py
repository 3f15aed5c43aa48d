"""Writes the files of tests/io/onnx: small models as other exporters write them, and what ONNX Runtime makes of them.

Run with the peers' Python: .venv/bin/python tests/peers/onnx/onnx_files.py
PyTorch's exporter writes the first ones; the last are written with the onnx package, as tf2onnx writes Keras's.
"""

import io
import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from torch import nn

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "io" / "onnx"


def save(name, model, *inputs):
    """The file, and the inputs and ONNX Runtime's outputs beside it."""
    onnx.checker.check_model(model, full_check=True)
    for key in ("doc_string", "producer_version"):
        model.ClearField(key)
    for node in model.graph.node:
        node.ClearField("doc_string")
    data = model.SerializeToString(deterministic=True)
    (FOLDER / f"{name}.onnx").write_bytes(data)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    feeds = {entry.name: x for entry, x in zip(session.get_inputs(), inputs)}
    outputs = session.run(None, feeds)
    tensors = {f"input {i}": np.ascontiguousarray(x) for i, x in enumerate(inputs)}
    tensors |= {f"output {i}": np.ascontiguousarray(y) for i, y in enumerate(outputs)}
    save_file(tensors, FOLDER / f"{name}.safetensors")


def from_torch(name, module, *shapes, batch="batch", opset=17):
    torch.manual_seed(len(name))
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -0.4, 0.4)
    for buffer_name, buffer in module.named_buffers():
        if buffer.is_floating_point():
            nn.init.uniform_(buffer, 0.3, 0.9)
    module.eval()
    inputs = [torch.randn(shape) for shape in shapes]
    names = [f"input_{i}" for i in range(len(inputs))]
    file = io.BytesIO()
    axes = {n: {0: batch} for n in [*names, "output"]} if batch else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, tuple(inputs), file, input_names=names, output_names=["output"], dynamic_axes=axes,
                          opset_version=opset, dynamo=False)
    save(name, onnx.load_from_string(file.getvalue()), *[x.numpy() for x in inputs])


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = torch.relu(self.norm(self.first(x)))
        x = x + torch.nn.functional.hardswish(self.second(x))
        x = torch.nn.functional.max_pool2d(x, 3, 2, padding=1)
        return self.head(x.mean((2, 3)))


class LastStep(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.steps = getattr(nn, kind)(3, 4, batch_first=True, bidirectional=kind == "GRU")
        self.head = nn.Linear(8 if kind == "GRU" else 4, 2)

    def forward(self, x):
        return self.head(self.steps(x)[0][:, -1])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(6, 6) for _ in range(3))
        self.norm = nn.LayerNorm(6)

    def forward(self, x):
        def heads(y):
            return y.view(y.shape[0], y.shape[1], 2, 3).transpose(1, 2)
        q, k, v = heads(self.query(x)), heads(self.key(x)), heads(self.value(x))
        y = torch.softmax(q @ k.transpose(-1, -2) / 3**0.5, -1) @ v
        y = y.transpose(1, 2).reshape(x.shape[0], x.shape[1], 6)
        return torch.nn.functional.gelu(self.norm(x + y))


def torch_files():
    from_torch("mlp", nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.ReLU(), nn.Dropout(0.2), nn.Linear(5, 3), nn.Softmax(1)),
               (2, 3, 4))
    from_torch("mlp_of_one_row", nn.Sequential(nn.Linear(4, 5), nn.ELU(), nn.Linear(5, 2), nn.LogSoftmax(1)), (1, 4), batch=None)
    from_torch("residual", Residual(), (2, 3, 8, 8))
    from_torch("pools", nn.Sequential(nn.Conv2d(2, 3, 3, stride=2), nn.BatchNorm2d(3), nn.LeakyReLU(0.1), nn.AvgPool2d(2, 1, padding=1),
                                      nn.PReLU(3), nn.ConvTranspose2d(3, 2, 3, stride=2, padding=1, output_padding=1), nn.Hardtanh(),
                                      nn.AdaptiveAvgPool2d(1), nn.Flatten()), (2, 2, 9, 9))
    from_torch("rounded_up", nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False),
                                           nn.Conv2d(2, 2, 1)), (2, 2, 10, 9))
    from_torch("upsampled", nn.Sequential(nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4), nn.Upsample(scale_factor=2), nn.SiLU(),
                                          nn.Upsample(size=(9, 11), mode="bilinear"), nn.InstanceNorm2d(4, affine=True)), (2, 2, 5, 6))
    from_torch("lstm", LastStep("LSTM"), (2, 5, 3))
    from_torch("gru", LastStep("GRU"), (2, 4, 3))
    from_torch("rnn", LastStep("RNN"), (2, 4, 3))
    from_torch("encoder", Encoder(), (2, 4, 6))


def keras_like():
    """A Keras CNN as tf2onnx writes it: channels last outside, transpositions around the convolutions."""
    rng = np.random.default_rng(7)

    def weight(name, *shape):
        return numpy_helper.from_array(rng.normal(size=shape).astype("float32") / 3, name)

    weights = [weight("conv/kernel", 4, 2, 3, 3), weight("conv/bias", 4), weight("dense/kernel", 36, 3), weight("dense/bias", 3),
               numpy_helper.from_array(np.array([-1, 36], "int64"), "flat")]
    nodes = [
        helper.make_node("Transpose", ["image"], ["first"], "to_first", perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["first", "conv/kernel", "conv/bias"], ["conv"], "conv", auto_pad="SAME_UPPER", strides=[2, 2],
                         kernel_shape=[3, 3]),
        helper.make_node("Relu", ["conv"], ["relu"], "relu"),
        helper.make_node("Transpose", ["relu"], ["last"], "to_last", perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["last", "flat"], ["flattened"], "flatten"),
        helper.make_node("MatMul", ["flattened", "dense/kernel"], ["product"], "dense/MatMul"),
        helper.make_node("Add", ["product", "dense/bias"], ["logits"], "dense/Add"),
        helper.make_node("Softmax", ["logits"], ["classes"], "softmax", axis=-1)]
    graph = helper.make_graph(nodes, "keras_cnn", [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 5, 5, 2])],
                              [helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["N", 3])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    save("keras_cnn", model, rng.normal(size=(3, 5, 5, 2)).astype("float32"))


def shared_weights():
    """A weight of two nodes, and one that is turned before it is used."""
    rng = np.random.default_rng(9)
    weights = [numpy_helper.from_array(rng.normal(size=shape).astype("float32") / 3, name)
               for name, shape in (("shared", (4, 4)), ("turned", (3, 4)))]
    nodes = [
        helper.make_node("MatMul", ["x", "shared"], ["once"], "once"),
        helper.make_node("MatMul", ["once", "shared"], ["twice"], "twice"),
        helper.make_node("Transpose", ["turned"], ["upright"], "turn", perm=[1, 0]),
        helper.make_node("MatMul", ["twice", "upright"], ["product"], "product"),
        helper.make_node("Tanh", ["product"], ["y"], "tanh")]
    graph = helper.make_graph(nodes, "shared", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])],
                              [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width])
                               for name, width in (("y", 3), ("twice", 4))], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save("shared_weights", model, rng.normal(size=(2, 4)).astype("float32"))


torch_files()
keras_like()
shared_weights()
