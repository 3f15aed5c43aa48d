#include "io/datasets/made_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/random.h"
#include "io/datasets/made_digits.h"

namespace tutti {
namespace {

std::vector<MadeData>& entries() {
  static std::vector<MadeData> all;
  return all;
}

}  // namespace

bool add_made_data(MadeData data) {
  const auto place = std::ranges::lower_bound(entries(), data.name, {}, &MadeData::name);
  entries().insert(place, std::move(data));
  return true;
}

const std::vector<MadeData>& all_made_data() { return entries(); }

const MadeData& made_data(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& data : entries()) {
    if (data.name == name) return data;
    names.push_back(data.name);
  }
  fail(ExitCode::usage, "make", "there is no data '{}'{}; it makes {}", name,
       did_you_mean(name, names), fmt::join(names, ", "));
}

void write_made_file(const std::filesystem::path& path, const std::string& content) {
  FileSystem::current().remove(path);
  FileSystem::current().append(path, content);
}

double uniform_between(Random& random, double low, double high) {
  return low + (high - low) * random.uniform();
}

namespace {

const bool digits_added = add_made_data(
    {"digits_csv", "train.csv (label,pixel0..pixel783) and test.csv without labels, as on Kaggle",
     3000, [](const std::filesystem::path& folder, int64_t rows, uint64_t seed) {
       FileSystem::current().make_directories(folder);
       datasets::write_digits_csv(folder / "train.csv", datasets::made_digits(rows, seed));
       datasets::write_digits_csv(folder / "test.csv",
                                  datasets::made_digits((rows + 3) / 4, seed + 1), false);
     }});
const bool mnist_added =
    add_made_data({"mnist", "MNIST's four IDX files, a sixth as many rows to test on", 3000,
                   [](const std::filesystem::path& folder, int64_t rows, uint64_t seed) {
                     datasets::write_digits_idx(folder, datasets::made_digits(rows, seed),
                                                datasets::made_digits((rows + 5) / 6, seed + 1));
                   }});

}  // namespace
}  // namespace tutti
