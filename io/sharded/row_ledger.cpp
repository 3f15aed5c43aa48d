#include "io/sharded/row_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "io/sharded/data_file.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLedgerEnding = ".ledger";
constexpr uint64_t kLongestLine = uint64_t{256} << 20;

// Calls each(line, where it begins) for the whole lines of a file.
template <typename Each>
void for_lines(const fs::path& path, const Each& each) {
  const DataFile file(path);
  FileScan scan(file);
  for (uint64_t look = uint64_t{64} << 10; scan.left() > 0;) {
    const std::string_view view = scan.peek(look);
    const size_t end = view.find('\n');
    if (end != std::string_view::npos) {
      each(view.substr(0, end), scan.at());
      scan.skip(end + 1);
    } else if (view.size() == scan.left()) {
      return;
    } else if ((look *= 2) > kLongestLine) {
      fail(ExitCode::data, path.string(),
           "has a line that is longer than a step's; is it a ledger?");
    }
  }
}

LedgerEntry entry_of(std::string_view line, const fs::path& path, int64_t number) {
  LedgerEntry entry{-1, {}};
  const char *at = line.data(), *const end = at + line.size();
  for (bool first = true; at < end; first = false) {
    int64_t value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || value < 0 || (next < end && *next != ' ')) break;
    first ? void(entry.step = value) : entry.rows.push_back(value);
    at = next < end ? next + 1 : end;
  }
  if (entry.step < 0 || at < end)
    fail(ExitCode::data, fmt::format("{}:{}", path.string(), number),
         "is no line of a ledger: a step and its rows; is the file whole?");
  return entry;
}

std::vector<fs::path> ledgers_in(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& name : FileSystem::current().list(folder))
    if (name.ends_with(kLedgerEnding)) paths.push_back(folder / name);
  return paths;
}

[[noreturn]] void refuse_step(const fs::path& folder, int64_t step, std::string_view what) {
  fail(ExitCode::data, folder.string(), "step {} {}: the run is not the undisturbed one", step,
       what);
}

// The first of `some` that is not in `others`; both rise.
int64_t first_without(const std::vector<int64_t>& some, const std::vector<int64_t>& others) {
  std::vector<int64_t> left;
  std::set_difference(some.begin(), some.end(), others.begin(), others.end(),
                      std::back_inserter(left));
  return left.empty() ? -1 : left[0];
}

}  // namespace

std::string ledger_name(int rank) { return fmt::format("rows-{:05}{}", rank, kLedgerEnding); }

std::vector<LedgerEntry> read_ledger(const fs::path& path) {
  std::vector<LedgerEntry> entries;
  for_lines(path, [&](std::string_view line, uint64_t) {
    entries.push_back(entry_of(line, path, static_cast<int64_t>(entries.size()) + 1));
  });
  return entries;
}

int64_t ledger_steps(const fs::path& folder) {
  int64_t steps = 0;
  for (const auto& path : ledgers_in(folder)) {
    int64_t number = 0;
    for_lines(path, [&](std::string_view line, uint64_t) {
      steps = std::max(steps, entry_of(line, path, ++number).step + 1);
    });
  }
  return steps;
}

void cut_ledgers(const fs::path& folder, int64_t step) {
  for (const auto& path : ledgers_in(folder)) {
    uint64_t kept = 0;
    int64_t number = 0;
    bool behind = false;  // steps of a file rise
    for_lines(path, [&](std::string_view line, uint64_t begin) {
      behind = behind || entry_of(line, path, ++number).step >= step;
      if (!behind) kept = begin + line.size() + 1;
    });
    std::error_code error;
    fs::resize_file(path, kept, error);
    if (error)
      fail(ExitCode::io, path.string(), "cannot be cut: {}; check its permissions",
           error.message());
  }
}

void check_ledgers(const fs::path& folder, const StepRows& undisturbed, int64_t steps) {
  std::map<int64_t, std::vector<int64_t>> taken;
  for (const auto& path : ledgers_in(folder)) {
    int64_t last = -1;
    for (const auto& entry : read_ledger(path)) {
      if (entry.step <= last)
        refuse_step(path, entry.step, fmt::format("comes behind step {}", last));
      last = entry.step;
      auto& rows = taken[entry.step];
      rows.insert(rows.end(), entry.rows.begin(), entry.rows.end());
    }
  }
  for (int64_t step = 0; step < steps; ++step) {
    auto found = taken.find(step);
    if (found == taken.end()) refuse_step(folder, step, "took no rows");
    std::vector<int64_t> rows = std::move(found->second), expected = undisturbed.of_all(step);
    taken.erase(found);
    std::sort(rows.begin(), rows.end());
    std::sort(expected.begin(), expected.end());
    if (const auto twice = std::adjacent_find(rows.begin(), rows.end()); twice != rows.end())
      refuse_step(folder, step, fmt::format("took row {} twice", *twice));
    if (const int64_t row = first_without(expected, rows); row >= 0)
      refuse_step(folder, step, fmt::format("did not take its row {}", row));
    if (const int64_t row = first_without(rows, expected); row >= 0)
      refuse_step(folder, step, fmt::format("took row {}, which is not its own", row));
  }
  if (!taken.empty()) refuse_step(folder, taken.begin()->first, "is behind the last");
}

void LedgerRows::read_input(size_t column, std::span<const int64_t> rows, void* into) const {
  rows_->read_input(column, rows, into);
  if (column != 0) return;
  const std::lock_guard lock(mutex_);
  read_.insert(read_.end(), rows.begin(), rows.end());
}

void LedgerRows::forget() const {
  const std::lock_guard lock(mutex_);
  read_.clear();
}

void LedgerRows::end_step(int64_t step) const {
  const std::lock_guard lock(mutex_);
  std::sort(read_.begin(), read_.end());  // the parts of a batch come in any order
  FileSystem::current().append(
      path_, fmt::format("{}{}{}\n", step, read_.empty() ? "" : " ", fmt::join(read_, " ")));
  read_.clear();
}

}  // namespace tutti
