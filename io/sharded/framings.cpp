#include "io/sharded/framings.h"

#include <algorithm>

#include "core/base/error.h"
#include "io/event_log/record_frame.h"
#include "io/formats/csv_records.h"
#include "io/formats/gzip.h"
#include "io/formats/idx.h"
#include "io/formats/npy.h"
#include "io/formats/tfrecord.h"
#include "io/sharded/npz_member.h"

namespace tutti {
namespace {

void refuse_compressed(FileScan& scan, const DataFile& file) {
  if (is_gzip(scan.peek(16)))
    fail(ExitCode::data, file.where(),
         "is compressed: its records cannot be read one by one; unpack it (gunzip)");
}

class TFRecordFraming final : public RecordFraming {
 public:
  std::string name() const override { return "tfrecord"; }
  void scan(const DataFile& file, IndexWriter& index) const override {
    FileScan scan(file);
    refuse_compressed(scan, file);
    const std::string where = file.where();
    for (int64_t record = 0; scan.left() > 0; ++record) {
      const uint64_t length =
          tfrecord_length(scan.peek(kFrameHead), scan.left(), where, record, scan.at());
      const std::string_view frame = scan.peek(kFrameHead + length + kFrameTail);
      index.add(scan.at(), frame);
      scan.skip(frame.size());
    }
  }
};

// How far the next record goes: `ends(view, from)` looks at `view` from `from` on and returns where
// it ends, or npos to see more. At the end of the file it ends there.
template <typename Ends>
std::string_view next_record(FileScan& scan, const DataFile& file, Ends ends) {
  size_t from = 0;
  for (uint64_t look = uint64_t{64} << 10;; look *= 2) {
    const std::string_view view = scan.peek(look);
    if (const size_t end = ends(view, from); end != std::string_view::npos)
      return view.substr(0, end);
    if (view.size() == scan.left()) return view;
    if (view.size() > CsvRecords::kLineLimit)
      fail(ExitCode::data, file.where(),
           "has a line at byte {} that is longer than 16 MiB; is this a text file, and each quote "
           "closed?",
           scan.at());
    from = view.size();
  }
}

class LineFraming final : public RecordFraming {
 public:
  std::string name() const override { return "lines that are not empty"; }
  void scan(const DataFile& file, IndexWriter& index) const override {
    FileScan scan(file);
    refuse_compressed(scan, file);
    while (scan.left() > 0) {
      std::string_view line = next_record(
          scan, file, [](std::string_view view, size_t from) { return view.find('\n', from); });
      const uint64_t passed = std::min<uint64_t>(line.size() + 1, scan.left());
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty()) index.add(scan.at(), line);
      scan.skip(passed);
    }
  }
};

// Follows quotes, as CsvRecords does, from one view to a longer one of the same bytes.
class CsvRecordEnd {
 public:
  explicit CsvRecordEnd(char delimiter) : delimiter_(delimiter) {}

  size_t operator()(std::string_view view, size_t from) {
    for (size_t at = from; at < view.size(); ++at)
      if (passed(view[at])) return at;
    return std::string_view::npos;
  }

 private:
  enum class In { cell_begin, plain, quoted, after_quote, after_return };

  // Whether the record ends before this character.
  bool passed(char c) {
    switch (in_) {
      case In::quoted:
        if (c == '"') in_ = In::after_quote;
        return false;
      case In::after_quote:
        if (c == '"') return in_ = In::quoted, false;  // one of two
        if (c == '\r') return in_ = In::after_return, false;
        break;
      case In::after_return:
        in_ = In::cell_begin;
        return c == '\n';
      case In::cell_begin:
        if (c == '"') return in_ = In::quoted, false;
        break;
      case In::plain:
        break;
    }
    in_ = c == delimiter_ ? In::cell_begin : In::plain;
    return c == '\n';
  }

  char delimiter_;
  In in_ = In::cell_begin;
};

// Passes the mark of UTF-8 and empty lines; false at the end of the file.
bool find_csv_record(FileScan& scan) {
  if (scan.at() == 0 && scan.peek(3) == "\xEF\xBB\xBF") scan.skip(3);
  while (scan.left() > 0) {
    const char c = scan.peek(1)[0];
    if (c != '\n' && c != '\r') return true;
    scan.skip(1);
  }
  return false;
}

class CsvFraming final : public RecordFraming {
 public:
  CsvFraming(char delimiter, bool header) : delimiter_(delimiter), header_(header) {}
  std::string name() const override {
    return fmt::format("csv '{}'{}", delimiter_, header_ ? " with a header" : "");
  }
  void scan(const DataFile& file, IndexWriter& index) const override {
    FileScan scan(file);
    refuse_compressed(scan, file);
    for (bool header = header_; find_csv_record(scan); header = false) {
      const std::string_view record = next_record(scan, file, CsvRecordEnd(delimiter_));
      if (!header) index.add(scan.at(), record);
      scan.skip(record.size());
    }
  }

 private:
  char delimiter_;
  bool header_;
};

ArrayLayout layout_at(const DataFile& file, uint64_t begin, uint64_t bytes, bool npy) {
  std::vector<char> head(std::min<uint64_t>(npy ? kNpyHeadBytes : kIdxHeadBytes, bytes));
  file.read(begin, head);
  const std::string_view text(head.data(), head.size());
  if (is_gzip(text))
    fail(ExitCode::data, file.where(),
         "is compressed: its rows cannot be read one by one; unpack it (gunzip)");
  ArrayLayout layout = npy ? npy_layout(text, file.where()) : idx_layout(text, file.where());
  if (layout.begin + layout.bytes() != bytes)
    fail(ExitCode::data, file.where(),
         "holds {} bytes of data, shape {} of '{}' takes {}; copy the file again",
         bytes - layout.begin, to_string(layout.shape), layout.stored_type, layout.bytes());
  layout.begin += begin;
  return layout;
}

class ArrayFraming final : public RecordFraming {
 public:
  ArrayFraming(ArrayKind kind, std::string member) : kind_(kind), member_(std::move(member)) {}
  std::string name() const override {
    return kind_ == ArrayKind::npy ? "npy" : kind_ == ArrayKind::idx ? "idx" : "npz " + member_;
  }
  void scan(const DataFile& file, IndexWriter& index) const override {
    const ArrayLayout layout = array_layout(file, kind_, member_);
    const auto elements = static_cast<uint64_t>(layout.shape.elements_per_row());
    index.add_rows(layout.begin, elements * layout.stored_bytes, layout.shape[0]);
  }

 private:
  ArrayKind kind_;
  std::string member_;
};

}  // namespace

std::shared_ptr<const RecordFraming> tfrecord_framing() {
  return std::make_shared<TFRecordFraming>();
}

std::shared_ptr<const RecordFraming> line_framing() { return std::make_shared<LineFraming>(); }

std::shared_ptr<const RecordFraming> csv_framing(char delimiter, bool header) {
  return std::make_shared<CsvFraming>(delimiter, header);
}

std::vector<std::string> csv_first_record(const DataFile& file, char delimiter) {
  FileScan scan(file);
  refuse_compressed(scan, file);
  if (!find_csv_record(scan)) return {};
  const std::string where = file.where();
  CsvRecords records(next_record(scan, file, CsvRecordEnd(delimiter)), delimiter, where);
  std::vector<std::string_view> cells;
  records.next(cells);
  return {cells.begin(), cells.end()};
}

std::shared_ptr<const RecordFraming> array_framing(ArrayKind kind, const std::string& member) {
  return std::make_shared<ArrayFraming>(kind, member);
}

ArrayLayout array_layout(const DataFile& file, ArrayKind kind, const std::string& member) {
  const NpzMember part =
      kind == ArrayKind::npz ? npz_member(file, member) : NpzMember{0, file.size()};
  ArrayLayout layout = layout_at(file, part.begin, part.bytes, kind != ArrayKind::idx);
  if (layout.shape.rank() == 0)
    fail(ExitCode::data, file.where(), "holds a scalar; axis 0 must be the rows");
  if (layout.shape.elements_per_row() == 0)
    fail(ExitCode::data, file.where(), "has shape {}: its rows hold nothing; use rows that do",
         to_string(layout.shape));
  if (layout.column_major)
    fail(ExitCode::data, file.where(),
         "is in Fortran order: a row lies all over the file; save it with order='C'");
  return layout;
}

}  // namespace tutti
