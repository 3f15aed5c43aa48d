// The lessons that need data, as jobs and as programs, reach what they are there to show. The data
// is made by `tutti make`.
#include <gmock/gmock.h>

#include <cstdlib>

#include "io/datasets/made_digits.h"
#include "tests/launch/run_program.h"

namespace tutti {
namespace {

using ::testing::HasSubstr;
using testing_support::Finished;
using testing_support::quoted_word;

class DataLessons : public testing_support::InTemporaryFolder {
 protected:
  std::string output_of(const std::string& line) {
    const Finished finished = shell(line);
    EXPECT_EQ(finished.code, 0) << line << "\n" << finished.err;
    return finished.out;
  }
  std::string program(const std::string& name, const std::string& words = "") {
    return output_of(quoted_word(std::string(TUTTI_BINARY_DIR) + "/bin/example_" + name) + " " +
                     words);
  }
  // What a job of launch/examples says of its test rows; its data is in the temporary folder.
  std::string job(const std::string& name) {
    const std::string file = std::string(TUTTI_SOURCE_DIR) + "/launch/examples/" + name + ".yaml";
    const std::string out = output_of("tutti train " + quoted_word(file) +
                                      " --set folder=. --set report=false --run " + name);
    const size_t at = out.find("test: ");
    return at == std::string::npos ? out : out.substr(at, out.find('\n', at) - at);
  }
};

TEST_F(DataLessons, DigitsOfACsvAreAnsweredAsKaggleWants) {
  output_of("tutti make digits_csv");
  EXPECT_GE(number_behind(job("digits_csv"), "accuracy: "), 0.96);
  const std::string out =
      program("digits_loop", "digits_csv/train.csv digits_csv/test.csv answer.csv");
  EXPECT_GE(number_behind(out, "epoch 5: accuracy "), 0.96);
  std::istringstream answer(testing_support::read_text(folder_ / "answer.csv"));
  std::string line;
  std::getline(answer, line);
  EXPECT_EQ(line, "ImageId,Label");
  const auto truth = datasets::made_digits(750, 1).labels().to_vector<int>();
  int right = 0;
  for (size_t row = 0; row < truth.size(); ++row) {
    ASSERT_TRUE(std::getline(answer, line));
    right += line == std::to_string(row + 1) + "," + std::to_string(truth[row]);
  }
  EXPECT_FALSE(std::getline(answer, line));
  EXPECT_GE(right, 720);
}

TEST_F(DataLessons, MnistIsReadFromItsFiles) {
  EXPECT_GE(number_behind(job("mnist"), "accuracy: "), 0.95) << "drawn, without files";
  output_of("tutti make mnist");
  EXPECT_GE(number_behind(program("mnist"), "test accuracy "), 0.95);
}

TEST_F(DataLessons, ResNetReadsDigits) {
  EXPECT_GE(number_behind(job("resnet20"), "accuracy: "), 0.95);
  EXPECT_GE(number_behind(program("resnet20"), "test accuracy "), 0.95);
}

TEST_F(DataLessons, FeaturesOfAnAutoencoderServeAClassifier) {
  const std::string out = program("autoencoder");
  EXPECT_LE(number_behind(out, "with error "), 0.025);
  EXPECT_GE(number_behind(out, "with accuracy "), 0.8);
}

TEST_F(DataLessons, LeavesShowTheirDisease) {
  output_of("tutti make leaves");
  EXPECT_GE(number_behind(job("leaf_disease"), "accuracy: "), 0.85);
  const std::string out = program("leaf_disease");
  EXPECT_GE(number_behind(out, "test accuracy "), 0.85);
  EXPECT_THAT(out, HasSubstr("diseases are blight healthy mildew rust"));
}

TEST_F(DataLessons, ScansAndAgesGiveRiskAndPercent) {
  output_of("tutti make scans");
  const std::string tested = job("scan_and_age"), out = program("scan_and_age");
  EXPECT_GE(number_behind(tested, "risk_accuracy: "), 0.85);
  EXPECT_LE(number_behind(tested, "percent_mae: "), 2.5);
  EXPECT_GE(number_behind(out, "risk accuracy "), 0.85);
  EXPECT_LE(number_behind(out, "percent off by "), 2.5);
}

TEST_F(DataLessons, SensorsTellTheFaultAndTheLifeThatIsLeft) {
  output_of("tutti make machines");
  const std::string tested = job("machine_health"), out = program("machine_health");
  EXPECT_GE(number_behind(tested, "fault_accuracy: "), 0.9);
  EXPECT_LE(number_behind(tested, "remaining_mae: "), 0.4);  // of the deviation
  EXPECT_GE(number_behind(out, "fault accuracy "), 0.9);
  EXPECT_LE(number_behind(out, "hours off by "), 350);
}

TEST_F(DataLessons, TheNextHourIsForecast) {
  output_of("tutti make power");
  EXPECT_LE(number_behind(job("power_forecast"), "mae: "), 0.15);  // of the deviation
  EXPECT_LE(number_behind(program("power_forecast"), "forecast to "), 3);
}

TEST_F(DataLessons, ReviewsArePraiseOrBlame) {
  output_of("tutti make reviews");
  EXPECT_GE(number_behind(job("sentiment"), "accuracy: "), 0.95);
  const std::string out = program("sentiment");
  EXPECT_GE(number_behind(out, "test accuracy "), 0.95);
  EXPECT_GE(number_behind(out, "[["), 0.5);
}

}  // namespace
}  // namespace tutti
