"""The trainings that `commits` and `recovery` launch: by how many parameters the networks have."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
JOB = """
data: {{made_digits: {{rows: {rows}}}}}
model:
  - Flatten
{layers}
loss: {{SparseCategoricalCrossentropy: {{from_logits: true}}}}
optimizer: {{Adam: {{learning_rate: 0.001}}}}
fit: {{epochs: {epochs}, batch_size: {batch}, verbose: 0}}
checkpoint: {{every: never}}
seed: 1
report: false
"""
CASES = {  # parameters: units of each layer, rows, batch
    "899,260": ([600, 500, 250, 10], 128 * 100, 128),
    "100 million": ([10000, 9130, 10], 32 * 100, 32),
}


def job_of(case, epochs):
    units, rows, batch = CASES[case]
    layers = "\n".join(f"  - Dense: {{units: {n}, activation: relu}}" for n in units[:-1])
    layers += f"\n  - Dense: {{units: {units[-1]}}}"
    return JOB.format(rows=rows, layers=layers, epochs=epochs, batch=batch)
