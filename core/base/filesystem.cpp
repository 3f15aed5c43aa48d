#include "core/base/filesystem.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/directory_lease.h"
#include "core/base/error.h"

namespace tutti {
namespace {

using Path = FileSystem::Path;

[[noreturn]] void fail_file(ExitCode code, const Path& path, std::string_view what, int error) {
  const char* remedy = error == ENOENT                      ? "check the path"
                       : error == EACCES || error == EPERM  ? "check its permissions"
                       : error == ENOSPC || error == EDQUOT ? "free some space"
                                                            : "check the file system";
  fail(code, path.string(), "cannot {}: {}; {}", what, std::strerror(error), remedy);
}

class FileHandle {
 public:
  FileHandle(const Path& path, int flags, ExitCode code, const char* what)
      : FileHandle(path, flags, code, what, path) {}
  // `named`: what an error calls the file.
  FileHandle(const Path& path, int flags, ExitCode code, const char* what, const Path& named) {
    do handle_ = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
    while (handle_ < 0 && errno == EINTR);
    if (handle_ < 0) fail_file(code, named, what, errno);
  }
  ~FileHandle() { close(); }
  int close() { return handle_ >= 0 ? ::close(std::exchange(handle_, -1)) : 0; }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  operator int() const { return handle_; }

 private:
  int handle_;
};

void write_all(int handle, const Path& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(handle, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_file(ExitCode::io, path, "write", errno);
    content.remove_prefix(static_cast<size_t>(written));
  }
}

void sync_file(int handle, const Path& path) {
  // Some file systems refuse to sync a directory; they have nothing to sync then.
  if (::fsync(handle) != 0 && errno != EINVAL) fail_file(ExitCode::io, path, "sync", errno);
}

class PosixOutputFile final : public OutputFile {
 public:
  PosixOutputFile(const Path& path, int flags, const Path& named)
      : named_(named), file_(path, O_WRONLY | O_CREAT | flags, ExitCode::io, "write", named) {}
  void write(std::string_view content) override { write_all(file_, named_, content); }
  void sync() override { sync_file(file_, named_); }
  void close() override {
    if (file_.close() != 0) fail_file(ExitCode::io, named_, "close", errno);
  }

 private:
  Path named_;
  FileHandle file_;
};

class PosixFileSystem final : public FileSystem {
 public:
  std::string read(const Path& path, uint64_t limit) override {
    const FileHandle file(path, O_RDONLY, ExitCode::data, "open");
    struct stat info {};
    if (::fstat(file, &info) != 0) fail_file(ExitCode::data, path, "open", errno);
    if (!S_ISREG(info.st_mode))
      fail(ExitCode::data, path.string(), "is not a file; give the path of a file");
    // The size may be wrong (/proc) or change while we read: it is only where to begin.
    std::string content(std::min(static_cast<uint64_t>(info.st_size), limit) + 1, '\0');
    size_t filled = 0;
    for (;;) {
      const ssize_t got = ::read(file, content.data() + filled, content.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail_file(ExitCode::data, path, "read", errno);
      if (got == 0) break;
      filled += static_cast<size_t>(got);
      if (filled > limit)
        fail(ExitCode::data, path.string(), "is larger than {} bytes; give a smaller file", limit);
      if (filled == content.size()) content.resize(2 * filled);
    }
    content.resize(filled);
    return content;
  }

  void read_part(const Path& path, uint64_t offset, std::span<std::byte> into) override {
    const FileHandle file(path, O_RDONLY, ExitCode::data, "open");
    for (size_t filled = 0; filled < into.size();) {
      const ssize_t got = ::pread(file, into.data() + filled, into.size() - filled,
                                  static_cast<off_t>(offset + filled));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail_file(ExitCode::data, path, "read", errno);
      if (got == 0)
        fail(ExitCode::data, path.string(), "ends at byte {} of {}; it was cut, write it again",
             offset + filled, offset + into.size());
      filled += static_cast<size_t>(got);
    }
  }

  uint64_t size(const Path& path) override {
    std::error_code error;
    const uint64_t bytes = std::filesystem::file_size(path, error);
    if (error) fail_file(ExitCode::data, path, "read the size", error.value());
    return bytes;
  }

  std::unique_ptr<OutputFile> create(const Path& path, const Path& named) override {
    return std::make_unique<PosixOutputFile>(path, O_TRUNC | O_NOFOLLOW, named);
  }

  void append(const Path& path, std::string_view content) override {
    write_all(FileHandle(path, O_WRONLY | O_CREAT | O_APPEND, ExitCode::io, "write"), path,
              content);
  }

  std::unique_ptr<OutputFile> extend(const Path& path) override {
    return std::make_unique<PosixOutputFile>(path, O_APPEND, path);
  }

  void truncate(const Path& path, uint64_t size) override {
    if (::truncate(path.c_str(), static_cast<off_t>(size)) != 0)
      fail_file(ExitCode::io, path, "cut", errno);
  }

  void rename(const Path& from, const Path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) fail_file(ExitCode::io, to, "replace", errno);
  }

  bool make_link(const Path& link, const Path& target) override {
    if (::symlink(target.c_str(), link.c_str()) == 0) return true;
    if (errno != EEXIST) fail_file(ExitCode::io, link, "make the link", errno);
    return false;
  }

  Path link_target(const Path& link) override {
    std::error_code error;
    const Path target = std::filesystem::read_symlink(link, error);
    return error ? Path() : target;
  }

  void sync_directory(const Path& directory) override {
    sync_file(FileHandle(directory, O_RDONLY | O_DIRECTORY, ExitCode::io, "sync"), directory);
  }

  std::vector<std::string> list(const Path& directory) override {
    std::error_code error;
    std::filesystem::directory_iterator at(directory, error);
    std::vector<std::string> names;
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error))
      names.push_back(at->path().filename().string());
    if (error) fail_file(ExitCode::data, directory, "list", error.value());
    std::sort(names.begin(), names.end());
    return names;
  }

  bool exists(const Path& path) override {
    std::error_code error;
    return std::filesystem::exists(path, error);
  }

  void make_directories(const Path& path) override {
    std::error_code error;
    std::vector<Path> grown;  // the folders that get a new one
    for (Path at = path;
         !at.empty() && !std::filesystem::exists(at, error) && at.has_relative_path();
         at = at.parent_path())
      grown.push_back(at.has_parent_path() ? at.parent_path() : Path("."));
    std::filesystem::create_directories(path, error);
    if (error) fail_file(ExitCode::io, path, "make the directory", error.value());
    for (const Path& folder : grown) sync_directory(folder);
  }

  void remove(const Path& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) fail_file(ExitCode::io, path, "remove", error.value());
  }

  std::unique_ptr<DirectoryLock> lock(const Path& directory) override {
    return std::make_unique<DirectoryLease>(directory, lease_place(directory));
  }
};

}  // namespace

void FileSystem::write_atomically(const Path& path, std::string_view content) {
  static std::atomic<int> serial{0};
  const Path directory = path.has_parent_path() ? path.parent_path() : Path(".");
  const Path temporary = directory / fmt::format(".{}.{}.{}.tmp", path.filename().string(),
                                                 ::getpid(), serial.fetch_add(1));
  try {
    const auto file = create(temporary, path);
    file->write(content);
    file->sync();
    file->close();
    rename(temporary, path);
  } catch (...) {
    try {
      remove(temporary);
    } catch (const Error&) {  // the first failure is the one to tell
    }
    throw;
  }
  sync_directory(directory);
}

FileSystem& FileSystem::real() {
  static PosixFileSystem files;
  return files;
}

}  // namespace tutti
