#include "core/base/fault_point.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace tutti {
namespace {

struct SetFault {
  std::string name;
  std::atomic<int64_t> left{0};
  std::string once;
};
SetFault set_fault;

std::string_view fault_variable(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}

bool read_fault() {
  const std::string_view at = fault_variable("TUTTI_FAULT_AT");
  if (at.empty()) return false;
  const size_t colon = at.rfind(':');
  int64_t count = 0;
  if (colon != std::string_view::npos)
    std::from_chars(at.data() + colon + 1, at.data() + at.size(), count);
  if (count < 1) {
    fmt::print(stderr, "error: [TUTTI_FAULT_AT] is '{}'; write NAME:COUNT\n", at);
    std::_Exit(static_cast<int>(ExitCode::usage));
  }
  const std::string_view rank = fault_variable("TUTTI_FAULT_RANK");
  if (!rank.empty() && rank != fault_variable("PMIX_RANK")) return false;
  set_fault.name = at.substr(0, colon);
  set_fault.left = count;
  set_fault.once = fault_variable("TUTTI_FAULT_ONCE");
  return true;
}

bool is_first() {
  if (set_fault.once.empty()) return true;
  return open(set_fault.once.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600) >= 0;
}

}  // namespace

const bool fault_is_set = read_fault();

void come_to_fault_point(const char* name) {
  if (set_fault.name != name || --set_fault.left != 0 || !is_first()) return;
  kill(getpid(), SIGKILL);
  pause();  // a thread may run on until the signal is there
}

}  // namespace tutti
