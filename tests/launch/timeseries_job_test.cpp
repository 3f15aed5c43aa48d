// Jobs whose rows are windows over a series.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/base/error.h"
#include "launch/job_data.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using ::testing::HasSubstr;

class TimeseriesJobTest : public InTemporaryFolder {
 protected:
  TimeseriesJobTest() {
    std::string csv = "hour,load\n";
    for (int hour = 0; hour < 100; ++hour) csv += fmt::format("{},{}\n", hour, hour % 10 + 0.5);
    write("t.csv", csv);
  }
  JobData load(const std::string& data) const {
    return load_job_data(Job::parse("data: {csv: t.csv, inputs: load, label: hour, " + data +
                                        "}\nfolder: " + folder_.string() + "\n",
                                    "job.yaml"));
  }
  std::string refusal(const std::string& data) const {
    try {
      load(data);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }
};

TEST_F(TimeseriesJobTest, PartsFollowEachOther) {
  const JobData data =
      load("timeseries: {sequence_length: 6, delay: 8}, split: {test: 0.2, validation: 0.1}");
  // Of 70, 10 and 20 steps, none reaching into another's.
  EXPECT_EQ(data.train.rows.rows(), 62);
  EXPECT_EQ(data.validation.rows.rows(), 2);
  EXPECT_EQ(data.test.rows.rows(), 12);
  EXPECT_EQ(data.train.rows.labels().at({61}), 69);
  EXPECT_EQ(data.validation.rows.labels().at({0}), 78);
  EXPECT_EQ(data.test.rows.labels().at({11}), 99);
  EXPECT_EQ(data.test.rows.features().shape(), (Shape{12, 6, 1}));
  EXPECT_THAT(data.test.place(3), HasSubstr("t.csv:85"));  // line 1 is the header's
  const JobData some = load("timeseries: {sequence_length: 2, start_index: 10, end_index: 20}");
  EXPECT_EQ(some.train.rows.rows(), 8);
  EXPECT_EQ(some.train.rows.labels().at({0}), 12);
}

TEST_F(TimeseriesJobTest, SaysWhatDoesNotFit) {
  EXPECT_THAT(refusal("timeseries: {}"), HasSubstr("sequence_length is missing"));
  EXPECT_THAT(refusal("timeseries: {sequence_length: 0}"), HasSubstr("job.yaml:1:"));
  EXPECT_THAT(refusal("timeseries: {sequence_length: 200}"), HasSubstr("no row of 200"));
  EXPECT_THAT(refusal("timeseries: {sequence_length: 2, end_index: 101}"), HasSubstr("0 to 101"));
  EXPECT_THAT(refusal("timeseries: {sequence_length: 2}, split: {kfold: 3}"),
              HasSubstr("stay in order"));
  EXPECT_THAT(refusal("timeseries: {sequence_length: 2}, split: {by: load, after: 4}"),
              HasSubstr("sort the rows by 'load'"));
}

TEST_F(TimeseriesJobTest, TrainsPredictsAndReports) {
  write("job.yaml",
        "data: {csv: t.csv, inputs: load, label: load, columns: {load: standardize},\n"
        "       timeseries: {sequence_length: 10}, split: {test: 0.3}}\n"
        "model: [Flatten, {Dense: {units: 1}}]\n"
        "loss: mse\n"
        "optimizer: {Adam: {learning_rate: 0.05}}\n"
        "fit: {epochs: 60, batch_size: 10}\n"
        "seed: 4\n");
  const Finished trained = shell("tutti train job.yaml --run r");
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.out, HasSubstr("test: loss: 0.00"));
  EXPECT_THAT(trained.out, HasSubstr("report.html"));
  EXPECT_EQ(last_line(shell(mpirun(3) + "train job.yaml --run r3").out), last_line(trained.out));
  ASSERT_EQ(shell("tutti predict r --input t.csv --output y.csv").code, 0);
  const std::string said = read_text(folder_ / "y.csv");
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 92);  // a header, and 91 windows
}

}  // namespace
}  // namespace tutti::testing_support
