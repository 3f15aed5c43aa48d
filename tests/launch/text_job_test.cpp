// Jobs on text, folds of a job, and what a run keeps of a vocabulary.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/base/error.h"
#include "io/folds.h"
#include "io/formats/text_folder.h"
#include "launch/job_data.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TextJobTest : public InTemporaryFolder {
 protected:
  void write_reviews() const {
    const char* const good[] = {"good", "fine", "lovely", "great"};
    const char* const bad[] = {"bad", "dull", "poor", "awful"};
    std::string csv = "review,label\n";
    for (int i = 0; i < 60; ++i)
      csv += fmt::format("\"The {} film, no {}: {}!\",{}\n", i % 7, i % 5,
                         (i % 3 != 1 ? good : bad)[i / 3 % 4], i % 3 != 1 ? 1 : 0);
    write("reviews.csv", csv);
  }
  void write_job(const std::string& first) const {
    write("sentiment.yaml",
          "name: sentiment\n"
          "data: {csv: reviews.csv, label: label, columns: {review: text},\n"
          "       split: {test: 0.2, seed: 1}}\n"
          "model:\n" +
              first +
              "  - Dense: {units: 1, activation: sigmoid}\n"
              "loss: binary_crossentropy\n"
              "metrics: [accuracy]\n"
              "optimizer: {Adam: {learning_rate: 0.02}}\n"
              "fit: {epochs: 40, batch_size: 8}\n"
              "seed: 3\n");
  }
  Finished succeed(const std::string& line) const {
    Finished got = shell(line);
    EXPECT_EQ(got.code, 0) << line << "\n" << got.out << got.err;
    return got;
  }
};

const char* const kEmbedded =
    "  - TextVectorization: {max_tokens: 60, output_sequence_length: 8, name: words}\n"
    "  - Embedding: {input_dim: 60, output_dim: 8}\n"
    "  - GlobalAveragePooling1D\n";

TEST_F(TextJobTest, TrainsOnTextKeepsTheVocabularyAndPredicts) {
  write_reviews();
  write_job(kEmbedded);
  const std::string trained = succeed("tutti train sentiment.yaml --run r").out;
  EXPECT_THAT(trained, HasSubstr("test: accuracy: 1.0"));
  EXPECT_THAT(read_text(folder_ / "r/assets/words/vocabulary.txt"), HasSubstr("\n[UNK]\n"));
  EXPECT_THAT(succeed("tutti evaluate r").out, HasSubstr("accuracy: 1.0"));
  EXPECT_THAT(read_text(folder_ / "r/report/words_dense_1.svg"), HasSubstr("film"));
  write("new.csv", "review\na lovely film\nan awful film\n");
  succeed("tutti predict r --input new.csv --output y.csv");
  std::istringstream said(read_text(folder_ / "y.csv"));
  std::string name;
  double good = 0, bad = 1;
  said >> name >> good >> bad;
  EXPECT_GT(good, 0.5);
  EXPECT_LT(bad, 0.5);
  // The run's own job gives the same bits, and so do two ranks.
  const auto last = [](const std::string& out) { return out.substr(out.rfind("parameters")); };
  EXPECT_EQ(last(succeed("tutti train r/job.yaml --run again").out), last(trained));
  EXPECT_EQ(last(succeed(mpirun(2) + "train sentiment.yaml --run two").out), last(trained));
}

TEST_F(TextJobTest, KeepsWeightsOfTokensToo) {
  write_reviews();
  write_job("  - TextVectorization: {output_mode: tf_idf, name: words}\n");
  const std::string trained = succeed("tutti train sentiment.yaml --run r").out;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "r/assets/words/idf_weights.npy"));
  EXPECT_EQ(succeed("tutti summary sentiment.yaml").out, succeed("tutti summary r").out);
  const auto tested = trained.substr(trained.find("test: ") + 6, 16);
  EXPECT_THAT(succeed("tutti evaluate r").out, HasSubstr(tested));
}

TEST_F(TextJobTest, SaysWhatDoesNotFit) {
  write_reviews();
  write_job("  - Embedding: {input_dim: 60, output_dim: 8}\n  - Flatten\n");
  EXPECT_THAT(shell("tutti train sentiment.yaml").err, HasSubstr("text"));
  write_job("  - TextVectorization: {vocabulary: /etc/passwd, output_mode: count}\n");
  EXPECT_THAT(shell("tutti train sentiment.yaml").err, HasSubstr("follows no path"));
  write_job("  - TextVectorization\n  - Flatten\n");
  EXPECT_THAT(shell("tutti train sentiment.yaml").err, HasSubstr("output_sequence_length"));
}

TEST_F(TextJobTest, ReadsFoldersOfText) {
  for (int i = 0; i < 6; ++i)
    for (const char* kind : {"neg", "pos"}) {
      std::filesystem::create_directories(folder_ / "texts" / kind);
      write(fmt::format("texts/{}/{}.txt", kind, i), fmt::format("{} {}\n", kind, i));
    }
  const Dataset data =
      text_dataset_from_directory((folder_ / "texts").string(), {.shuffle = false});
  EXPECT_EQ(data.rows(), 12);
  EXPECT_THAT(data.class_names()[0], ElementsAre("neg", "pos"));
  EXPECT_EQ(data.features().to_strings()[7], "pos 1\n");
  EXPECT_EQ(data.labels().at({7}), 1);
  const Dataset held = text_dataset_from_directory(
      (folder_ / "texts").string(), {.seed = 4, .validation_split = 0.25, .subset = "validation"});
  EXPECT_EQ(held.rows(), 3);
  const JobData job = load_job_data(Job::parse(
      "data: {text_folder: texts, columns: {text: text}}\nfolder: " + folder_.string() + "\n",
      "job.yaml"));
  EXPECT_EQ(job.train.rows.labels().to_vector<int>(), data.labels().to_vector<int>());
}

TEST_F(TextJobTest, TakesAFoldToValidate) {
  std::string csv = "x,kind\n";
  for (int row = 0; row < 30; ++row) csv += fmt::format("{},{}\n", row, row % 3);
  write("t.csv", csv);
  const auto load = [&](const std::string& split) {
    return load_job_data(Job::parse("data: {csv: t.csv, inputs: x, label: kind, split: {" + split +
                                        "}}\nfolder: " + folder_.string() + "\n",
                                    "job.yaml"));
  };
  const JobData data = load("kfold: 5, fold: 2, seed: 9");
  std::vector<float> wanted;
  const auto folds = KFold{5, 9}.split(30);
  for (const int64_t row : folds[2].test) wanted.push_back(static_cast<float>(row));
  EXPECT_EQ(data.validation.rows.features().to_vector<float>(), wanted);
  EXPECT_EQ(data.train.rows.rows(), 24);
  const JobData even = load("kfold: 5, fold: 0, seed: 9, stratify: kind, test: 0.5");
  EXPECT_EQ(even.test.rows.rows(), 15);
  EXPECT_EQ(even.validation.rows.rows(), 3);
  const auto refusal = [&](const std::string& split) {
    try {
      load(split);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(refusal("kfold: 5, fold: 5"), HasSubstr("at most 4"));
  EXPECT_THAT(refusal("fold: 1, test: 0.2"), HasSubstr("kfold"));
  EXPECT_THAT(refusal("kfold: 5, validation: 0.2"), HasSubstr("validate already"));
}

}  // namespace
}  // namespace tutti::testing_support
