// Handwritten digits drawn by code: they stand for MNIST where its files are absent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "io/dataset.h"

namespace tutti::datasets {

// Pictures of 28 x 28 pixels, white on black: features f32 (rows, 28, 28) from 0 to 255, labels i32
// (rows,) from 0 to 9. Strokes of a digit with bent, moved, turned, slanted and scaled lines of
// some width, and noise. Row i is a pure function of (seed, i), the same on every machine.
Dataset made_digits(int64_t rows, uint64_t seed = 0);

// (train, test) of the IDX files of MNIST in a folder (train-images-idx3-ubyte,
// train-labels-idx1-ubyte, t10k-...; each also with .gz); where none of them is there,
// `made_rows` digits of made_digits and a sixth as many, which the log says. Throws where only some
// of the files are there. Features and labels as those of made_digits.
std::pair<Dataset, Dataset> mnist(const std::filesystem::path& folder, int64_t made_rows = 6000);

// What Kaggle's digit recognizer gives: label,pixel0,...,pixel783; without labels none of the
// first.
void write_digits_csv(const std::filesystem::path& path, const Dataset& digits,
                      bool labelled = true);
// MNIST's four files, in a folder that is made.
void write_digits_idx(const std::filesystem::path& folder, const Dataset& train,
                      const Dataset& test);

}  // namespace tutti::datasets
