// Data that lessons need and that cannot be shipped: made by code, a pure function of rows and
// seed, the same on every machine. `tutti make NAME FOLDER` writes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tutti {

class Random;

struct MadeData {
  std::string name, summary;  // "leaves", "pictures of ..., a folder for each class"
  int64_t rows;               // if nothing is said
  void (*write)(const std::filesystem::path& folder, int64_t rows, uint64_t seed);
};

// True, so that it can initialise a static.
bool add_made_data(MadeData data);
const std::vector<MadeData>& all_made_data();  // by name
// Throws with the nearest name.
const MadeData& made_data(const std::string& name);

// One file of many: not synced to the disk, as it can be made again.
void write_made_file(const std::filesystem::path& path, const std::string& content);

double uniform_between(Random& random, double low, double high);

}  // namespace tutti
