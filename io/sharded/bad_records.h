// What becomes of records that make no row, and what is told of them.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace tutti {

// The data alone decides, so ranks never disagree.
enum class BadRecords {
  fatal,  // an Error that names file, record and byte
  skip,   // the row keeps its place, of zeros and of weight 0; it is counted, named and logged
};

// Rows that were passed over. Several threads note at once.
class PassedRows {
 public:
  // Logs the first of them; a row that was noted before changes nothing.
  void note(int64_t row, const std::string& message);
  int64_t count() const;
  std::vector<int64_t> rows() const;
  std::vector<std::string> messages() const;  // of the first hundred

 private:
  mutable std::mutex mutex_;
  std::set<int64_t> rows_;
  std::vector<std::string> messages_;
};

}  // namespace tutti
