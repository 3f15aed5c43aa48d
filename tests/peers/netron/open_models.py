#!/usr/bin/env python3
"""Opens models in Netron, in headless Chromium, and looks for each layer in the drawing.

    .venv/bin/python tests/peers/netron/open_models.py build/release/bin/tutti
"""

import argparse
import collections
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request

import netron
import numpy as np

CASES = {
    "twenty_units": {
        "job": """
data: {dataset: iris, columns: {"*": standardize}}
model: [{Dense: {units: 20, activation: relu}}, {Dense: {units: 3, activation: softmax}}]
loss: sparse_categorical_crossentropy
fit: {epochs: 1, batch_size: 50, verbose: 0}
""",
        "layers": ["Dense", "Activation", "Dense", "Activation"],
        "operators": ["Gemm", "Relu", "Gemm", "Softmax"],
    },
    "help_lstm": {
        "job": """
data: {npy: {files: {letters: letters.npy, next: next.npy}}, label: next}
model: [{LSTM: {units: 8, return_sequences: true}}, {Dense: {units: 4}}]
loss: {SparseCategoricalCrossentropy: {from_logits: true}}
fit: {epochs: 1, batch_size: 1, verbose: 0}
""",
        "layers": ["LSTM", "Dense"],
        "operators": ["LSTM", "MatMul", "Add"],
    },
}
# Tells the server what the page has drawn, as soon as it has drawn nodes.
TELL = """
setInterval(() => {
  const texts = [...document.querySelectorAll('#target svg text, #target text')].map(text => text.textContent);
  if (texts.length > 2) fetch('/drawn', {method: 'POST', body: JSON.stringify(texts)});
}, 250);
"""


class Page(http.server.BaseHTTPRequestHandler):
    """Netron's server, but for the page itself."""

    def do_GET(self):
        if self.path == "/tell.js":
            return self.answer(TELL.encode(), "text/javascript")
        try:
            with urllib.request.urlopen(self.server.netron + self.path, timeout=10) as got:
                body, kind = got.read(), got.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            return self.send_error(error.code)
        if kind == "text/html":
            page = re.sub(r'<meta name="date"[^>]*>', "", body.decode())
            page = re.sub(r'<meta name="version" content="[^"]*">', '<meta name="version" content="0.0.0">', page)
            body = page.replace("</head>", '<script src="/tell.js"></script></head>').encode()
        self.answer(body, kind)

    def do_POST(self):
        self.server.texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(b"", "text/plain")
        self.server.drawn.set()

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "consent=1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def drawn_texts(path, seconds):
    """The texts of the drawing that Netron makes of the file."""
    host, port = netron.start(str(path), address=("127.0.0.1", 0), browse=False)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.netron, server.drawn, server.texts = f"http://{host}:{port}", threading.Event(), []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        chromium = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--remote-debugging-port=0", f"--user-data-dir={profile}",
             f"http://127.0.0.1:{server.server_address[1]}/"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            server.drawn.wait(seconds)
        finally:
            chromium.kill()
            chromium.wait()
            server.shutdown()
            netron.stop((host, port))
    return server.texts


def make_models(tutti, folder):
    """Each case's files, by name and ending."""
    letters = np.eye(4, dtype="float32")
    np.save(folder / "letters.npy", letters[None, :3])
    np.save(folder / "next.npy", np.array([[1, 2, 3]], dtype="int32"))
    for name, case in CASES.items():
        (folder / f"{name}.yaml").write_text(f"name: {name}\n{case['job']}")
        commands = [["train", f"{name}.yaml", "--run", f"run_{name}"]]
        commands += [["convert", f"run_{name}", f"{name}{ending}"] for ending in (".keras", ".h5", ".onnx")]
        for command in commands:
            subprocess.run([tutti, *command], cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=120)
            if command[0] == "convert":
                yield folder / command[2], case["operators" if command[2].endswith(".onnx") else "layers"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tutti", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--seconds", type=float, default=90, help="that a page may take")
    options = parser.parse_args()
    if not shutil.which("chromium"):
        sys.exit("[netron] chromium is not there; install the package chromium")
    with tempfile.TemporaryDirectory() as folder:
        for path, expected in make_models(options.tutti, pathlib.Path(folder)):
            texts = drawn_texts(path, options.seconds)
            missing = collections.Counter(expected) - collections.Counter(texts)
            if missing:
                sys.exit(f"[netron] {path.name}: {', '.join(missing)} not drawn; the texts are {texts}")
            print(f"[netron] {path.name}: {', '.join(expected)}")


if __name__ == "__main__":
    main()
