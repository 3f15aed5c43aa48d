// A file of data, read piece by piece: no file is ever whole in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tutti {

// What a file was when it was indexed: another size, time or sample is another file.
struct FileStamp {
  uint64_t size = 0;
  int64_t modified = 0;  // nanoseconds since 1970
  uint64_t sample = 0;   // xxh3 of sixteen pieces of 64 KiB; of all of it up to 1 MiB
  bool operator==(const FileStamp&) const = default;
  bool copies(const FileStamp& other) const { return size == other.size && sample == other.sample; }
};

// Open until it is destroyed. Several threads read at once.
class DataFile {
 public:
  // Throws if it is missing, cannot be read or is no regular file.
  explicit DataFile(std::filesystem::path path);
  ~DataFile();
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string where() const { return path_.string(); }
  uint64_t size() const { return size_; }
  int64_t modified() const { return modified_; }
  // Throws, naming file and byte, if these bytes are not all there.
  void read(uint64_t offset, std::span<char> into) const;
  FileStamp stamp() const;       // reads the sample
  static uint64_t bytes_read();  // by all of this process

 private:
  std::filesystem::path path_;
  int handle_ = -1;
  uint64_t size_ = 0;
  int64_t modified_ = 0;
};

// The bytes of a file from its beginning, in one pass and little memory.
class FileScan {
 public:
  explicit FileScan(const DataFile& file) : file_(file) {}

  uint64_t at() const { return at_; }
  uint64_t left() const { return file_.size() - at_; }
  // The next bytes, `count` or as many as are left, without passing them. They live until the next
  // call.
  std::string_view peek(uint64_t count);
  void skip(uint64_t count) { at_ += count; }  // at most left()

 private:
  const DataFile& file_;
  std::vector<char> buffer_;
  uint64_t at_ = 0;                // in the file
  uint64_t begin_ = 0, have_ = 0;  // what the buffer holds of it
};

}  // namespace tutti
