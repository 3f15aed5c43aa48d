#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <map>
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
  for (const char* command :
       {"train", "evaluate", "predict", "summary", "inspect", "list", "plot", "report"}) {
    EXPECT_THAT(help, HasSubstr(std::string("tutti ") + command));
    const std::string own = succeed(std::string("tutti ") + command + " --help").out;
    EXPECT_THAT(own, HasSubstr("Example:\n"));
    EXPECT_THAT(own, HasSubstr(std::string("  tutti ") + command + " "));
  }
  for (int code = 0; code <= static_cast<int>(ExitCode::missing); ++code)
    EXPECT_TRUE(std::regex_search(help, std::regex("\n  " + std::to_string(code) + "  +\\S")))
        << code;
}

TEST_F(CommandTest, ListReadsTheRegistry) {
  EXPECT_THAT(succeed("tutti list").out, HasSubstr("Dense"));
  EXPECT_THAT(succeed("tutti list layer").out, HasSubstr("Dense"));
  EXPECT_THAT(succeed("tutti list layers").out, HasSubstr("Dense"));
  const std::string dense = succeed("tutti list layer dense").out;
  EXPECT_TRUE(std::regex_search(dense, std::regex("\nunits +int +required")));
  EXPECT_TRUE(std::regex_search(dense, std::regex("\nuse_bias +bool +true")));
  EXPECT_THAT(succeed("tutti list treatment OneHot").out, HasSubstr("no arguments of its own"));
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

// What the program chooses is in the resolved job: the batch size and the shards that follow.
TEST_F(CommandTest, AJobWithoutABatchSizeRepeats) {
  write("job.yaml",
        "data: {dataset: iris, split: {test: 0.2, seed: 42}}\n"
        "model: [{Dense: {units: 3, activation: softmax}}]\n"
        "loss: sparse_categorical_crossentropy\n");
  const std::string line = last_line(succeed("tutti train job.yaml --run r").out);
  EXPECT_THAT(read_text(folder_ / "r/job.yaml"), HasSubstr("batch_size: 32"));
  EXPECT_THAT(read_text(folder_ / "r/job.yaml"), HasSubstr("shards: 8"));
  EXPECT_EQ(last_line(succeed("tutti train r/job.yaml --run again").out), line);
  EXPECT_THAT(succeed("tutti evaluate r").out, HasSubstr("30 rows - loss: "));
}

// What cannot be trained leaves no directory behind, so that the corrected job may use its name.
TEST_F(CommandTest, ARefusedJobMakesNoRun) {
  write("job.yaml",
        "data: {dataset: iris}\nmodel: [{Dense: {units: 3, activation: softmax}}]\n"
        "loss: mse\n");
  EXPECT_EQ(shell("tutti train job.yaml --run r").code, static_cast<int>(ExitCode::job));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "r"));
  succeed("tutti train job.yaml --set loss=sparse_categorical_crossentropy --run r");
}

TEST_F(CommandTest, ARunWritesOverNothing) {
  write("job.yaml",
        "data: {dataset: iris}\nmodel: [{Dense: {units: 3, activation: softmax}}]\n"
        "loss: sparse_categorical_crossentropy\n");
  write("history.csv", "mine");
  std::filesystem::rename(folder_ / "job.yaml", folder_ / "iris.yaml");
  const Finished got = shell("tutti train iris.yaml --run .");
  EXPECT_EQ(got.code, static_cast<int>(ExitCode::io));
  EXPECT_THAT(got.err, HasSubstr("history.csv] is there already"));
  EXPECT_EQ(read_text(folder_ / "history.csv"), "mine");
}

TEST_F(CommandTest, ClassWeightsGoByNameOrNumber) {
  write("job.yaml",
        "data: {dataset: iris, validation_split: 0.1}\n"
        "model: [{Dense: {units: 3, activation: softmax}}]\n"
        "loss: sparse_categorical_crossentropy\nseed: 1\n");
  const auto trained = [&](const std::string& weights) {
    return succeed("tutti train job.yaml --set 'fit.class_weight=" + weights + "'");
  };
  const Finished named = trained("{virginica: 3}");
  EXPECT_EQ(last_line(named.out), last_line(trained("{2: 3}").out));
  EXPECT_NE(last_line(named.out), last_line(trained("{1: 3}").out));
  EXPECT_THAT(named.err, HasSubstr("training on 135 rows, validating on 15, testing on 0"));
}

// That the output is of classes is the loss's to say, whatever its name.
TEST_F(CommandTest, LabelsOfANumberedClassAreWritten) {
  write("data.csv", "a,b,label\n1,2,0\n1,3,1\n2,3,2\n");
  write("new.csv", "a,b\n1,2\n");
  write("job.yaml",
        "data: {csv: data.csv, label: label}\nmodel: [{Dense: {units: 3, activation: softmax}}]\n"
        "loss: crossentropy\nfit: {batch_size: 2, epochs: 1}\n");
  succeed("tutti train job.yaml --run r");
  succeed("tutti predict r --input new.csv --output y.csv --labels");
  EXPECT_TRUE(std::regex_match(read_text(folder_ / "y.csv"), std::regex("dense\n[012]\n")))
      << read_text(folder_ / "y.csv");
}

TEST_F(CommandTest, AnOutputMayHaveNoLossAndNoWeights) {
  write("job.yaml",
        "data:\n  dataset: iris\n  inputs: [sepal_length]\n"
        "  label: {a: petal_length, b: petal_width}\n"
        "  sample_weight: {a: sepal_width, b: null}\n"
        "model:\n  - Dense: {units: 1, name: a, inputs: features}\n"
        "  - Dense: {units: 1, name: b, inputs: features}\n"
        "loss: {a: mse, b: null}\nmetrics: {b: [mae]}\nweighted_metrics: {a: [mae]}\nseed: 1\n");
  const std::string line = last_line(succeed("tutti train job.yaml --run r").out);
  EXPECT_EQ(read_text(folder_ / "r/history.csv").substr(0, 23), "epoch,a_mae,b_mae,loss,");
  EXPECT_EQ(last_line(succeed("tutti train r/job.yaml --run again").out), line);
  succeed("tutti evaluate r --data '{dataset: iris}'");
}

TEST_F(CommandTest, AChangedRunIsRefused) {
  write("job.yaml",
        "data: {dataset: iris}\nmodel: [{Dense: {units: 3, activation: softmax}}]\n"
        "loss: sparse_categorical_crossentropy\n");
  succeed("tutti train job.yaml --run r");
  for (const char* file :
       {"job.yaml", "columns.yaml", "result.yaml", "model.weights.safetensors"}) {
    const std::string kept = read_text(folder_ / "r" / file);
    for (const std::string& damaged : {std::string(), std::string("{"), kept.substr(0, 7)}) {
      write(std::string("r/") + file, damaged);
      const Finished got = shell("tutti inspect r");
      EXPECT_EQ(got.code, static_cast<int>(ExitCode::data)) << file << ": " << got.err;
      EXPECT_EQ(std::count(got.err.begin(), got.err.end(), '\n'), 1) << got.err;
    }
    write(std::string("r/") + file, kept);
  }
  succeed("tutti inspect r");
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

// Each output by its own loss: logits of classes are converted, a quantity is left as it is.
TEST_F(CommandTest, PredictConvertsOnlyWhatHasClasses) {
  write("t.csv", "a,b,kind,size\n1,2,no,0.5\n2,1,yes,7.5\n3,5,no,3\n4,3,yes,4\n");
  write("job.yaml",
        "data: {csv: t.csv, inputs: {x: [a, b]}, label: {size: size, kind: kind}}\n"
        "model:\n  - Dense: {units: 1, name: kind, inputs: x}\n"
        "  - Dense: {units: 1, name: size, inputs: x}\n"
        "loss: {kind: {BinaryCrossentropy: {from_logits: true}}, size: mse}\n"
        "fit: {batch_size: 2}\nseed: 1\n");
  succeed("tutti train job.yaml --run r");
  const auto predicted = [&](const std::string& how) {
    succeed("tutti predict r --input t.csv --output y.csv " + how);
    std::istringstream lines(read_text(folder_ / "y.csv"));
    std::pair<std::vector<std::string>, std::vector<std::string>> columns;
    for (std::string line; std::getline(lines, line);) {
      columns.first.push_back(line.substr(0, line.find(',')));
      columns.second.push_back(line.substr(line.find(',') + 1));
    }
    return columns;
  };
  const auto [logits, sizes] = predicted("");
  const auto [labels, labelled_sizes] = predicted("--labels");
  const auto [probabilities, other_sizes] = predicted("--probabilities");
  EXPECT_EQ(labelled_sizes, sizes);
  EXPECT_EQ(other_sizes, sizes);
  ASSERT_EQ(logits.size(), 5u);
  for (size_t row = 1; row < logits.size(); ++row) {
    EXPECT_EQ(labels[row], std::stod(logits[row]) > 0 ? "yes" : "no");
    EXPECT_NEAR(std::stod(probabilities[row]), 1 / (1 + std::exp(-std::stod(logits[row]))), 1e-6);
  }
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
  std::map<std::string, std::string> last;
  for (std::string name, value; std::getline(names, name, ',');) {
    ASSERT_TRUE(std::getline(values, value, ',')) << "no " << name << " in " << history;
    last[name] = value;
  }
  EXPECT_GE(std::stod(last.at("val_accuracy")), 0.90);
}

TEST_F(CommandTest, TwoOutputsReportKerasNames) {
  const Finished got =
      succeed("tutti train " + example("iris_two_outputs.yaml") + " --set fit.epochs=2 --run r");
  for (const char* name : {"outputs_1_accuracy", "outputs_1_loss", "outputs_2_loss"})
    EXPECT_THAT(got.out, HasSubstr(name));
  EXPECT_THAT(succeed("tutti evaluate r").out, HasSubstr("outputs_2_mae: "));
  EXPECT_THAT(succeed("tutti train r/job.yaml --run again").out, HasSubstr("outputs_2_mae: "));
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
