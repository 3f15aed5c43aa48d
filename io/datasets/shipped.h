// The small data sets that come with Tutti. Sources: make_datasets.py.
#pragma once

#include <filesystem>

#include "io/dataset.h"

namespace tutti::datasets {

// 150 flowers: features f32 (150, 4) in centimetres, labels i32 (150,), three species of 50 each.
Dataset iris();
// 1,797 images of 8 x 8 pixels: features f32 (1797, 64) from 0 to 16, labels i32 (1797,) from 0
// to 9.
Dataset digits();

// The folder of the shipped files: TUTTI_DATASETS, else share/tutti/datasets of the installation,
// else io/datasets of the source tree. Throws, naming where it looked, if `file` is in none of
// them.
std::filesystem::path shipped_file(const std::string& file);

}  // namespace tutti::datasets
