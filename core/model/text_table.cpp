#include "core/model/text_table.h"

#include <algorithm>
#include <cmath>
#include <ostream>

namespace tutti {
namespace {

// Characters, of UTF-8.
int cells(const std::string& text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string cropped(const std::string& text, int width) {
  if (cells(text) <= width) return text;
  std::string kept;
  int count = 0;
  for (const char c : text) {
    if ((c & 0xC0) != 0x80 && ++count >= width) break;
    kept += c;
  }
  return kept + "…";
}

std::vector<std::string> wrapped(const std::string& text, int width) {
  std::vector<std::string> lines{""};
  for (size_t begin = 0; begin < text.size();) {
    const size_t space = text.find(' ', begin);
    const size_t end = space == std::string::npos ? text.size() : space;
    const std::string word = text.substr(begin, end - begin);
    std::string& line = lines.back();
    if (line.empty())
      line = word;
    else if (cells(line) + 1 + cells(word) <= width)
      line += " " + word;
    else
      lines.push_back(word);
    begin = end + 1;
  }
  for (auto& line : lines) line = cropped(line, width);
  return lines;
}

// Takes what is too much from all widths evenly, halves to the even number.
void shrink(std::vector<int>& widths, int limit) {
  int excess = -limit;
  for (const int width : widths) excess += width;
  for (size_t i = 0; i < widths.size() && excess > 0; ++i) {
    const int share =
        std::min(widths[i],
                 static_cast<int>(std::nearbyint(excess / static_cast<double>(widths.size() - i))));
    widths[i] -= share;
    excess -= share;
  }
}

struct Rule {
  const char *left, *line, *cross, *right;
};

void write_rule(std::ostream& out, const std::vector<int>& widths, const Rule& rule) {
  for (size_t i = 0; i < widths.size(); ++i) {
    out << (i == 0 ? rule.left : rule.cross);
    for (int at = 0; at < widths[i]; ++at) out << rule.line;
  }
  out << rule.right << "\n";
}

void write_row(std::ostream& out, const std::vector<TextColumn>& columns,
               const std::vector<int>& widths, const std::vector<std::string>& row, const char* bar,
               bool title = false) {
  std::vector<std::vector<std::string>> lines;
  size_t height = 1;
  for (size_t i = 0; i < row.size(); ++i) {
    lines.push_back(wrapped(row[i], widths[i] - 2));
    height = std::max(height, lines.back().size());
  }
  for (size_t at = 0; at < height; ++at) {
    for (size_t i = 0; i < row.size(); ++i) {
      // Titles stand at the bottom of their row, cells at the top.
      const size_t skipped = title ? height - lines[i].size() : 0;
      const size_t line = at - skipped;  // wraps above the first
      const std::string text = line < lines[i].size() ? lines[i][line] : "";
      const std::string pad(static_cast<size_t>(std::max(0, widths[i] - 2 - cells(text))), ' ');
      out << bar << " " << (columns[i].right ? pad + text : text + pad) << " ";
    }
    out << bar << "\n";
  }
}

}  // namespace

void write_table(std::ostream& out, const std::vector<TextColumn>& columns,
                 const std::vector<std::vector<std::string>>& rows, int width) {
  std::vector<int> widths;
  std::vector<std::string> titles;
  for (const auto& column : columns) {
    widths.push_back(column.width + 2);
    titles.push_back(column.title);
  }
  shrink(widths, width - static_cast<int>(columns.size()) - 1);
  write_rule(out, widths, {"┏", "━", "┳", "┓"});
  write_row(out, columns, widths, titles, "┃", true);
  write_rule(out, widths, {"┡", "━", "╇", "┩"});
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) write_rule(out, widths, {"├", "─", "┼", "┤"});
    write_row(out, columns, widths, rows[i], "│");
  }
  write_rule(out, widths, {"└", "─", "┴", "┘"});
}

}  // namespace tutti
