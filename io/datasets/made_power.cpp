// The hourly load of a town's power grid: days, weeks, the weather, and what lasts some hours.
#include <fmt/format.h>

#include <string>

#include "core/base/filesystem.h"
#include "core/base/random.h"
#include "io/datasets/made_data.h"

namespace tutti {
namespace {

// sin of turns of a circle.
double wave(double turns) {
  double sine = 0, cosine = 0;
  portable_sincos_turns(turns - static_cast<double>(static_cast<int64_t>(turns)), sine, cosine);
  return sine;
}

void write_power(const std::filesystem::path& folder, int64_t rows, uint64_t seed) {
  std::string csv = "hour,temperature,load\n";
  Random random(seed);
  double weather = 0, demand = 0;
  for (int64_t hour = 0; hour < rows; ++hour) {
    const double day = static_cast<double>(hour) / 24, daily = wave(day + 0.7);
    weather = 0.98 * weather + 0.4 * random.normal();
    demand = 0.9 * demand + 1.2 * random.normal();
    const double temperature = 12 + 5 * daily + weather;
    const bool weekend = hour / 24 % 7 >= 5;
    const double load =
        100 + (weekend ? 12 : 25) * daily + 8 * wave(2 * day) - 1.5 * (temperature - 12) + demand;
    csv += fmt::format("{},{:.2f},{:.2f}\n", hour, temperature, load);
  }
  FileSystem::current().make_directories(folder);
  FileSystem::current().write_atomically(folder / "power.csv", csv);
}

const bool power_added = add_made_data(
    {"power", "power.csv: a town's temperature and power load, hour by hour", 3000, write_power});

}  // namespace
}  // namespace tutti
