// The lessons' jobs reach what they are there to reach.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

struct LessonJob {
  std::string name, measure;
  double at_least;
  std::string settings = "", data = "";  // for train; for evaluate, the run's test rows if empty
};
void PrintTo(const LessonJob& job, std::ostream* out) { *out << job.name << " " << job.settings; }

class LessonJobs : public InTemporaryFolder, public testing::WithParamInterface<LessonJob> {};

TEST_P(LessonJobs, ReachesItsAccuracy) {
  const std::string examples = std::string(TUTTI_SOURCE_DIR) + "/launch/examples/";
  const auto& [name, measure, at_least, settings, data] = GetParam();
  const Finished trained = shell("tutti train " + quoted_word(examples + name + ".yaml") +
                                 " --set report=false --run run " + settings);
  ASSERT_EQ(trained.code, 0) << trained.err;
  const std::string given = data.empty() ? "" : " --data " + quoted_word(examples + data);
  const Finished tested = shell("tutti evaluate run --json" + given);
  ASSERT_EQ(tested.code, 0) << tested.err;
  EXPECT_GE(nlohmann::json::parse(tested.out).at(measure).get<double>(), at_least) << tested.out;
}

INSTANTIATE_TEST_SUITE_P(Examples, LessonJobs,
                         testing::Values(LessonJob{"digits", "accuracy", 0.96},
                                         LessonJob{"digits_cnn", "accuracy", 0.97},
                                         LessonJob{"digits_lstm", "accuracy", 0.95},
                                         LessonJob{"digits_transformer", "accuracy", 0.95},
                                         LessonJob{"iris", "accuracy", 0.93},
                                         LessonJob{"iris_two_outputs", "outputs_1_accuracy", 0.93},
                                         LessonJob{"perceptron", "binary_accuracy", 1, "",
                                                   "gates.csv"},
                                         LessonJob{"perceptron", "binary_accuracy", 1,
                                                   "--set data.label=or", "gates.csv"}),
                         [](const testing::TestParamInfo<LessonJob>& info) {
                           return info.param.name + "_" + std::to_string(info.index);
                         });

// What no line can do, and a slope that leads to the 2 of y = 2x.
TEST_F(InTemporaryFolder, LessonJobsEndWhereTheirLessonsSay) {
  const std::string train =
      "tutti train " + quoted_word(std::string(TUTTI_SOURCE_DIR)) + "/launch/examples/";
  const std::string rest = " --set report=false --run ";
  ASSERT_EQ(shell(train + "perceptron.yaml --set data.label=xor" + rest + "xor").code, 0);
  const Finished xored =
      shell("tutti evaluate xor --json --data " +
            quoted_word(std::string(TUTTI_SOURCE_DIR) + "/launch/examples/gates.csv"));
  EXPECT_LE(nlohmann::json::parse(xored.out).at("binary_accuracy").get<double>(), 0.75);
  ASSERT_EQ(shell(train + "gradient_descent.yaml" + rest + "line").code, 0);
  write("more.csv", "x\n9\n90\n");
  ASSERT_EQ(shell("tutti predict line --input more.csv --output out.csv").code, 0);
  const std::string predicted = read_text(folder_ / "out.csv");
  EXPECT_NEAR(std::atof(predicted.c_str() + predicted.rfind('\n', predicted.size() - 2) + 1), 180,
              1e-2)
      << predicted;
}

// What the page of the examples promises.
TEST(Examples, AreEachOnTheirPageAndInATest) {
  const std::filesystem::path source = TUTTI_SOURCE_DIR, examples = source / "launch/examples";
  std::string tests;
  for (const auto& entry : std::filesystem::directory_iterator(source / "tests/launch"))
    if (entry.path().extension() == ".cpp") tests += read_text(entry.path());
  const std::string page = read_text(examples / "README.md");
  for (const auto& entry : std::filesystem::directory_iterator(examples)) {
    const std::string file = entry.path().filename(), name = entry.path().stem();
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".yaml") continue;
    EXPECT_NE(page.find("`" + file + "`"), std::string::npos) << file;
    const std::string called = file.ends_with(".cpp") ? "example_" + name : file;
    EXPECT_TRUE(tests.find(called) != std::string::npos ||
                tests.find("\"" + name + "\"") != std::string::npos)
        << file;
  }
}

}  // namespace
}  // namespace tutti::testing_support
