// Files, as a seam: FileSystem::current() is the machine's, or a test's that fails where it is told
// to. Every error names the path and ends a program with ExitCode::data (reading) or ExitCode::io
// (the rest).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/seam.h"

namespace tutti {

// Holds a directory until it is destroyed or the process ends, however it ends.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

class FileSystem : public Seam<FileSystem> {
 public:
  using Path = std::filesystem::path;
  static constexpr uint64_t kReadLimit = uint64_t{1} << 40;

  virtual ~FileSystem() = default;
  // The whole file. Throws if it is missing, no regular file, or larger than `limit` bytes.
  virtual std::string read(const Path& path, uint64_t limit = kReadLimit) = 0;
  // Readers see the old content or the new, also after a crash: temporary file, fsync, rename,
  // fsync of the directory.
  virtual void write_atomically(const Path& path, std::string_view content) = 0;
  virtual void append(const Path& path, std::string_view content) = 0;
  virtual std::vector<std::string> list(const Path& directory) = 0;  // names, sorted
  virtual bool exists(const Path& path) = 0;
  virtual void make_directories(const Path& path) = 0;
  virtual void remove(
      const Path& path) = 0;  // a file, or a directory with all in it; missing is fine
  // Throws, naming the process that holds it, if the directory is locked by another.
  virtual std::unique_ptr<DirectoryLock> lock(const Path& directory) = 0;

  static FileSystem& real();
};

}  // namespace tutti
