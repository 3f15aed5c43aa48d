#include <gtest/gtest.h>

#include "core/base/terminal.h"

namespace tutti {
namespace {

TEST(OneLine, NothingMovesTheCursor) {
  EXPECT_EQ(one_line("[m.keras] a\nb\r\x1b[2Jc\x7f"), "[m.keras] a b  [2Jc ");
  EXPECT_EQ(one_line("\xc2\x9b"
                     "31m"),
            "  31m");  // U+009B is what ESC [ is
  EXPECT_EQ(one_line("größer, 日本"), "größer, 日本");
}

TEST(OneLine, LeavesOutTheMiddleOfALongOne) {
  const std::string text = one_line("[begin] " + std::string(1 << 20, 'x') + " end");
  EXPECT_LT(text.size(), 4100u);
  EXPECT_TRUE(text.starts_with("[begin] xx"));
  EXPECT_TRUE(text.ends_with("xx end"));
}

}  // namespace
}  // namespace tutti
