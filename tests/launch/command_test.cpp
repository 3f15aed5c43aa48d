#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "core/base/error.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

const char* const kParameters = "parameters [0-9a-f]+ tutti-[0-9.]+/cpu/[a-z0-9_]+/onednn-[0-9.]+";

class CommandTest : public InTemporaryFolder {
 protected:
  static std::string example(const std::string& name) {
    return quoted_word(std::string(TUTTI_SOURCE_DIR) + "/launch/examples/" + name);
  }
  Finished succeed(const std::string& line) const {
    Finished got = shell(line);
    EXPECT_EQ(got.code, 0) << line << "\n" << got.out << got.err;
    return got;
  }
};

TEST_F(CommandTest, HelpNamesEveryCommandAndExitCode) {
  const std::string help = succeed("tutti --help").out;
  for (const char* command : {"train", "evaluate", "predict", "summary", "inspect", "list"}) {
    EXPECT_THAT(help, HasSubstr(std::string("tutti ") + command));
    const std::string own = succeed(std::string("tutti ") + command + " --help").out;
    EXPECT_THAT(own, HasSubstr("Example:\n"));
    EXPECT_THAT(own, HasSubstr(std::string("  tutti ") + command + " "));
  }
  for (int code = 0; code <= static_cast<int>(ExitCode::missing); ++code)
    EXPECT_TRUE(std::regex_search(help, std::regex("\n  " + std::to_string(code) + "  \\S")))
        << code;
}

TEST_F(CommandTest, ListReadsTheRegistry) {
  EXPECT_THAT(succeed("tutti list").out, HasSubstr("Dense"));
  EXPECT_THAT(succeed("tutti list layer").out, HasSubstr("Dense"));
  EXPECT_THAT(succeed("tutti list layers").out, HasSubstr("Dense"));
  const std::string dense = succeed("tutti list layer dense").out;
  EXPECT_TRUE(std::regex_search(dense, std::regex("\nunits +int +required")));
  EXPECT_TRUE(std::regex_search(dense, std::regex("\nuse_bias +bool +true")));
  const auto json = nlohmann::json::parse(succeed("tutti list layer Dense --json").out);
  EXPECT_EQ(json["name"], "Dense");
  EXPECT_EQ(json["arguments"][0]["name"], "units");
  EXPECT_GT(nlohmann::json::parse(succeed("tutti list --json").out).size(), 40u);
}

TEST_F(CommandTest, SummaryCountsTheLessonsParameters) {
  const std::string iris = succeed("tutti summary " + example("iris.yaml")).out;
  for (const char* count : {"40", "90", "110", "33", "273"}) EXPECT_THAT(iris, HasSubstr(count));
  EXPECT_THAT(succeed("tutti summary " + example("iris_two_outputs.yaml")).out, HasSubstr("284"));
}

TEST_F(CommandTest, ARunHoldsAllThatTheOtherCommandsNeed) {
  const Finished trained =
      succeed("tutti train " + example("iris.yaml") + " --set fit.epochs=3 --run r");
  const std::string line = last_line(trained.out);
  EXPECT_TRUE(std::regex_match(line, std::regex(kParameters))) << trained.out;
  for (const char* file : {"job.yaml", "columns.yaml", "history.csv", "model.weights.safetensors",
                           "result.yaml", "run.log"})
    EXPECT_TRUE(std::filesystem::exists(folder_ / "r" / file)) << file;
  const std::string history = read_text(folder_ / "r/history.csv");
  EXPECT_EQ(std::count(history.begin(), history.end(), '\n'), 4) << history;

  const Finished inspected = succeed("tutti inspect r");
  EXPECT_EQ(last_line(inspected.out), line);
  EXPECT_THAT(inspected.out, HasSubstr("dense/kernel"));
  EXPECT_THAT(inspected.out, HasSubstr("dense_3/bias"));
  EXPECT_THAT(succeed("tutti summary r").out, HasSubstr("273"));

  // The resolved job trains to the same bits, from any folder.
  EXPECT_EQ(
      last_line(succeed("cd / && tutti train \"$OLDPWD/r/job.yaml\" --run \"$OLDPWD/again\"").out),
      line);
  EXPECT_EQ(read_text(folder_ / "again/job.yaml"), read_text(folder_ / "r/job.yaml"));

  const Finished refused = shell("tutti train r/job.yaml --run r");
  EXPECT_EQ(refused.code, static_cast<int>(ExitCode::io));
  EXPECT_THAT(refused.err, HasSubstr("holds a run already"));
}

TEST_F(CommandTest, PathsOfAJobBeginAtItsFolder) {
  std::filesystem::create_directory(folder_ / "jobs");
  write("jobs/points.csv", "a,b,label\n1,2,0\n2,1,1\n3,5,0\n4,3,1\n");
  write("jobs/points.yaml",
        "data: {csv: points.csv, label: label}\nmodel: [{Dense: {units: 2, activation: softmax}}]\n"
        "loss: sparse_categorical_crossentropy\nfit: {batch_size: 2}\nseed: 1\n");
  const std::string line = last_line(succeed("tutti train jobs/points.yaml --run from_above").out);
  EXPECT_EQ(last_line(succeed("cd jobs && tutti train points.yaml --run ../beside").out), line);
  EXPECT_EQ(last_line(succeed("tutti train beside/job.yaml --run again").out), line);
}

TEST_F(CommandTest, EvaluateAndPredictApplyTheStoredColumns) {
  succeed("tutti train " + example("iris.yaml") + " --set fit.epochs=40 --run r");
  const auto tested = nlohmann::json::parse(succeed("tutti evaluate r --json").out);
  EXPECT_EQ(tested["rows"], 30);
  EXPECT_THAT(read_text(folder_ / "r/result.yaml"), HasSubstr("accuracy: "));
  const std::string all = "'{dataset: iris}'";
  const auto everything =
      nlohmann::json::parse(succeed("tutti evaluate r --json --data " + all).out);
  EXPECT_EQ(everything["rows"], 150);
  EXPECT_GT(everything["accuracy"].get<double>(), 0.8);

  write("new.csv",
        "sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n7.7,2.6,6.9,2.3\n");
  succeed("tutti predict r --input new.csv --output species.csv --labels");
  EXPECT_EQ(read_text(folder_ / "species.csv"), "dense_3\nsetosa\nvirginica\n");
  succeed("tutti predict r --input new.csv --output p.csv --probabilities");
  EXPECT_THAT(read_text(folder_ / "p.csv"),
              testing::StartsWith("dense_3_setosa,dense_3_versicolor,dense_3_virginica\n"));
  succeed("tutti predict r --input new.csv --output y.npy");
  EXPECT_THAT(read_text(folder_ / "y.npy"), HasSubstr("'shape': (2, 3)"));
}

TEST_F(CommandTest, TheExamplesReachTheirAccuracy) {
  const auto accuracy = [&](const std::string& line) {
    const Finished got = succeed(line);
    std::smatch match;
    EXPECT_TRUE(std::regex_search(got.out, match, std::regex("test[: ].*accuracy:? ([0-9.]+)")))
        << got.out;
    return match.empty() ? 0.0 : std::stod(match[1]);
  };
  EXPECT_GE(accuracy("tutti train " + example("iris.yaml") + " --run a"), 0.96);
  EXPECT_GE(accuracy("tutti train " + example("digits.yaml") + " --run b"), 0.96);
  EXPECT_GE(accuracy(quoted_word(std::string(TUTTI_BINARY_DIR) + "/bin/example_iris")), 0.96);
  // As in Keras, validation_split takes the last rows.
  succeed("tutti train " + example("digits.yaml") +
          " --set data.split= --set fit.validation_split=0.2 --run c");
  const std::string history = read_text(folder_ / "c/history.csv");
  const std::string header = history.substr(0, history.find('\n'));
  EXPECT_THAT(header, HasSubstr("val_accuracy"));
  std::istringstream names(header), values(last_line(history));
  for (std::string name, value; std::getline(names, name, ',') && std::getline(values, value, ',');)
    if (name == "val_accuracy") {
      EXPECT_GE(std::stod(value), 0.90);
    }
}

TEST_F(CommandTest, TwoOutputsReportKerasNames) {
  const Finished got =
      succeed("tutti train " + example("iris_two_outputs.yaml") + " --set fit.epochs=2 --run r");
  for (const char* name : {"outputs_1_accuracy", "outputs_1_loss", "outputs_2_loss"})
    EXPECT_THAT(got.out, HasSubstr(name));
}

TEST_F(CommandTest, TrainsTheIrisInLittleMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  const std::string job = std::string(TUTTI_SOURCE_DIR) + "/launch/examples/iris.yaml";
  const pid_t child = fork();
  if (child == 0) {
    std::filesystem::current_path(folder_);
    if (std::freopen("out", "w", stdout) && std::freopen("err", "w", stderr))
      execl(tutti_program().c_str(), "tutti", "train", job.c_str(), "--run", "r", nullptr);
    _exit(127);
  }
  int status = 0;
  rusage used{};
  ASSERT_EQ(wait4(child, &status, 0, &used), child);
  EXPECT_EQ(status, 0) << read_text(folder_ / "err");
  EXPECT_LE(used.ru_maxrss, 80 * 1024);  // in KiB
}

}  // namespace
}  // namespace tutti::testing_support
