// The records of CSV text, one after the other.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tutti {

class CsvRecords {
 public:
  static constexpr size_t kColumnLimit = 100'000;
  static constexpr size_t kLineLimit = size_t{16} << 20;  // bytes of a record

  CsvRecords(std::string_view text, char delimiter, const std::string& where);

  // The cells of the next record that is not an empty line; false at the end. The views live until
  // the next call. Throws, naming file and line, on a quote that is not closed or text behind it,
  // and beyond the limits.
  bool next(std::vector<std::string_view>& cells);
  int64_t line() const { return record_line_; }  // of the record, from 1

 private:
  std::string_view quoted_cell();
  std::string_view plain_cell();
  [[noreturn]] void reject(const std::string& message) const;

  std::string_view text_;
  size_t at_ = 0, record_begin_ = 0;
  char delimiter_;
  const std::string& where_;
  int64_t line_ = 1, record_line_ = 1;
  std::deque<std::string> unescaped_;  // cells whose text is not in the file as it is
};

}  // namespace tutti
