"""PyTorch's side of benchmarks/checkpoints: how long a training waits for a checkpoint of a state in memory.

    checkpoints_torch.py --parameters 100000000 --folder DIR           torch.save, which writes before it returns
    checkpoints_torch.py --async --parameters 100000000 --folder DIR   torch.distributed.checkpoint.async_save

The first save makes what later ones use again; the second counts. Neither makes sure that it is on the disk.
"""

import argparse
import json
import pathlib
import time

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--parameters", type=int, default=100_000_000)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--async", dest="later", action="store_true")
    options = parser.parse_args()
    names = ["dense/kernel", "optimizer/momentum", "optimizer/velocity"]
    state = {name: torch.full((options.parameters,), 0.25 / (i + 1)) for i, name in enumerate(names)}
    if options.later:
        dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    for number in range(2):
        begin = time.perf_counter()
        if options.later:
            writing = dcp.async_save(state, checkpoint_id=str(options.folder / f"dcp-{number}"))
            stalled = time.perf_counter() - begin
            writing.result()
        else:
            torch.save(state, options.folder / "state.pt")
            stalled = time.perf_counter() - begin
        written = time.perf_counter() - begin
    if options.later:
        dist.destroy_process_group()
    size = sum(tensor.nbytes for tensor in state.values())
    print(json.dumps({"bytes": size, "stall_s": stalled, "written_s": written}))


main()
