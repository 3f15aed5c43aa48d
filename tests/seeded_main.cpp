// The main of the test programs. Every test begins with the same seed, so that weights that nobody
// gave a seed are the same each time, whichever tests run before.
#include <gtest/gtest.h>

#include "core/base/seed.h"

namespace {

class SeedEachTest : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { tutti::set_random_seed(1); }
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::UnitTest::GetInstance()->listeners().Append(new SeedEachTest);
  return RUN_ALL_TESTS();
}
