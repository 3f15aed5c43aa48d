// Where the records of a data file are, found once and kept in a file of its own, with a checksum
// of each: what is read later is what was indexed, or an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "io/sharded/data_file.h"

namespace tutti {

// A record that cannot be used, where others of its file can: whether that ends a training is its
// choice (ShardedRows). Every other error does.
class BadRecord : public Error {
 public:
  explicit BadRecord(const std::string& message) : Error(message, ExitCode::data) {}
};

class IndexWriter;

// How a kind of file holds records.
class RecordFraming {
 public:
  virtual ~RecordFraming() = default;
  // The kind, and all that decides where its records are: "csv ',' header".
  virtual std::string name() const = 0;
  // Names all records of a file, in order. Throws, naming file and byte, where they cannot be told
  // apart.
  virtual void scan(const DataFile& file, IndexWriter& index) const = 0;
};

class IndexWriter {
 public:
  // A record of these bytes of the file.
  virtual void add(uint64_t offset, std::string_view bytes) = 0;
  // Instead: `rows` records of `stride` bytes each, the first at `begin`, all in the file.
  virtual void add_rows(uint64_t begin, uint64_t stride, int64_t rows) = 0;

 protected:
  ~IndexWriter() = default;
};

struct IndexOptions {
  std::filesystem::path folder;  // where indexes are kept: the run's or a cache, never the data's
  bool build = true;             // one rank's work; others come when it is done
};

class DataIndex {
 public:
  // That of the file, made where there is none or it is damaged, of another framing or of another
  // stamp. Where it is not to be built the file may be a copy, with a time of its own; throws for
  // another one, and where there is no index.
  static DataIndex load_or_build(const DataFile& file, const RecordFraming& framing,
                                 const IndexOptions& options);
  DataIndex(DataIndex&&) noexcept;
  ~DataIndex();

  int64_t records() const { return records_; }
  const FileStamp& stamp() const { return stamp_; }
  uint64_t content() const { return content_; }  // equal for equal records, whatever the time says
  // The stored bytes of a record, in `buffer`, compared with its checksum. Throws BadRecord.
  std::string_view read(const DataFile& file, int64_t record, std::vector<char>& buffer) const;
  // The same, there: as many bytes as the record has.
  void read_into(const DataFile& file, int64_t record, std::span<char> into) const;
  uint64_t offset_of(int64_t record) const;

 private:
  struct Mapping;
  struct Stored;  // where a record lies
  DataIndex();
  Stored stored(int64_t record) const;
  void read_stored(const DataFile& file, int64_t record, const Stored& place,
                   std::span<char> into) const;
  static std::optional<DataIndex> load(const std::filesystem::path& path, const std::string& file,
                                       const std::string& framing);
  static void build(const DataFile& file, const RecordFraming& framing, const std::string& name,
                    const std::filesystem::path& path);

  std::unique_ptr<Mapping> mapping_;
  FileStamp stamp_;
  uint64_t content_ = 0, begin_ = 0, stride_ = 0;
  int64_t records_ = 0, rows_a_sum_ = 1;
};

}  // namespace tutti
