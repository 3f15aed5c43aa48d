"""PyTorch's side of benchmarks/loader: a Dataset of the same files behind a shuffling DataLoader.

    loader_torch.py --case images|tokens|jpeg --data DIR --seconds 3 --batch 128 --workers 2 [--as tensors] [--decode torchvision]
"""

import argparse
import json
import pathlib
import time

import numpy
import torch
from PIL import Image


class Arrays(torch.utils.data.Dataset):
    def __init__(self, data, case, dtype):
        self.dtype = dtype  # none: as it is in the file
        self.x = numpy.load(data / f"{case}.npy", mmap_mode="r")
        self.y = numpy.load(data / f"{case}_y.npy", mmap_mode="r")

    def __len__(self):
        return len(self.x)

    def __getitem__(self, row):
        x = torch.from_numpy(self.x[row].copy())
        return x if self.dtype is None else x.to(self.dtype), int(self.y[row])


class Pictures(torch.utils.data.Dataset):
    """As torchvision's ImageFolder and ToTensor, without the division: channels last, f32, 0 to 255."""

    def __init__(self, data, decode):
        self.decode = self.by_torchvision if decode == "torchvision" else self.by_pillow
        folders = sorted(path for path in (data / "jpeg").iterdir() if path.is_dir())
        self.files = [(path, label) for label, folder in enumerate(folders) for path in sorted(folder.iterdir())]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, row):
        path, label = self.files[row]
        return self.decode(path).to(torch.float32), label

    @staticmethod
    def by_pillow(path):
        with Image.open(path) as picture:
            return torch.from_numpy(numpy.array(picture.convert("RGB")))

    @staticmethod
    def by_torchvision(path):  # channels first, as it gives them
        from torchvision.io import ImageReadMode, decode_jpeg, read_file
        return decode_jpeg(read_file(str(path)), ImageReadMode.RGB)


def rows_of(options):
    if options.case == "jpeg":
        return Pictures(options.data, options.decode)
    if options.kind == "tensors":
        return torch.utils.data.TensorDataset(*(
            torch.from_numpy(numpy.load(options.data / f"{options.case}{which}.npy")) for which in ("", "_y")))
    return Arrays(options.data, options.case, torch.float32 if options.kind == "f32" else None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", choices=["images", "tokens", "jpeg"], default="images")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--as", dest="kind", choices=["mapped", "f32", "tensors"], default="mapped")
    parser.add_argument("--decode", choices=["pillow", "torchvision"], default="pillow")
    options = parser.parse_args()
    loader = torch.utils.data.DataLoader(rows_of(options), batch_size=options.batch, shuffle=True, num_workers=options.workers,
                                         persistent_workers=options.workers > 0)
    samples, checksum, begin = 0, 0.0, None
    while begin is None or time.perf_counter() - begin < options.seconds:
        for x, _ in loader:
            samples += len(x)
            checksum += float(x.view(-1)[0])
            if begin is not None and time.perf_counter() - begin > options.seconds:
                break
        if begin is None:  # the first round brings the files into memory, and the workers to life
            samples, begin = 0, time.perf_counter()
    seconds = time.perf_counter() - begin
    print(json.dumps({"samples_per_s": samples / seconds, "checksum": checksum}))


main()
