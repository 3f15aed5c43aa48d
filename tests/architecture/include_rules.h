// Includes point one way: base <- device <- tensor <- graph <- ops <- {kernels, layers, ...} <-
// model; io, distributed and scheduler include core and never each other; launch wires everything.
#pragma once

#include <map>
#include <regex>
#include <set>

#include "tests/architecture/source_tree.h"

namespace tutti::architecture {

struct Include {
  std::string path;
  bool angled;  // <path>, not "path"
  int line;
};

inline std::vector<Include> includes_of(const std::string& text) {
  static const std::regex pattern(R"(^\s*#\s*include\s*([<"])([^">]+)[">])");
  std::vector<Include> found;
  int number = 0;
  for (const std::string& line : lines_of(text)) {
    ++number;
    std::smatch match;
    if (std::regex_search(line, match, pattern))
      found.push_back({match[2], match[1] == "<", number});
  }
  return found;
}

// A folder may include those of lower ranks, and itself. Equal ranks do not include each other.
inline const std::map<std::string, int>& core_ranks() {
  static const std::map<std::string, int> ranks = {
      {"core/base", 0},        {"core/device", 1},       {"core/tensor", 2},
      {"core/graph", 3},       {"core/ops", 4},          {"core/kernels", 5},
      {"core/activations", 5}, {"core/initializers", 5}, {"core/regularizers", 5},
      {"core/constraints", 5}, {"core/layers", 6},       {"core/optimizers", 6},
      {"core/losses", 7},      {"core/metrics", 8},      {"core/callbacks", 8},
      {"core/model", 9},       {"core/explain", 10},
  };
  return ranks;
}

// "core/ops" of "core/ops/elementwise/relu.h", "io" of "io/csv.h".
inline std::string part_of(const std::string& path) {
  const size_t first = path.find('/');
  if (first == std::string::npos) return "";
  if (!path.starts_with("core/")) return path.substr(0, first);
  return path.substr(0, path.find('/', first + 1));
}

// Why `from` may not include the project's `to`; empty when it may.
inline std::string forbidden_include(const std::string& from, const std::string& to) {
  const std::string source = part_of(from);
  const std::string target = part_of(to);
  if (source == target || source == "tests" || source == "benchmarks") return "";
  if (target == "tests" || target == "benchmarks") return source + " includes " + target;
  if (target == "core/kernels") return "kernels are leaves: nobody includes them";
  const auto& ranks = core_ranks();
  if (source.starts_with("core/")) {
    if (!target.starts_with("core/")) return "core includes nothing outside core";
    if (!ranks.contains(source)) return source + " has no rank: add it to core_ranks()";
    if (!ranks.contains(target)) return target + " has no rank: add it to core_ranks()";
    if (ranks.at(target) < ranks.at(source)) return "";
    return source + " stands below " + target + " or beside it";
  }
  if (source == "launch" || target.starts_with("core/")) return "";
  return source + " includes core alone";
}

// Headers of other people that only some folders may name.
inline std::string forbidden_library(const std::string& from, const std::string& header) {
  static const std::vector<std::pair<std::regex, std::vector<std::string>>> rooms = {
      {std::regex("^(oneapi/)?(dnnl|onednn)"), {"core/device/", "core/kernels/"}},
      {std::regex("^(cuda|cublas|cudnn|curand|cusolver|cusparse|nvrtc|nvtx|nvToolsExt|cooperative_"
                  "groups|cub/|thrust/)"),
       {"core/device/cuda/", "core/kernels/cuda/", "distributed/nccl/"}},
      {std::regex("^mpi(-ext)?\\.h$"), {"distributed/mpi/"}},
      {std::regex("^nccl"), {"distributed/nccl/"}},
      {std::regex("^(Eigen/|nlopt)"), {"scheduler/"}},
  };
  if (from.starts_with("tests/") || from.starts_with("benchmarks/")) return "";
  for (const auto& [pattern, folders] : rooms) {
    if (std::regex_search(header, pattern) && !starts_with_any(from, folders)) {
      return "<" + header + "> belongs below " + folders.front() + " and its like";
    }
  }
  return "";
}

inline std::vector<Breach> include_breaches(const std::vector<TextFile>& files) {
  static const std::vector<std::string> tops = {
      "core/", "distributed/", "io/", "scheduler/", "launch/", "tests/", "benchmarks/"};
  std::vector<Breach> breaches;
  for (const TextFile& file : files) {
    if (!is_cpp(file.path)) continue;
    for (const Include& include : includes_of(file.text)) {
      std::string why = forbidden_library(file.path, include.path);
      const bool ours = starts_with_any(include.path, tops);
      if (why.empty() && ours) why = forbidden_include(file.path, include.path);
      if (why.empty() && !ours && !include.angled && !include.path.starts_with("tutti/")) {
        why = "\"" + include.path + "\" is not written from the repository's root";
      }
      if (!why.empty()) breaches.push_back({file.path, include.line, why});
    }
  }
  return breaches;
}

// A source includes its own header first, so that a build without unity files proves that the
// header stands alone.
inline std::vector<Breach> own_header_breaches(const std::vector<TextFile>& files) {
  std::set<std::string> headers;
  for (const TextFile& file : files)
    if (file.path.ends_with(".h")) headers.insert(file.path);
  std::vector<Breach> breaches;
  for (const TextFile& file : files) {
    if (!file.path.ends_with(".cpp")) continue;
    const std::string own = file.path.substr(0, file.path.size() - 3) + "h";
    if (!headers.contains(own)) continue;
    const auto includes = includes_of(file.text);
    if (includes.empty() || includes[0].path != own)
      breaches.push_back({file.path, includes.empty() ? 0 : includes[0].line,
                          "does not include its own header first"});
  }
  return breaches;
}

// Follows includes depth first; a file that is met again on its own path closes a circle.
class CircleSearch {
 public:
  explicit CircleSearch(const std::vector<TextFile>& files) {
    for (const TextFile& file : files) {
      if (!is_cpp(file.path)) continue;
      for (const Include& include : includes_of(file.text)) edges_[file.path].push_back(include);
    }
  }

  std::vector<Breach> run() {
    for (const auto& [path, includes] : edges_) visit(path);
    return breaches_;
  }

 private:
  void visit(const std::string& path) {
    if (done_.contains(path) || !edges_.contains(path)) return;
    open_.insert(path);
    for (const Include& include : edges_.at(path)) {
      if (open_.contains(include.path)) {
        breaches_.push_back({path, include.line, "closes a circle with " + include.path});
      } else {
        visit(include.path);
      }
    }
    open_.erase(path);
    done_.insert(path);
  }

  std::map<std::string, std::vector<Include>> edges_;
  std::set<std::string> open_, done_;
  std::vector<Breach> breaches_;
};

}  // namespace tutti::architecture
