#include "io/sharded/data_index.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "io/sharded/data_index.pb.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

// An index is a table, an IndexEnd, and this.
struct Trailer {
  uint64_t table_sum, end_sum, end_bytes;
  char magic[8];
};
constexpr char kIndexMagic[9] = "tuttiIX1";

struct Entry {
  uint64_t offset;
  uint32_t bytes, sum;
};

constexpr uint64_t kSummedBytes = 512;  // rows that are shorter share a checksum
constexpr uint64_t kMostStored = uint64_t{1} << 31;
constexpr size_t kFlushBytes = size_t{1} << 20;

uint32_t sum_of(std::string_view bytes) {
  return static_cast<uint32_t>(hash64(bytes.data(), bytes.size()));
}

// Writes the table to a file as it grows.
class IndexTable final : public IndexWriter {
 public:
  IndexTable(const DataFile& file, fs::path path) : file_(file), path_(std::move(path)) {}

  void add(uint64_t offset, std::string_view bytes) override {
    if (bytes.size() > kMostStored)
      fail(ExitCode::data, file_.where(), "record {} (byte {}) has {} bytes; at most {} are read",
           records_, offset, bytes.size(), kMostStored);
    put(Entry{offset, static_cast<uint32_t>(bytes.size()), sum_of(bytes)});
    ++records_;
  }
  void add_rows(uint64_t begin, uint64_t stride, int64_t rows) override {
    begin_ = begin, stride_ = stride, records_ = rows;
    rows_a_sum_ = std::max<uint64_t>(1, kSummedBytes / stride);
    FileScan scan(file_);
    scan.skip(begin);
    for (uint64_t left = static_cast<uint64_t>(rows) * stride; left > 0;) {
      const std::string_view bytes = scan.peek(std::min(left, rows_a_sum_ * stride));
      put(sum_of(bytes));
      scan.skip(bytes.size());
      left -= bytes.size();
    }
  }
  void finish(sharded::IndexEnd end) {
    end.set_records(static_cast<uint64_t>(records_));
    end.set_begin(begin_), end.set_stride(stride_), end.set_rows_a_sum(rows_a_sum_);
    end.set_content(content_.digest());
    const std::string bytes = end.SerializeAsString();
    Trailer trailer{table_.digest(), hash64(bytes.data(), bytes.size()), bytes.size(), {}};
    std::memcpy(trailer.magic, kIndexMagic, sizeof trailer.magic);
    pending_ += bytes;
    pending_.append(reinterpret_cast<const char*>(&trailer), sizeof trailer);
    flush();
  }

 private:
  void put(const Entry& entry) {
    content_.update(&entry.bytes, sizeof entry.bytes + sizeof entry.sum);
    put_bytes(&entry, sizeof entry);
  }
  void put(uint32_t sum) {
    content_.update(&sum, sizeof sum);
    put_bytes(&sum, sizeof sum);
  }
  void put_bytes(const void* bytes, size_t count) {
    table_.update(bytes, count);
    pending_.append(static_cast<const char*>(bytes), count);
    if (pending_.size() >= kFlushBytes) flush();
  }
  void flush() {
    FileSystem::current().append(path_, pending_);
    pending_.clear();
  }

  const DataFile& file_;
  fs::path path_;
  std::string pending_;
  Hasher table_, content_;
  int64_t records_ = 0;
  uint64_t begin_ = 0, stride_ = 0, rows_a_sum_ = 1;
};

fs::path index_path(const fs::path& folder, const fs::path& file, const std::string& framing) {
  const std::string named = file.string() + '\0' + framing;
  return folder / fmt::format("{}.{}.index", file.filename().string(),
                              hex16(hash64(named.data(), named.size())));
}

}  // namespace

struct DataIndex::Mapping {
  explicit Mapping(const fs::path& path) {
    const int handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (handle < 0) return;
    struct stat info {};
    if (::fstat(handle, &info) == 0 && info.st_size > 0) {
      size = static_cast<size_t>(info.st_size);
      void* at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, handle, 0);
      if (at != MAP_FAILED) bytes = static_cast<const char*>(at);
    }
    ::close(handle);
  }
  ~Mapping() {
    if (bytes) ::munmap(const_cast<char*>(bytes), size);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  template <typename T>
  T get(uint64_t index) const {
    T value;
    std::memcpy(&value, bytes + index * sizeof(T), sizeof(T));
    return value;
  }

  const char* bytes = nullptr;
  size_t size = 0;
};

DataIndex::DataIndex() = default;
DataIndex::DataIndex(DataIndex&&) noexcept = default;
DataIndex::~DataIndex() = default;

std::optional<DataIndex> DataIndex::load(const fs::path& path, const std::string& file,
                                         const std::string& framing) {
  auto mapping = std::make_unique<Mapping>(path);
  Trailer trailer;
  if (!mapping->bytes || mapping->size < sizeof trailer) return {};
  size_t left = mapping->size - sizeof trailer;
  std::memcpy(&trailer, mapping->bytes + left, sizeof trailer);
  if (std::memcmp(trailer.magic, kIndexMagic, sizeof trailer.magic) != 0 ||
      trailer.end_bytes > std::min<size_t>(left, size_t{1} << 20))
    return {};
  left -= trailer.end_bytes;
  sharded::IndexEnd end;
  if (hash64(mapping->bytes + left, trailer.end_bytes) != trailer.end_sum ||
      !end.ParseFromArray(mapping->bytes + left, static_cast<int>(trailer.end_bytes)) ||
      hash64(mapping->bytes, left) != trailer.table_sum || end.file() != file ||
      end.framing() != framing)
    return {};
  const uint64_t together = std::max<uint64_t>(1, end.rows_a_sum());
  const uint64_t table = end.stride() == 0 ? end.records() * sizeof(Entry)
                                           : (end.records() + together - 1) / together * 4;
  if (end.records() > (uint64_t{1} << 48) || table != left) return {};
  DataIndex index;
  index.mapping_ = std::move(mapping);
  index.stamp_ = {end.size(), static_cast<int64_t>(end.modified()), end.sample()};
  index.content_ = end.content(), index.begin_ = end.begin(), index.stride_ = end.stride();
  index.records_ = static_cast<int64_t>(end.records());
  index.rows_a_sum_ = static_cast<int64_t>(together);
  return index;
}

void DataIndex::build(const DataFile& file, const RecordFraming& framing, const std::string& name,
                      const fs::path& path) {
  FileSystem& files = FileSystem::current();
  files.make_directories(path.parent_path());
  const fs::path temporary = fmt::format("{}.{}.tmp", path.string(), ::getpid());
  files.remove(temporary);
  try {
    const FileStamp stamp = file.stamp();
    sharded::IndexEnd end;
    end.set_file(name), end.set_framing(framing.name()), end.set_size(stamp.size);
    end.set_modified(static_cast<uint64_t>(stamp.modified)), end.set_sample(stamp.sample);
    IndexTable table(file, temporary);
    framing.scan(file, table);
    table.finish(end);
    if (DataFile(file.path()).stamp() != stamp)
      fail(ExitCode::data, file.where(), "changed while it was indexed; begin when it is written");
    // No fsync: a torn index is known by its sums, and made again.
    std::error_code error;
    fs::rename(temporary, path, error);
    if (error) fail(ExitCode::io, path.string(), "cannot be written: {}", error.message());
  } catch (...) {
    files.remove(temporary);
    throw;
  }
}

DataIndex DataIndex::load_or_build(const DataFile& file, const RecordFraming& framing,
                                   const IndexOptions& options) {
  std::error_code unseen;
  const std::string name = fs::weakly_canonical(file.path(), unseen).string(),
                    kind = framing.name();
  // Its name would make it one of the shards of a folder.
  if (options.folder.empty() ||
      fs::equivalent(options.folder, fs::path(name).parent_path(), unseen))
    fail(ExitCode::usage, options.folder.string(),
         "the index of {} is kept beside no data; give another folder", file.where());
  const fs::path path = index_path(options.folder, name, kind);
  const FileStamp stamp = file.stamp();
  for (bool built = false;; built = true) {
    auto index = load(path, name, kind);
    // Another host's copy has a time of its own; what it holds, each record's checksum says.
    const bool same =
        index && (index->stamp_ == stamp || (!options.build && stamp.copies(index->stamp_)));
    if (same) {
      index->stamp_ = stamp;
      return std::move(*index);
    }
    if (built) fail(ExitCode::io, path.string(), "does not hold what was written; check the disk");
    if (!options.build)
      fail(ExitCode::data, file.where(), "{} in {}; {}",
           index ? "is not the file that was indexed" : "has no index", options.folder.string(),
           index ? "give every host the same data" : "let one rank make it first");
    build(file, framing, name, path);
  }
}

uint64_t DataIndex::offset_of(int64_t record) const {
  const auto at = static_cast<uint64_t>(record);
  return stride_ > 0 ? begin_ + at * stride_ : mapping_->get<Entry>(at).offset;
}

// Rows that share a checksum are read together.
struct DataIndex::Stored {
  uint64_t offset = 0, bytes = 0;  // of what has the checksum
  uint64_t skip = 0, taken = 0;    // the record in it
  uint32_t sum = 0;
};

DataIndex::Stored DataIndex::stored(int64_t record) const {
  if (stride_ == 0) {
    const auto entry = mapping_->get<Entry>(static_cast<uint64_t>(record));
    return {entry.offset, entry.bytes, 0, entry.bytes, entry.sum};
  }
  const int64_t group = record / rows_a_sum_, first = group * rows_a_sum_;
  return {begin_ + static_cast<uint64_t>(first) * stride_,
          static_cast<uint64_t>(std::min(rows_a_sum_, records_ - first)) * stride_,
          static_cast<uint64_t>(record - first) * stride_, stride_,
          mapping_->get<uint32_t>(static_cast<uint64_t>(group))};
}

void DataIndex::read_stored(const DataFile& file, int64_t record, const Stored& place,
                            std::span<char> into) const {
  file.read(place.offset, into);
  if (sum_of({into.data(), into.size()}) != place.sum)
    throw BadRecord(fmt::format(
        "[{} record {} (byte {})] is not what was indexed: its checksum is another; copy the file "
        "again",
        file.where(), record, place.offset + place.skip));
}

std::string_view DataIndex::read(const DataFile& file, int64_t record,
                                 std::vector<char>& buffer) const {
  const Stored place = stored(record);
  if (buffer.size() < place.bytes) buffer.resize(place.bytes);
  read_stored(file, record, place, std::span(buffer).first(place.bytes));
  return {buffer.data() + place.skip, place.taken};
}

void DataIndex::read_into(const DataFile& file, int64_t record, std::span<char> into) const {
  const Stored place = stored(record);
  if (place.bytes == into.size()) return read_stored(file, record, place, into);
  thread_local std::vector<char> buffer;
  const std::string_view bytes = read(file, record, buffer);
  if (bytes.size() != into.size())
    fail(ExitCode::internal, file.where(), "record {} has {} bytes, {} are wanted", record,
         bytes.size(), into.size());
  std::memcpy(into.data(), bytes.data(), bytes.size());
}

}  // namespace tutti
