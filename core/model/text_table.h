// A table in box-drawing lines, as Keras prints one with rich: fixed columns, wrapped between
// words.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace tutti {

struct TextColumn {
  std::string title;
  bool right = false;  // its cells end at the right
  int width = 0;       // of the text; all columns give way evenly where the table is too wide
};

// `width`: of the whole table. A word longer than its column ends in "…".
void write_table(std::ostream& out, const std::vector<TextColumn>& columns,
                 const std::vector<std::vector<std::string>>& rows, int width);

}  // namespace tutti
