#include "io/sharded/sharded_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "core/base/error.h"

namespace tutti {

// A batch asks for its columns one after the other, and a record is decoded once for all of them:
// straight to where the first is wanted, the others here until they are.
struct ShardedRows::Decoded {
  uint64_t serial = 0;
  std::vector<int64_t> rows;
  std::vector<std::vector<std::vector<std::byte>>> columns;  // of each part
  Place missing{};                                           // what went straight
  std::vector<float> weights;

  bool holds(uint64_t source, std::span<const int64_t> wanted) const {
    return serial == source && std::ranges::equal(rows, wanted);
  }
};

ShardedRows::ShardedRows(std::vector<RowPart> parts, ShardedRowsOptions options)
    : parts_(std::move(parts)), options_(std::move(options)) {
  static std::atomic<uint64_t> serials{0};
  serial_ = ++serials;
  std::vector<std::string> names;
  outputs_.resize(options_.outputs.size(), {parts_.size(), 0});
  for (size_t part = 0; part < parts_.size(); ++part) {
    const auto& columns = parts_[part].decoder->columns();
    for (size_t i = 0; i < columns.size(); ++i) {
      const auto output =
          std::find(options_.outputs.begin(), options_.outputs.end(), columns[i].name);
      if (output == options_.outputs.end())
        inputs_.push_back({part, i});
      else
        outputs_[static_cast<size_t>(output - options_.outputs.begin())] = {part, i};
      names.push_back(columns[i].name);
    }
    if (parts_[part].records->records() != rows())
      fail(ExitCode::data, parts_[part].records->stamps()[0].file,
           "has {} rows with its other files, {} has {}; each row needs both",
           parts_[part].records->records(), parts_[0].records->stamps()[0].file, rows());
  }
  for (size_t i = 0; i < outputs_.size(); ++i)
    if (outputs_[i].part == parts_.size())
      fail(ExitCode::data, "data", "there is no column '{}' to be an output{}", options_.outputs[i],
           near_or(options_.outputs[i], names,
                   fmt::format("; there are {}", fmt::join(names, ", "))));
  if (inputs_.empty())
    fail(ExitCode::data, "data", "all columns are outputs; leave one to be the input");
}

std::vector<RowColumn> ShardedRows::named(const std::vector<Place>& places) const {
  std::vector<RowColumn> columns;
  for (const auto& place : places)
    columns.push_back(parts_[place.part].decoder->columns()[place.column]);
  return columns;
}

void ShardedRows::decode_row(size_t part, int64_t row, const std::vector<void*>& into) const {
  thread_local std::vector<char> buffer;
  const RecordStore& records = *parts_[part].records;
  const std::string_view bytes = records.read(row, buffer);
  try {
    parts_[part].decoder->decode(bytes, row, into);
  } catch (const Error& error) {
    throw BadRecord(fmt::format("[{}] {}", records.place(row), without_record_place(error.what())));
  }
}

size_t ShardedRows::row_bytes(const Place& place) const {
  const RowColumn& column = parts_[place.part].decoder->columns()[place.column];
  return static_cast<size_t>(column.shape.elements()) * size_of(column.dtype);
}

ShardedRows::Decoded& ShardedRows::decoded() const {
  thread_local Decoded last;
  return last;
}

void ShardedRows::decode(std::span<const int64_t> rows, const Place& straight,
                         std::byte* into) const {
  Decoded& last = decoded();
  last.serial = 0;  // not whole if decoding throws
  last.rows.assign(rows.begin(), rows.end());
  last.weights.assign(rows.size(), 1.0f);
  last.columns.resize(parts_.size());
  last.missing = straight;
  struct Target {
    std::byte* begin;
    size_t row_bytes;
    void* row(size_t i) const { return begin + i * row_bytes; }
  };
  std::vector<std::vector<Target>> targets(parts_.size());
  for (size_t part = 0; part < parts_.size(); ++part) {
    last.columns[part].resize(parts_[part].decoder->columns().size());
    for (size_t column = 0; column < last.columns[part].size(); ++column) {
      const Place place{part, column};
      auto& held = last.columns[part][column];
      if (place != straight) held.resize(rows.size() * row_bytes(place));
      targets[part].push_back({place == straight ? into : held.data(), row_bytes(place)});
    }
  }
  std::vector<void*> row;
  for (size_t i = 0; i < rows.size(); ++i) try {
      for (size_t part = 0; part < parts_.size(); ++part) {
        row.clear();
        for (const Target& target : targets[part]) row.push_back(target.row(i));
        decode_row(part, rows[i], row);
      }
    } catch (const BadRecord& bad) {
      if (!skips()) throw;
      passed_.note(rows[i], bad.what());
      last.weights[i] = 0;
      for (const auto& of_part : targets)
        for (const Target& target : of_part) std::memset(target.row(i), 0, target.row_bytes);
    }
  last.serial = serial_;
}

// Nothing else is in its records.
void ShardedRows::read_alone(const Place& place, std::span<const int64_t> rows,
                             std::byte* into) const {
  const RowPart& part = parts_[place.part];
  const size_t bytes = row_bytes(place);
  std::vector<void*> one(1);
  for (const int64_t row : rows) {
    one[0] = into;
    if (part.decoder->copies())
      part.records->read_into(row, {reinterpret_cast<char*>(into), bytes});
    else
      decode_row(place.part, row, one);
    into += bytes;
  }
}

void ShardedRows::read(const Place& place, std::span<const int64_t> rows, void* into) const {
  auto* at = static_cast<std::byte*>(into);
  if (!skips() && parts_[place.part].decoder->columns().size() == 1)
    return read_alone(place, rows, at);
  const Decoded& last = decoded();
  if (!last.holds(serial_, rows) || last.missing == place) return decode(rows, place, at);
  const auto& bytes = last.columns[place.part][place.column];
  std::memcpy(into, bytes.data(), bytes.size());
}

void ShardedRows::read_input(size_t column, std::span<const int64_t> rows, void* into) const {
  read(inputs_[column], rows, into);
}
void ShardedRows::read_output(size_t column, std::span<const int64_t> rows, void* into) const {
  read(outputs_[column], rows, into);
}
void ShardedRows::read_weights(size_t output, std::span<const int64_t> rows, float* into) const {
  if (!skips()) return RowSource::read_weights(output, rows, into);
  const Decoded& last = decoded();
  if (!last.holds(serial_, rows)) decode(rows, {parts_.size(), 0}, nullptr);
  std::copy(last.weights.begin(), last.weights.end(), into);
}

std::vector<DataStamp> ShardedRows::stamps() const {
  std::vector<DataStamp> stamps;
  for (const auto& part : parts_)
    for (auto& stamp : part.records->stamps()) stamps.push_back(std::move(stamp));
  return stamps;
}

}  // namespace tutti
