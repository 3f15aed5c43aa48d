// Which labels are classes.
#include "core/tensor/class_labels.h"

#include <cmath>

#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

TEST(ClassLabels, AreIndicesOrOneHotRows) {
  EXPECT_THAT(class_indices(Tensor{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}), ElementsAre(2, 0, 1));
  EXPECT_THAT(class_indices((Tensor{2, 1}).reshape({2, 1})), ElementsAre(2, 1));
  EXPECT_TRUE(throws_with([] { class_indices(Tensor{{1, 0}, {1, 1}}); }, {"row 1", "one-hot"}));
}

TEST(ClassLabels, AreWholeAndBelowTheirNumber) {
  const auto refused = [](const Tensor& labels, const std::vector<std::string>& pieces) {
    EXPECT_TRUE(throws_with([&] { class_indices(labels, 3); }, pieces));
  };
  refused(Tensor{0, 3}, {"[labels row 1]", "3", "0 to 2"});
  refused(Tensor{0, -1}, {"row 1", "-1"});
  refused(Tensor{0.5}, {"row 0", "0.5"});
  refused(Tensor{std::nan("")}, {"row 0", "nan"});
  class_indices(Tensor{7});
}

TEST(ClassLabels, MayBeSeveralInARow) {
  const Tensor words = {{0, 1}, {2, 5}};
  check_class_labels(words, 6, rows_of("fit"));
  EXPECT_TRUE(throws_with([&] { check_class_labels(words, 5, rows_of("fit")); },
                          {"[fit row 1]", "the label is 5"}));
}

}  // namespace
}  // namespace tutti
