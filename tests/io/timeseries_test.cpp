// Rows that are windows over a series, read out of it by index.
#include "core/model/row_source.h"
#include "io/columns.h"
#include "io/sequences.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

// Steps 0, 1, ... of two columns: t and 100 + t.
Tensor two_columns(int64_t steps) {
  std::vector<float> values;
  for (int64_t t = 0; t < steps; ++t)
    for (const int64_t base : {0, 100}) values.push_back(static_cast<float>(base + t));
  return Tensor::from(values, {steps, 2});
}

Tensor counted(int64_t steps, float by = 1) {
  std::vector<float> values;
  for (int64_t t = 0; t < steps; ++t) values.push_back(by * static_cast<float>(t));
  return Tensor::from(values, {steps});
}

TEST(timeseries, rows_are_read_by_index) {
  const Dataset data = timeseries_dataset_from_array(
      two_columns(50), counted(50),
      {.sequence_length = 3, .sequence_stride = 2, .sampling_rate = 4});
  ASSERT_TRUE(data.windows().has_value());
  EXPECT_EQ(data.rows(), 21);
  EXPECT_EQ(data.features().shape(), (Shape{21, 3, 2}));
  const std::shared_ptr<const RowSource> rows = data;
  EXPECT_EQ(rows->rows(), 21);
  EXPECT_EQ(rows->inputs()[0].shape, (Shape{3, 2}));
  std::vector<float> read(12);
  const std::vector<int64_t> asked{20, 1};
  rows->read_input(0, asked, read.data());
  EXPECT_THAT(read, ElementsAre(40, 140, 44, 144, 48, 148, 2, 102, 6, 106, 10, 110));
  std::vector<float> aims(2);
  rows->read_output(0, asked, aims.data());
  EXPECT_THAT(aims, ElementsAre(40, 2));
  EXPECT_EQ(&data.features(), &data.features()) << "made once";
  // Rows that are taken share the series.
  const Dataset some = data.take_rows(asked);
  EXPECT_EQ(some.features().to_vector<float>(), read);
  EXPECT_EQ(some.labels().to_vector<float>(), aims);
  EXPECT_EQ(data.slice_rows(1, 2).features().to_vector<float>(),
            std::vector<float>(read.begin() + 6, read.end()));
  EXPECT_NE(some.digest(), data.slice_rows(1, 3).digest());
  EXPECT_EQ(data.with_features(Tensor::zeros({21, 1})).features().shape(), (Shape{21, 1}));
}

TEST(timeseries, takes_outputs_and_weights_of_a_later_step) {
  const Dataset steps({{"x", two_columns(10)}}, {{"y", counted(10)}}, counted(10, 2));
  const Dataset data = timeseries_of(steps, {.sequence_length = 4}, /*delay=*/6);
  EXPECT_EQ(data.rows(), 4);
  EXPECT_THAT(data.labels().to_vector<float>(), ElementsAre(6, 7, 8, 9));
  EXPECT_THAT(data.sample_weight().to_vector<float>(), ElementsAre(12, 14, 16, 18));
  EXPECT_EQ(data.input("x").at({3, 3, 1}), 106);
  EXPECT_EQ(timeseries_of(Dataset(two_columns(10)), {.sequence_length = 4}, 6).rows(), 7)
      << "without outputs every window is a row";
  EXPECT_TRUE(throws_with([&] { timeseries_of(steps, {.sequence_length = 4}, 10); },
                          {"[timeseries_dataset_from_array]", "no row of 4"}));
  EXPECT_TRUE(throws_with(
      [&] {
        timeseries_dataset_from_array(counted(9), {},
                                      {.sequence_length = 1 << 30, .sampling_rate = 1L << 40});
      },
      {"no row of 1073741824"}));
  EXPECT_TRUE(throws_with(
      [&] {
        Dataset::over_windows({{"x", counted(5)}},
                              {3, 2, Tensor::from(std::vector<int64_t>{1}, {1})}, {});
      },
      {"a window of 3 steps from 1", "5 steps"}));
}

TEST(timeseries, columns_keep_it_with_the_model) {
  Table table;
  table.source = "t.csv";
  table.columns = {{"load", counted(30), {}}, {"heat", counted(30, 10), {}}};
  ColumnPipeline columns(
      {.inputs = {{"features", {"load", "heat"}}},
       .outputs = {{"labels", "load"}},
       .timeseries = TimeseriesColumns{{.sequence_length = 5, .sampling_rate = 2}}});
  columns.fit(table);
  const Dataset data = columns.apply(table);
  EXPECT_EQ(data.features().shape(), (Shape{20, 5, 2}));
  EXPECT_EQ(data.labels().at({0}), 10) << "the next at its rate";
  EXPECT_EQ(data.features().at({3, 4, 1}), 110);
  const ColumnPipeline again = ColumnPipeline::from_config(columns.to_config());
  EXPECT_EQ(again.apply(table).digest(), data.digest());
  EXPECT_EQ(again.apply(table, false).rows(), 22);
}

}  // namespace
}  // namespace tutti
