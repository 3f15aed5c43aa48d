#include "launch/supervise/line_reader.h"

#include <gmock/gmock.h>

#include <vector>

namespace tutti::supervise {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines_of(const std::string& text, size_t piece, size_t limit = 100) {
  std::vector<std::string> lines;
  LineReader reader(limit, [&](std::string line) { lines.push_back(std::move(line)); });
  for (size_t at = 0; at < text.size(); at += piece)
    reader.feed(std::string_view(text).substr(at, piece));
  reader.end();
  return lines;
}

TEST(LineReader, EndsLinesAsTerminalsDo) {
  for (const size_t piece : {1, 2, 3, 100}) {
    EXPECT_THAT(lines_of("a\nbc\n\nd", piece), ElementsAre("a", "bc", "", "d"));
    EXPECT_THAT(lines_of("a\r\nb\r\n", piece), ElementsAre("a", "b"));
    EXPECT_THAT(lines_of("1/3\r2/3\r3/3\n", piece), ElementsAre("1/3", "2/3", "3/3"));
    EXPECT_THAT(lines_of(std::string("\0x\xff\n", 4), piece),
                ElementsAre(std::string("\0x\xff", 3)));
  }
  EXPECT_TRUE(lines_of("", 1).empty());
}

TEST(LineReader, GivesLongLinesInPieces) {
  EXPECT_THAT(lines_of("abcdefgh\nij\n", 5, 3), ElementsAre("abc", "def", "gh", "ij"));
  EXPECT_EQ(lines_of(std::string(1000000, 'x'), 4096, 1000).size(), 1000u);
}

}  // namespace
}  // namespace tutti::supervise
