// Several files in one input, for readers of folders and archives: each part begins with a line
// "=== name".
#pragma once

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/filesystem.h"

namespace tutti::fuzz {

inline std::vector<std::pair<std::string, std::string>> parts_of(std::string_view bytes) {
  constexpr std::string_view kMark = "=== ";
  std::vector<std::pair<std::string, std::string>> parts;
  for (size_t at = bytes.find(kMark); at != std::string_view::npos;) {
    const size_t name = at + kMark.size(), end = bytes.find('\n', name);
    if (end == std::string_view::npos) break;
    at = bytes.find("\n=== ", end);
    const size_t stop = std::min(at, bytes.size());
    if (at != std::string_view::npos) ++at;
    const size_t begin = std::min(end + 1, stop);
    parts.emplace_back(bytes.substr(name, end - name), bytes.substr(begin, stop - begin));
  }
  return parts;
}

// A machine whose only files are these.
class FewFiles final : public FileSystem {
 public:
  explicit FewFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  std::string read(const Path& path, uint64_t limit) override {
    const auto found = files_.find(path.string());
    if (found == files_.end() || found->second.size() > limit)
      fail(ExitCode::data, path.string(), "cannot be read; check the path");
    return found->second;
  }
  std::vector<std::string> list(const Path& directory) override {
    std::vector<std::string> names;
    for (const auto& [path, content] : files_)
      if (Path(path).parent_path() == directory) names.push_back(Path(path).filename().string());
    return names;
  }
  bool exists(const Path& path) override {
    const std::string inside = path.string() + "/";
    const auto next = files_.lower_bound(inside);
    return files_.contains(path.string()) ||
           (next != files_.end() && next->first.starts_with(inside));
  }
  void read_part(const Path& path, uint64_t offset, std::span<std::byte> into) override {
    const std::string all = read(path, kReadLimit);
    if (offset > all.size() || into.size() > all.size() - offset)
      fail(ExitCode::data, path.string(), "is cut; write it again");
    std::memcpy(into.data(), all.data() + offset, into.size());
  }
  uint64_t size(const Path& path) override { return read(path, kReadLimit).size(); }
  std::unique_ptr<OutputFile> create(const Path& path, const Path&) override { read_only(path); }
  std::unique_ptr<OutputFile> extend(const Path& path) override { read_only(path); }
  bool make_link(const Path& link, const Path&) override { read_only(link); }
  Path link_target(const Path&) override { return {}; }
  void truncate(const Path& path, uint64_t) override { read_only(path); }
  void rename(const Path& from, const Path&) override { read_only(from); }
  void sync_directory(const Path& directory) override { read_only(directory); }
  void append(const Path& path, std::string_view) override { read_only(path); }
  void make_directories(const Path& path) override { read_only(path); }
  void remove(const Path& path) override { read_only(path); }
  std::unique_ptr<DirectoryLock> lock(const Path& directory) override { read_only(directory); }

 private:
  [[noreturn]] static void read_only(const Path&) { std::abort(); }  // a reader wrote
  std::map<std::string, std::string> files_;
};

}  // namespace tutti::fuzz
