#include <gmock/gmock.h>

#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;

class ReportTest : public InTemporaryFolder {
 protected:
  static std::string example(const std::string& name) {
    return quoted_word(std::string(TUTTI_SOURCE_DIR) + "/launch/examples/" + name);
  }
  Finished succeed(const std::string& line) const {
    Finished got = shell(line);
    EXPECT_EQ(got.code, 0) << line << "\n" << got.out << got.err;
    return got;
  }
  std::string page(const std::string& run) const {
    return read_text(folder_ / run / "report.html");
  }
  void expect_pictures(const std::string& run, const std::vector<std::string>& names) const {
    for (const auto& name : names)
      for (const char* ending : {".svg", ".png"})
        EXPECT_GT(read_text(folder_ / run / "report" / (name + ending)).size(), 500u)
            << name << ending;
  }
  bool has_picture(const std::string& run, const std::string& name) const {
    return std::filesystem::exists(folder_ / run / "report" / (name + ".svg"));
  }
};

TEST_F(ReportTest, ATrainingEndsWithOne) {
  const auto got = succeed("tutti train " + example("digits.yaml") + " --set fit.epochs=3 --run r");
  EXPECT_THAT(got.out, HasSubstr("report: r/report.html"));
  expect_pictures(
      "r", {"model", "curve_loss", "curve_accuracy", "class_balance", "confusion_matrix_dense_2",
            "roc_dense_2", "precision_recall_dense_2", "misclassified_dense_2", "gradient_norms",
            "weight_norms", "activations", "filters", "loss_against_weight"});
  const std::string html = page("r");
  for (const char* words : {"<h1>digits</h1>", "test accuracy", "Nothing ails this training",
                            "Confusion matrix", "17,226 parameters", "1,437 rows to train on"})
    EXPECT_THAT(html, HasSubstr(words));
  // It needs nothing beside itself.
  for (const char* words : {"<script", "src=\"", "@import", "url("})
    EXPECT_THAT(html, Not(HasSubstr(words)));
  EXPECT_THAT(html, HasSubstr(last_line(got.out)));  // the digest
  // Made again from the run's files it is the same.
  succeed("tutti report r");
  EXPECT_TRUE(page("r") == html);
}

TEST_F(ReportTest, TheBitsAreThoseOfARunWithout) {
  const std::string job = "tutti train " + example("iris.yaml") + " --set fit.epochs=5 --run ";
  const auto with = succeed(job + "with"), without = succeed(job + "without --set report=false");
  EXPECT_EQ(last_line(with.out), last_line(without.out));
  EXPECT_EQ(read_text(folder_ / "with/history.csv"), read_text(folder_ / "without/history.csv"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "without/report.html"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "without/training_record.jsonl"));
  succeed("tutti report without");  // what was not recorded is left out
  EXPECT_TRUE(has_picture("without", "curve_loss"));
  EXPECT_FALSE(has_picture("without", "gradient_norms"));
}

TEST_F(ReportTest, SaysWhatTheAnswersRestOn) {
  std::string rows = "kind,size,noise,worth\n";
  for (int i = 0; i < 120; ++i) {
    const int size = i * 7 % 11 - 5, noise = i * 5 % 9 - 4;
    rows += std::string(i % 2 ? "red," : "blue,") + std::to_string(size) + "," +
            std::to_string(noise) + (3 * size + (i % 2 ? 2 : 0) > 0 ? ",much\n" : ",little\n");
  }
  write("worth.csv", rows);
  write("worth.yaml", R"(
data: {csv: worth.csv, label: worth, columns: {kind: one_hot}, split: {test: 0.25, seed: 1}}
model: [{Dense: {units: 8, activation: tanh}}, {Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
optimizer: {Adam: {learning_rate: 0.05}}
fit: {epochs: 30, batch_size: 16, verbose: 0}
seed: 1
)");
  succeed("tutti train worth.yaml --run r");
  expect_pictures("r", {"importance_dense_1", "waterfall_dense_1_1", "force_dense_1_1"});
  EXPECT_THAT(page("r"), HasSubstr("Why it says so"));
  const std::string importance = read_text(folder_ / "r/report/importance_dense_1.svg");
  for (const char* name : {"size", "noise", "kind = red"}) EXPECT_THAT(importance, HasSubstr(name));
  EXPECT_LT(importance.find(">size<"), importance.find(">noise<"));  // the most important first
}

// However many ranks trained, one looks on and sees the same.
TEST_F(ReportTest, RecordAndPageAreThoseOfOneRank) {
  const std::string job =
      "train " + example("digits.yaml") + " --set fit.epochs=2 --set fit.verbose=0 --run ";
  succeed("tutti " + job + "one");
  succeed(mpirun(2) + job + "two");
  for (const char* file : {"training_record.jsonl", "report.html"})
    EXPECT_TRUE(read_text(folder_ / "one" / file) == read_text(folder_ / "two" / file)) << file;
}

// What stands in the page's place is a folder of the run's own event log.
TEST_F(ReportTest, ATrainingIsNotFailedByItsPage) {
  write("job.yaml",
        "data: {dataset: iris}\nmodel: [{Dense: {units: 3, activation: softmax}}]\n"
        "loss: sparse_categorical_crossentropy\nfit: {epochs: 1, verbose: 0}\n"
        "callbacks: [{TensorBoard: {log_dir: report.html}}]\n");
  const Finished got = succeed("tutti train job.yaml --run r");
  EXPECT_THAT(got.err, HasSubstr("the run has no report"));
  EXPECT_THAT(last_line(got.out), HasSubstr("parameters "));
}

TEST_F(ReportTest, NothingOfOthersIsWrittenOver) {
  std::filesystem::create_directories(folder_ / "report");
  write("report/mine.txt", "kept");
  const Finished got = shell("tutti train " + example("iris.yaml") + " --run .");
  EXPECT_EQ(got.code, 8) << got.err;
  EXPECT_EQ(read_text(folder_ / "report/mine.txt"), "kept");
}

TEST_F(ReportTest, TheLessonOfTheDeadReluIsNamed) {
  write("line.csv", "x,y\n1,2\n2,4\n3,6\n4,8\n5,10\n");
  write("dead.yaml", R"(
name: dead
data: {csv: line.csv, inputs: [x], label: y}
model:
  - Dense: {units: 2, activation: relu, kernel_initializer: {Constant: {value: -0.5}}}
  - Dense: {units: 1, kernel_initializer: {Constant: {value: 0.3}}}
loss: mse
optimizer: {SGD: {learning_rate: 0.01}}
fit: {epochs: 100, batch_size: 5, verbose: 0}
)");
  succeed("tutti train dead.yaml --run r");
  EXPECT_THAT(page("r"), HasSubstr("All of the 2 units of layer &#39;dense&#39; (relu) are dead"));
  EXPECT_THAT(page("r"), HasSubstr("leaky_relu"));
  expect_pictures("r", {"fitted_curve", "predicted_dense_1", "model_neurons"});
}

TEST_F(ReportTest, TwoFeaturesHaveAPlaneAndImagesFeatureMaps) {
  std::string rows = "x,y,side\n";
  for (int i = 0; i < 80; ++i) {
    const int x = i % 9 - 4, y = i % 7 - 3;
    rows += std::to_string(x) + "," + std::to_string(y) + (x + y > 0 ? ",over\n" : ",under\n");
  }
  write("plane.csv", rows);
  write("plane.yaml", R"(
data: {csv: plane.csv, label: side, split: {test: 0.25, seed: 1}}
model: [{Dense: {units: 4, activation: tanh}}, {Dense: {units: 1, activation: sigmoid}}]
loss: binary_crossentropy
optimizer: {Adam: {learning_rate: 0.02}}
metrics: [accuracy]
fit: {epochs: 5, batch_size: 10, validation_split: 0.2, verbose: 0}
seed: 1
)");
  succeed("tutti train plane.yaml --run plane");
  expect_pictures("plane", {"decision_boundary", "model_neurons", "roc_dense_1"});
  write("images.yaml", R"(
data: {dataset: digits, scale: 0.0625, split: {test: 0.2, seed: 1}}
model:
  - Reshape: {target_shape: [8, 8, 1]}
  - Conv2D: {filters: 4, kernel_size: 3, activation: relu}
  - Flatten
  - Dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
fit: {epochs: 1, verbose: 0}
seed: 1
)");
  succeed("tutti train images.yaml --run images");
  expect_pictures(
      "images", {"filters", "feature_maps", "model_blocks", "misclassified_dense", "pixels_dense"});
}

TEST_F(ReportTest, RowsWithoutLabelsArePredicted) {
  succeed("tutti train " + example("iris.yaml") + " --set fit.epochs=2 --run r");
  write("new.csv", "sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n");
  succeed("tutti report r --unlabelled new.csv");
  EXPECT_THAT(page("r"), HasSubstr("Rows without labels"));
  EXPECT_EQ(shell("tutti report r --unlabelled none.csv").code, 4);
  EXPECT_EQ(shell("tutti report nothing").code, 4);
}

TEST_F(ReportTest, WhatIsGoneIsLeftOutAndSaid) {
  write("line.csv", "x,y\n1,2\n2,4\n3,6\n4,8\n5,10\n");
  write("job.yaml",
        "data: {csv: line.csv, label: y}\nmodel: [{Dense: {units: 1}}]\nloss: mse\n"
        "optimizer: sgd\nfit: {epochs: 2, verbose: 0}\n");
  succeed("tutti train job.yaml --run r");
  EXPECT_TRUE(has_picture("r", "predicted_dense"));
  std::filesystem::remove(folder_ / "line.csv");
  succeed("tutti report r");
  EXPECT_FALSE(has_picture("r", "predicted_dense"));
  EXPECT_TRUE(has_picture("r", "curve_loss"));
  EXPECT_THAT(page("r"), HasSubstr("cannot be read any more"));
}

}  // namespace
}  // namespace tutti::testing_support
