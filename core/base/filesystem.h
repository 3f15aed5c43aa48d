// Files, as a seam: FileSystem::current() is the machine's, or a test's that fails where it is told
// to. Every error names the path and ends a program with ExitCode::data (reading) or ExitCode::io
// (the rest).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/seam.h"

namespace tutti {

// A file that is being written. What was written is sure to be on the disk once sync() returned.
class OutputFile {
 public:
  virtual ~OutputFile() = default;  // closes it, without a word if that fails
  virtual void write(std::string_view content) = 0;
  virtual void sync() = 0;
  virtual void close() = 0;
};

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
  // Bytes of a file into memory, from `offset` on. Throws if they are not all there.
  virtual void read_part(const Path& path, uint64_t offset, std::span<std::byte> into) = 0;
  virtual uint64_t size(const Path& path) = 0;  // of a file
  // Readers see the old content or the new, also after a crash: temporary file, fsync, rename,
  // fsync of the directory.
  void write_atomically(const Path& path, std::string_view content);
  // A new file; one that is there is emptied, a link refused. `named`: what errors call it.
  virtual std::unique_ptr<OutputFile> create(const Path& path, const Path& named) = 0;
  std::unique_ptr<OutputFile> create(const Path& path) { return create(path, path); }
  virtual void append(const Path& path, std::string_view content) = 0;
  // A file that grows, made if missing: each write goes behind all that is there by then.
  virtual std::unique_ptr<OutputFile> extend(const Path& path) = 0;
  virtual void truncate(const Path& path, uint64_t size) = 0;  // what is behind is gone
  virtual void rename(const Path& from, const Path& to) = 0;   // takes the place of a file there
  // A symbolic link, made at one stroke; false, and nothing done, if its name is taken.
  virtual bool make_link(const Path& link, const Path& target) = 0;
  virtual Path link_target(const Path& link) = 0;  // "": there is no link of that name
  // Names in it that were made, renamed or removed are then sure to be on the disk.
  virtual void sync_directory(const Path& directory) = 0;
  virtual std::vector<std::string> list(const Path& directory) = 0;  // names, sorted
  virtual bool exists(const Path& path) = 0;
  virtual void make_directories(const Path& path) = 0;  // on the disk, too
  virtual void remove(
      const Path& path) = 0;  // a file, or a directory with all in it; missing is fine
  // Throws, naming the process that holds it, if the directory is locked by another.
  virtual std::unique_ptr<DirectoryLock> lock(const Path& directory) = 0;

  static FileSystem& real();
};

}  // namespace tutti
