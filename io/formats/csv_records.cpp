#include "io/formats/csv_records.h"

#include "core/base/error.h"

namespace tutti {

CsvRecords::CsvRecords(std::string_view text, char delimiter, const std::string& where)
    : text_(text), delimiter_(delimiter), where_(where) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // the mark that some editors write before UTF-8
}

void CsvRecords::reject(const std::string& message) const {
  fail(ExitCode::data, fmt::format("{}:{}", where_, record_line_), "{}", message);
}

std::string_view CsvRecords::quoted_cell() {
  const size_t begin = ++at_;
  std::string* copy = nullptr;
  size_t piece = begin;
  for (;; ++at_) {
    if (at_ >= text_.size()) reject("a quote is opened and never closed; close it or remove it");
    if (at_ - record_begin_ > kLineLimit)
      reject("a quoted cell goes on for more than 16 MiB; close its quote");
    if (text_[at_] == '\n') ++line_;
    if (text_[at_] != '"') continue;
    if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
    if (!copy) copy = &unescaped_.emplace_back();
    copy->append(text_.substr(piece, at_ + 1 - piece));  // with one of the two quotes
    piece = ++at_ + 1;
  }
  const std::string_view rest = text_.substr(piece, at_ - piece);
  ++at_;
  if (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n' && text_[at_] != '\r')
    reject("there is text behind a closing quote; double the quotes inside a cell");
  return copy ? std::string_view(copy->append(rest)) : rest;
}

std::string_view CsvRecords::plain_cell() {
  const size_t begin = at_;
  while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n') ++at_;
  std::string_view cell = text_.substr(begin, at_ - begin);
  if (cell.ends_with('\r') && (at_ == text_.size() || text_[at_] == '\n')) cell.remove_suffix(1);
  return cell;
}

bool CsvRecords::next(std::vector<std::string_view>& cells) {
  cells.clear();
  unescaped_.clear();
  while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r'))
    line_ += text_[at_++] == '\n';
  if (at_ >= text_.size()) return false;
  record_begin_ = at_;
  record_line_ = line_;
  for (;;) {
    const bool quoted = at_ < text_.size() && text_[at_] == '"';
    cells.push_back(quoted ? quoted_cell() : plain_cell());
    if (cells.size() > kColumnLimit)
      reject(fmt::format("has more than {} cells; split the table", kColumnLimit));
    if (at_ - record_begin_ > kLineLimit) reject("is longer than 16 MiB; is this a CSV file?");
    if (quoted && at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ >= text_.size()) return true;
    if (text_[at_++] == '\n') {
      ++line_;
      return true;
    }
  }
}

}  // namespace tutti
