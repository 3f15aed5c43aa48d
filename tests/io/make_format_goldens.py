"""Writes formats/: .npy and .safetensors files by NumPy and safetensors. Run it in this folder."""
import os

import numpy as np
from safetensors.numpy import save_file

os.makedirs("formats", exist_ok=True)
for dtype in ("f4", "f8", "f2", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "b1"):
    np.save(f"formats/{dtype}.npy", np.array([[1, 0, 3], [4, 5, 100]]).astype(dtype))
np.save("formats/fortran.npy", np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4)))
np.save("formats/scalar.npy", np.float64(2.5))
np.save("formats/empty.npy", np.zeros((0, 3), "<f4"))
np.save("formats/big_endian.npy", np.arange(3, dtype=">f4"))
np.save("formats/objects.npy", np.array(["a", None], dtype=object), allow_pickle=True)
with open("formats/version_3.npy", "wb") as out:
    np.lib.format.write_array(out, np.arange(3, dtype="<i4"), version=(3, 0))
np.savez("formats/arrays.npz", x=np.arange(12, dtype="<f4").reshape(4, 3), y=np.arange(4, dtype="<i2") - 1)
save_file({"a": np.arange(6, dtype="<f4").reshape(2, 3), "b": np.array([True, False]), "c": np.zeros((0, 2), "<i8")},
          "formats/three.safetensors", metadata={"format": "np"})
