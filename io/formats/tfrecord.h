// TFRecord files: records behind each other, each in a frame (io/event_log/record_frame.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tutti {

inline constexpr uint64_t kMostRecordBytes = uint64_t{1} << 30;

// The length of the record whose frame begins at byte `at` with this head, `left` bytes before the
// file's end. Throws, naming file, record and byte, where the head is damaged, the record would go
// on behind the end, or it is larger than kMostRecordBytes.
uint64_t tfrecord_length(std::string_view head, uint64_t left, const std::string& where,
                         int64_t record, uint64_t at);

// The records of a file's bytes; they live as long as these. Throws as above, and for a record
// whose sum is wrong. A file that was cut between two records reads as a shorter one: who has to
// know keeps their count.
std::vector<std::string_view> parse_tfrecord(std::string_view bytes, const std::string& where);

// Whole or not at all, as TensorFlow's TFRecordWriter writes them without compression.
void write_tfrecord(const std::filesystem::path& path, const std::vector<std::string>& records);

}  // namespace tutti
