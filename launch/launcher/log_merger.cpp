#include "launch/launcher/log_merger.h"

#include <fmt/format.h>

namespace tutti::launch {

void LogMerger::take(int rank, const std::string& host, const control::LogLines& lines) {
  const std::string prefix = rank == 0 ? "" : fmt::format("{}:{}| ", host, rank);
  for (const control::LogLine& line : lines.lines()) {
    if (rank == 0 && !line.error() && line.text().starts_with("parameters "))
      parameters_ = line.text();
    else
      print_(line.error(), prefix + line.text());
  }
  if (lines.left_out() > 0)
    print_(true, fmt::format("{}:{}| {} lines came too fast and are left out", host, rank,
                             lines.left_out()));
}

void LogMerger::done() {
  if (!parameters_.empty()) print_(false, parameters_);
  parameters_.clear();
}

}  // namespace tutti::launch
