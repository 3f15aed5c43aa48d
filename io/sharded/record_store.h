// Records of a data set by their number, wherever they lie.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/sharded/data_index.h"

namespace tutti {

// What a file of the data was: a checkpoint keeps these, and an exact resume compares them.
struct DataStamp {
  std::string file;
  FileStamp stamp;
  int64_t records = 0;
  uint64_t content = 0;  // of the records: a copy of the file has the same
};

// Throws, naming the first file that is missing, was added or has other content or another place.
void check_same_data(const std::vector<DataStamp>& before, const std::vector<DataStamp>& now);

// Several threads read at once.
class RecordStore {
 public:
  virtual ~RecordStore() = default;
  virtual int64_t records() const = 0;
  // Its bytes, in `buffer`. Throws BadRecord for a record that is not what it was, Error where
  // reading itself fails.
  virtual std::string_view read(int64_t record, std::vector<char>& buffer) const = 0;
  // The same of a record that has as many bytes as `into`, there.
  virtual void read_into(int64_t record, std::span<char> into) const = 0;
  virtual std::string place(int64_t record) const = 0;  // "[train-3.csv record 7 (byte 812)]"
  virtual std::vector<DataStamp> stamps() const = 0;
};

// The files that `path` names: a file, all of a folder with one of these endings, or a pattern of
// names (`*` and `?`, in the last part), by name. Names that count themselves as TensorFlow's do
// ("-00003-of-00128") are all there: a missing one is an error that names it.
std::vector<std::filesystem::path> shard_files(const std::filesystem::path& path,
                                               const std::vector<std::string>& endings);

// Files of records, one after the other. Each is indexed once, a gzip file unpacked first; few of
// many are open at a time.
class ShardFiles final : public RecordStore {
 public:
  ShardFiles(std::vector<std::filesystem::path> files, std::shared_ptr<const RecordFraming> framing,
             const IndexOptions& options);

  int64_t records() const override { return first_.back(); }
  std::string_view read(int64_t record, std::vector<char>& buffer) const override;
  void read_into(int64_t record, std::span<char> into) const override;
  std::string place(int64_t record) const override;
  std::vector<DataStamp> stamps() const override;
  const std::vector<std::filesystem::path>& files() const { return files_; }
  const std::filesystem::path& read_from(size_t file) const { return read_from_[file]; }
  size_t file_of(int64_t record) const;  // its place in files()

 private:
  static constexpr size_t kMostOpen = 256;

  // Calls it with the index of the record's file, the file, and its number there.
  template <typename Read>
  auto at_file(int64_t record, const Read& read) const;
  std::shared_ptr<const DataFile> open(size_t file) const;

  std::vector<std::filesystem::path> files_, read_from_;  // the latter of unpacked ones
  std::vector<DataIndex> indexes_;
  std::vector<int64_t> first_;  // record of each file, and the end
  mutable std::mutex mutex_;    // of these
  mutable std::vector<std::shared_ptr<const DataFile>> open_;
  mutable std::vector<size_t> opened_;  // in the order in which they were
};

// Files each of which is a record: the pictures of a folder.
class RecordFiles final : public RecordStore {
 public:
  // `folder`: what errors and the stamp call them. No file is larger than `limit` bytes. Its
  // content is their names, their sizes and a piece of each, where they are very many of every so
  // many.
  RecordFiles(std::filesystem::path folder, std::vector<std::filesystem::path> files,
              uint64_t limit);

  int64_t records() const override { return static_cast<int64_t>(files_.size()); }
  std::string_view read(int64_t record, std::vector<char>& buffer) const override;
  void read_into(int64_t record, std::span<char> into) const override;
  std::string place(int64_t record) const override;
  std::vector<DataStamp> stamps() const override { return {stamp_}; }

 private:
  std::vector<std::filesystem::path> files_;
  std::vector<uint64_t> sizes_;
  DataStamp stamp_;
};

}  // namespace tutti
