#include "launch/report/report_source.h"

#include "launch/history.h"

#include <gmock/gmock.h>

#include <cmath>

namespace tutti {
namespace {

using testing::ElementsAre;
using testing::IsNan;

TEST(ReportSource, HistoryIsReadByColumns) {
  const auto history =
      read_history("epoch,loss,val_loss,val_mae\n0,1.5,NA,NA\n1,nan,2e-3,NA\n2,inf,1,NA\n");
  EXPECT_THAT(history.at("epoch"), ElementsAre(0, 1, 2));
  EXPECT_THAT(history.at("loss"), ElementsAre(1.5, IsNan(), INFINITY));
  EXPECT_THAT(history.at("val_loss"), ElementsAre(IsNan(), 0.002, 1));
  EXPECT_FALSE(history.contains("val_mae"));  // never measured
  EXPECT_TRUE(read_history("").empty());
}

Dataset rows(const Shape& shape, double value) {
  return Dataset(Tensor::full(shape, value), Tensor::zeros({shape[0]}));
}

TEST(ReportSource, ImagesAreKnownByTheirShape) {
  const auto size = [](const Dataset& data) {
    const auto shape = image_shape(data);
    return shape ? std::vector{shape->height, shape->width, shape->channels}
                 : std::vector<int64_t>{};
  };
  EXPECT_THAT(size(rows({2, 28, 28}, 0.5)), ElementsAre(28, 28, 1));
  EXPECT_THAT(size(rows({2, 6, 8, 3}, -1)), ElementsAre(6, 8, 3));
  EXPECT_THAT(size(rows({2, 64}, 1)), ElementsAre(8, 8, 1));
  EXPECT_THAT(size(rows({2, 64}, -0.1)), ElementsAre());  // standardized columns
  EXPECT_THAT(size(rows({2, 65}, 1)), ElementsAre());
  EXPECT_THAT(size(rows({2, 4}, 1)), ElementsAre());
  EXPECT_THAT(size(rows({2, 4, 4, 7}, 1)), ElementsAre());
}

}  // namespace
}  // namespace tutti
