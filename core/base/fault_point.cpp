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
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace tutti {
namespace {

struct SetFault {
  std::string name;
  std::atomic<int64_t> left{0};
  std::string once;
  std::optional<int> exit_code;
};
SetFault set_fault;

std::string_view fault_variable(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}

int64_t fault_number(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool read_fault() {
  const std::string_view at = fault_variable("TUTTI_FAULT_AT");
  if (at.empty()) return false;
  const size_t colon = at.rfind(':');
  const int64_t count = colon == std::string_view::npos ? 0 : fault_number(at.substr(colon + 1));
  if (count < 1) {
    fmt::print(stderr, "error: [TUTTI_FAULT_AT] is '{}'; write NAME:COUNT\n", at);
    std::_Exit(static_cast<int>(ExitCode::usage));
  }
  const std::string_view rank = fault_variable("TUTTI_FAULT_RANK");
  if (!rank.empty() && rank != fault_variable("PMIX_RANK")) return false;
  set_fault.name = at.substr(0, colon);
  set_fault.left = count;
  set_fault.once = fault_variable("TUTTI_FAULT_ONCE");
  if (const auto code = fault_variable("TUTTI_FAULT_EXIT"); !code.empty())
    set_fault.exit_code = static_cast<int>(fault_number(code));
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
  if (set_fault.exit_code) std::exit(*set_fault.exit_code);
  kill(getpid(), SIGKILL);
  pause();  // a thread may run on until the signal is there
}

}  // namespace tutti
