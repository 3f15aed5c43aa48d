#include "io/formats/tfrecord.h"

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "io/event_log/record_frame.h"

namespace tutti {
namespace {

[[noreturn]] void refuse_record(const std::string& where, int64_t record, uint64_t at,
                                std::string_view what) {
  fail(ExitCode::data, fmt::format("{} record {} (byte {})", where, record, at), "{}", what);
}

}  // namespace

uint64_t tfrecord_length(std::string_view head, uint64_t left, const std::string& where,
                         int64_t record, uint64_t at) {
  if (left < kFrameHead + kFrameTail)
    refuse_record(where, record, at, "is cut: the file ends in it; copy the file again");
  const auto length = framed_length(head);
  if (!length)
    refuse_record(where, record, at,
                  "has a damaged head: its length's checksum is wrong; copy the file again, or "
                  "unpack it if it is compressed");
  if (*length > left - kFrameHead - kFrameTail)
    refuse_record(where, record, at,
                  fmt::format("is cut: it takes {} bytes and {} are left; copy the file again",
                              *length, left - kFrameHead - kFrameTail));
  if (*length > kMostRecordBytes)
    refuse_record(where, record, at,
                  fmt::format("has {} bytes; at most {} are read", *length, kMostRecordBytes));
  return *length;
}

std::vector<std::string_view> parse_tfrecord(std::string_view bytes, const std::string& where) {
  std::vector<std::string_view> records;
  for (size_t at = 0; at < bytes.size();) {
    const auto number = static_cast<int64_t>(records.size());
    const uint64_t length =
        tfrecord_length(bytes.substr(at, kFrameHead), bytes.size() - at, where, number, at);
    const size_t frame = kFrameHead + static_cast<size_t>(length) + kFrameTail;
    const auto record = framed_record(bytes.substr(at, frame));
    if (!record)
      refuse_record(where, number, at, "is damaged: its checksum is wrong; copy the file again");
    records.push_back(*record);
    at += frame;
  }
  return records;
}

void write_tfrecord(const std::filesystem::path& path, const std::vector<std::string>& records) {
  std::string bytes;
  for (const auto& record : records) bytes += record_frame(record);
  FileSystem::current().write_atomically(path, bytes);
}

}  // namespace tutti
