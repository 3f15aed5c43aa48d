"""Weights that travel to PyTorch modules and back, as safetensors in the layout of a state_dict.

Run with the peers' Python: .venv/bin/python tests/peers/torch/state_dicts.py [--tutti PATH] [--only TEXT]
Each model is made in Keras with drawn weights; the module loads what `tutti convert --layout torch` wrote with
strict=True and must predict what `tutti predict` does, to 1e-5; then the module's own weights go back the same way.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "torch"
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]
L = keras.layers
nn = torch.nn


class Net(nn.Module):
    """Modules under the layers' names, and what is done with them."""

    def __init__(self, run, **modules):
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)
        self.run = run

    def forward(self, x):
        return self.run(self, x)


def last(x):  # channels of PyTorch's layers are axis 1
    return x.movedim(1, -1)


def first(x):
    return x.movedim(-1, 1)


def mlp():
    model = keras.Sequential([keras.Input((7,)), L.Dense(9, "relu", name="hidden"), L.PReLU(name="slopes"),
                              L.LayerNormalization(name="norm"), L.Dense(3, use_bias=False, name="out")])
    net = Net(lambda m, x: m.out(m.norm(m.slopes(torch.relu(m.hidden(x))))), hidden=nn.Linear(7, 9),
              slopes=nn.PReLU(9), norm=nn.LayerNorm(9, eps=1e-3), out=nn.Linear(9, 3, bias=False))
    return model, net, np.random.normal(size=(6, 7)).astype("float32")


def cnn():
    model = keras.Sequential([
        keras.Input((8, 9, 3)), L.Conv2D(4, 3, name="conv"), L.BatchNormalization(name="bn"), L.ReLU(),
        L.DepthwiseConv2D(2, depth_multiplier=2, name="depth"), L.MaxPooling2D(2, name="pool"),
        L.Conv2DTranspose(5, 3, strides=2, name="up"), L.SeparableConv2D(4, 3, name="sep"),
        L.GroupNormalization(2, name="groups"), L.Flatten(), L.Dense(4, name="out")])

    def run(m, x):
        x = torch.relu(m.bn(m.conv(first(x))))
        x = m.up(nn.functional.max_pool2d(m.depth(x), 2))
        x = m.groups(m.sep(x))
        return m.out(last(x).flatten(1))

    flat = int(np.prod(model.get_layer("groups").output.shape[1:]))
    net = Net(run, conv=nn.Conv2d(3, 4, 3), bn=nn.BatchNorm2d(4, eps=1e-3), depth=nn.Conv2d(4, 8, 2, groups=4),
              up=nn.ConvTranspose2d(8, 5, 3, stride=2),
              sep=nn.Sequential(), groups=nn.GroupNorm(2, 4, eps=1e-3), out=nn.Linear(flat, 4))
    net.sep.add_module("depthwise", nn.Conv2d(5, 5, 3, groups=5, bias=False))
    net.sep.add_module("pointwise", nn.Conv2d(5, 4, 1))
    return model, net, np.random.normal(size=(5, 8, 9, 3)).astype("float32")


def conv1d():
    model = keras.Sequential([keras.Input((10, 4)), L.Conv1D(6, 3, groups=2, name="conv"),
                              L.BatchNormalization(scale=False, name="bn"), L.GlobalAveragePooling1D(),
                              L.Dense(2, name="out")])
    net = Net(lambda m, x: m.out(m.bn(m.conv(first(x))).mean(-1)), conv=nn.Conv1d(4, 6, 3, groups=2),
              bn=nn.BatchNorm1d(6, eps=1e-3), out=nn.Linear(6, 2))
    nn.init.ones_(net.bn.weight)
    return model, net, np.random.normal(size=(5, 10, 4)).astype("float32")


def recurrent(kind, module, **more):
    def case():
        layer = getattr(L, kind)(5, return_sequences=True, name="rnn", **more)
        model = keras.Sequential([keras.Input((6, 3)), layer, L.Dense(2, name="out")])
        net = Net(lambda m, x: m.out(m.rnn(x)[0]), rnn=module(3, 5, batch_first=True), out=nn.Linear(5, 2))
        return model, net, np.random.normal(size=(4, 6, 3)).astype("float32")
    return case


def bidirectional():
    model = keras.Sequential([keras.Input((6, 3)), L.Bidirectional(L.GRU(4, return_sequences=True), name="both"),
                              L.TimeDistributed(L.Dense(2), name="each")])
    net = Net(lambda m, x: m.each(m.both(x)[0]), both=nn.GRU(3, 4, batch_first=True, bidirectional=True),
              each=nn.Linear(8, 2))
    return model, net, np.random.normal(size=(4, 6, 3)).astype("float32")


def embedding():
    model = keras.Sequential([keras.Input((6,), dtype="int32"), L.Embedding(11, 8, name="words"),
                              L.LSTM(5, name="rnn"), L.Dense(2, name="out")])
    net = Net(lambda m, x: m.out(m.rnn(m.words(x.long()))[0][:, -1]), words=nn.Embedding(11, 8),
              rnn=nn.LSTM(8, 5, batch_first=True), out=nn.Linear(5, 2))
    return model, net, np.random.randint(0, 11, size=(4, 6)).astype("int32")


def attention():
    x = keras.Input((6, 8))
    block = keras.Model(x, L.Dense(8, "relu", name="wide")(x), name="block")
    seen = L.MultiHeadAttention(2, 4, name="heads")(x, x)
    y = L.Dense(3, name="out")(block(L.RMSNormalization(name="norm")(L.Add()([x, seen]))))
    model = keras.Model(x, y)
    net = Net(lambda m, x: m.out(torch.relu(m.block.wide(m.norm(x + m.heads(x, x, x)[0])))),
              heads=nn.MultiheadAttention(8, 2, batch_first=True), norm=nn.RMSNorm(8, eps=1e-6),
              block=nn.Sequential(), out=nn.Linear(8, 3))
    net.block.add_module("wide", nn.Linear(8, 8))
    return model, net, np.random.normal(size=(4, 6, 8)).astype("float32")


CASES = {"mlp": mlp, "cnn": cnn, "conv1d": conv1d, "rnn": recurrent("SimpleRNN", nn.RNN),
         "lstm": recurrent("LSTM", nn.LSTM), "lstm without bias": recurrent(
             "LSTM", lambda *a, **k: nn.LSTM(*a, bias=False, **k), use_bias=False),
         "gru": recurrent("GRU", nn.GRU), "bidirectional": bidirectional, "embedding": embedding,
         "attention": attention}


def tutti(*arguments):
    done = subprocess.run([TUTTI, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError((done.stderr or done.stdout).strip().splitlines()[-1][:300])


def compare(expected, got, what):
    worst = np.max(np.abs(expected - got) / (1 + np.abs(expected)))
    if expected.shape != got.shape or not worst <= 1e-5:
        raise AssertionError(f"{what}: differs by {worst:.2e}")


def draw(model):
    for variable in model.weights:
        low = 0.5 if "variance" in variable.path else -0.5
        if variable.dtype == "float32":
            variable.assign(np.random.uniform(low, low + 1, size=variable.shape).astype("float32"))


def travel(case, folder):
    model, net, x = case()
    draw(model)
    net.eval()
    model.save(folder / "model.keras")
    np.save(folder / "x.npy", x)

    def predicted(path):
        tutti("predict", path, "--input", folder / "x.npy", "--output", folder / "y.npy")
        return np.load(folder / "y.npy")

    tutti("convert", folder / "model.keras", folder / "there.safetensors", "--layout", "torch")
    own = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    net.load_state_dict(load_file(folder / "there.safetensors"), strict=True)
    compare(predicted(folder / "model.keras"), net(torch.from_numpy(x)).detach().numpy(), "there")
    net.load_state_dict(own)
    save_file({name: tensor.contiguous() for name, tensor in own.items()}, folder / "own.safetensors")
    tutti("convert", folder / "model.keras", folder / "back.keras", "--weights", folder / "own.safetensors",
          "--layout", "torch")
    compare(net(torch.from_numpy(x)).detach().numpy(), predicted(folder / "back.keras"), "back")


def main():
    global TUTTI
    parser = argparse.ArgumentParser()
    parser.add_argument("--tutti", default=ROOT / "build/release/bin/tutti")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    TUTTI = given.tutti
    chosen = {name: case for name, case in CASES.items() if given.only in name}
    failed = 0
    for seed, (name, case) in enumerate(chosen.items()):
        keras.utils.set_random_seed(seed + 1)
        with tempfile.TemporaryDirectory() as folder:
            try:
                travel(case, pathlib.Path(folder))
                print(f"{name}: there and back")
            except Exception as error:  # a case fails alone
                failed += 1
                print(f"{name}: {error}")
    print(f"{len(chosen) - failed} of {len(chosen)} models agree with PyTorch")
    sys.exit(failed > 0 or not chosen)


main()
