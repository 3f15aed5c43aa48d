// Machines that wear out, as their sensors see them: which fault it is, and how long they will run.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>

#include "core/base/filesystem.h"
#include "core/base/random.h"
#include "io/datasets/made_data.h"

namespace tutti {
namespace {

struct Fault {
  const char* name;
  double life;  // hours of a new machine with it
  // What full wear adds to vibration, temperature, pressure, current, speed.
  std::array<double, 5> change;
};
constexpr Fault kFaults[] = {
    {"none", 4000, {0.6, 4, -0.1, 0.5, -5}},
    {"bearing", 1500, {6, 18, 0, 2, -40}},
    {"leak", 2200, {1, 6, -3.2, 1.5, 10}},
    {"winding", 1000, {1.2, 35, 0, 9, -60}},
};
constexpr std::array<double, 5> kNormal = {2, 60, 8, 20, 1480}, kNoise = {0.35, 2.5, 0.25, 0.8, 6};

void write_machines(const std::filesystem::path& folder, int64_t rows, uint64_t seed) {
  std::string csv = "vibration,temperature,pressure,current,speed,fault,remaining_hours\n";
  for (int64_t row = 0; row < rows; ++row) {
    Random random(seed, static_cast<uint64_t>(row));
    const Fault& fault = kFaults[random.below(std::size(kFaults))];
    const double wear = uniform_between(random, 0.15, 1);
    for (size_t i = 0; i < kNormal.size(); ++i)
      csv +=
          fmt::format("{:.3f},", kNormal[i] + wear * fault.change[i] + kNoise[i] * random.normal());
    csv += fmt::format("{},{:.1f}\n", fault.name, (1 - wear) * fault.life);
  }
  FileSystem::current().make_directories(folder);
  FileSystem::current().write_atomically(folder / "machines.csv", csv);
}

const bool machines_added = add_made_data(
    {"machines", "machines.csv: five sensors, the fault that they show, the hours that are left",
     2000, write_machines});

}  // namespace
}  // namespace tutti
