"""Runs our ONNX exports in ONNX Runtime and compares its outputs with ours.

Run with the peers' Python, after a build: .venv/bin/python tests/peers/onnx/onnx_exports.py [BUILD]
The test programs write every layer's examples, the goldens' cases and whole models into a folder.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = {
    "test_layers": "*TravelsByOnnx*:*EqualsKeras*:*EqualKeras*",
    "test_io_onnx": "OnnxModels.*",
}
TOLERANCE = 1e-5  # of the largest element, at least of 1


def run_programs(build, folder):
    for program, tests in PROGRAMS.items():
        subfolder = folder / program
        subfolder.mkdir()
        environment = {**os.environ, "TUTTI_ONNX_FOLDER": str(subfolder)}
        subprocess.run([build / "bin" / program, f"--gtest_filter={tests}"], env=environment, check=True,
                       stdout=subprocess.DEVNULL, timeout=600)


def difference(path):
    """The largest between ONNX Runtime's outputs and ours, relative to the largest element."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    tensors = load_file(path.with_suffix(".safetensors"))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feeds = {entry.name: tensors[f"input {i}"] for i, entry in enumerate(session.get_inputs())}
    worst = 0.0
    for i, got in enumerate(session.run(None, feeds)):
        want = tensors[f"output {i}"]
        if got.shape != want.shape or got.dtype != want.dtype:
            raise ValueError(f"output {i} is {got.dtype} {got.shape}, ours {want.dtype} {want.shape}")
        if want.size:
            apart = np.abs(got.astype("float64") - want.astype("float64"))
            worst = max(worst, float(apart.max()) / max(1.0, float(np.abs(want.astype("float64")).max())))
    return worst


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "release")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run_programs(build, folder)
        paths = sorted(folder.glob("*/*.onnx"))
        failures, worst = [], 0.0
        for path in paths:
            try:
                apart = difference(path)
            except Exception as error:  # each file's verdict is wanted
                failures.append(f"{path.name}: {str(error).strip().splitlines()[0][:300]}")
                continue
            worst = max(worst, apart)
            if not apart <= TOLERANCE:
                failures.append(f"{path.name}: differs by {apart:.2e}")
    for failure in failures:
        print(f"[onnx] {failure}")
    print(f"[onnx] {len(paths)} models in ONNX Runtime {onnxruntime.__version__}, {len(failures)} wrong; "
          f"the others differ by {worst:.1e} at most")
    sys.exit(bool(failures) or not paths)


main()
