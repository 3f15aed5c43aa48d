#include "distributed/mpi/processors.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

namespace tutti {
namespace {

// As the kernel calls them: Open MPI 4 and 5, on the first host and on others.
constexpr std::array<std::string_view, 7> kStarters = {"mpirun",  "mpiexec", "orterun", "orted",
                                                       "prterun", "prte",    "prted"};

struct Process {
  std::string name;
  pid_t parent = 0;  // 0: it cannot be seen
};

// "4711 (mpirun) S 4242 ...": a name may hold any of these signs.
Process look_at(pid_t number) {
  std::ifstream file("/proc/" + std::to_string(number) + "/stat");
  std::string text;
  std::getline(file, text);
  const size_t open = text.find('('), close = text.rfind(')');
  Process process;
  if (open == text.npos || close == text.npos || close < open) return process;
  process.name = text.substr(open + 1, close - open - 1);
  std::sscanf(text.c_str() + close + 1, " %*c %d", &process.parent);
  return process;
}

}  // namespace

int processors_of_mpirun() {
  Process process;
  for (pid_t number = ::getppid(); number > 1; number = process.parent) {
    process = look_at(number);
    if (std::ranges::find(kStarters, process.name) == kStarters.end()) continue;
    cpu_set_t mask;
    CPU_ZERO(&mask);
    return ::sched_getaffinity(number, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : 0;
  }
  return 0;
}

}  // namespace tutti
