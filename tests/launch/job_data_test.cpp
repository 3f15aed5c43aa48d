#include "launch/job_data.h"

#include <gmock/gmock.h>

#include "core/base/error.h"
#include "io/formats/npy.h"
#include "io/split.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;
using ::testing::StartsWith;

class JobDataTest : public InTemporaryFolder {
 protected:
  JobData load(const std::string& data) const {
    return load_job_data(
        Job::parse("data: " + data + "\nfolder: " + folder_.string() + "\n", "job.yaml"));
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

TEST_F(JobDataTest, SplitsAsScikitLearnDoes) {
  const JobData data = load("{dataset: iris, split: {test: 0.2, validation: 0.2, seed: 42}}");
  EXPECT_EQ(data.train.rows.rows(), 90);
  EXPECT_EQ(data.validation.rows.rows(), 30) << "a share of all rows";
  const Dataset all = load("{dataset: iris}").train.rows;
  const auto test = train_test_rows(150, 0.2, 42);
  EXPECT_EQ(data.test.rows.features().to_vector<float>(),
            all.features().take_rows(test.test).to_vector<float>());
  const auto rest = train_test_rows(120, 0.25, 42);
  EXPECT_EQ(data.train.rows.labels().at({0}),
            all.labels().at({test.train[static_cast<size_t>(rest.train[0])]}));
}

TEST_F(JobDataTest, StratifiesByNumbersAndByWords) {
  for (const char* column : {"species", "kind"}) {
    std::string csv = "x,species,kind\n";
    for (int row = 0; row < 30; ++row)
      csv +=
          fmt::format("{},{},{}\n", row, row % 3, std::string(1, static_cast<char>('a' + row % 3)));
    write("t.csv", csv);
    const JobData data = load(fmt::format(
        "{{csv: t.csv, inputs: x, label: kind, split: {{test: 0.2, seed: 3, stratify: {}}}}}",
        column));
    const auto labels = data.test.rows.labels().to_vector<int>();
    for (int label = 0; label < 3; ++label)
      EXPECT_EQ(std::count(labels.begin(), labels.end(), label), 2) << column;
  }
}

TEST_F(JobDataTest, FitsColumnsToTheRowsBeforeAValue) {
  write("people.csv", "age,fare,hours,day\n20,1,1.5,a\n30,2,2.5,b\n40,3,0.5,c\n50,1000,1,d\n");
  for (const char* split : {"{by: age, after: 45}", "{by: day, after: c}"}) {
    const JobData data =
        load(fmt::format("{{csv: people.csv, label: hours, inputs: fare, columns: {{fare: "
                         "standardize}}, split: {}}}",
                         split));
    const double scale = std::sqrt(2.0 / 3);  // of 1, 2, 3, without the 1000
    EXPECT_THAT(data.train.rows.features().to_vector<float>(),
                Pointwise(FloatNear(1e-6f), std::vector<double>{-1 / scale, 0, 1 / scale}));
    EXPECT_NEAR(data.test.rows.features().item(), 998 / scale, 1e-3);
    EXPECT_EQ(data.validation.rows.rows(), 0);
  }
}

TEST_F(JobDataTest, ReadsOtherRowsUnderTheSameColumns) {
  write("people.csv", "age,hours\n20,1.5\n40,2.5\n");
  write("more.csv", "hours,age\n2.5,50\n");
  const JobData data = load("{csv: people.csv, label: hours, columns: {age: standardize}}");
  const std::string more = (folder_ / "more.csv").string();
  for (const std::string& spec : {more, "{csv: " + more + "}"}) {
    const DataPart part = load_rows(spec, "--data", data.columns, true);
    EXPECT_THAT(part.rows.features().to_vector<float>(), ElementsAre(2));
    EXPECT_THAT(part.rows.labels().to_vector<float>(), ElementsAre(2.5));
    EXPECT_THAT(part.place(0), testing::HasSubstr("more.csv:2"));
  }
}

TEST_F(JobDataTest, EvensOutTheClassesOfTrainingRowsOnly) {
  std::string csv = "a,b,kind\n";
  for (int row = 0; row < 50; ++row)
    csv += fmt::format("{},{},{}\n", row, row * 7 % 50, row % 5 == 0 ? "rare" : "usual");
  write("t.csv", csv);
  const std::string split = "split: {test: 0.2, seed: 3, stratify: kind}";
  const auto counts = [&](const std::string& sampler) {
    const JobData data =
        load("{csv: t.csv, label: kind, " + split + ", resample: " + sampler + "}");
    const auto labels = data.train.rows.labels().to_vector<int>();
    EXPECT_EQ(data.test.rows.rows(), 10);
    return std::vector<int64_t>{std::count(labels.begin(), labels.end(), 0),
                                std::count(labels.begin(), labels.end(), 1)};
  };
  EXPECT_THAT(counts("SMOTE"), ElementsAre(32, 32));
  EXPECT_THAT(counts("{SMOTE: {sampling_strategy: {0: 20}, k_neighbors: 2}}"), ElementsAre(20, 32));
  EXPECT_THAT(counts("RandomOverSampler"), ElementsAre(32, 32));
  EXPECT_THAT(counts("{RandomUnderSampler: {random_state: 4}}"), ElementsAre(8, 8));
  EXPECT_THAT(refusal("{csv: t.csv, label: kind, resample: {SMOTE: {k_neighbors: 20}}}"),
              StartsWith("[job.yaml:1:"));
  EXPECT_THAT(refusal("{csv: t.csv, label: kind, resample: {SMOTE: {sampling_strategy: {x: 2}}}}"),
              ::testing::HasSubstr("an integer in place of 'x'"));
  EXPECT_THAT(refusal("{csv: t.csv, label: kind, resample: {SMOTE: {random_state: -1}}}"),
              StartsWith("[job.yaml:1:"));
}

TEST_F(JobDataTest, RefusesWhatNamesNoRows) {
  write("t.csv", "a,b\n1,x\n2,y\n");
  write_npy(folder_ / "wide.npy", Tensor::zeros({2, 3}));
  const std::pair<const char*, const char*> cases[] = {
      {"{csv: t.csv, npy: x.npy}", "[job.yaml:1:25] the data is named twice, by 'csv' and 'npy'"},
      {"{label: a}", "[job.yaml:1:7] the job has no data"},
      {"{csv: t.csv, label: a, split: {by: a, after: 99}}",
       "[job.yaml:1:37] 0 rows of 'a' lie after 99, 2 do not"},
      {"{csv: t.csv, label: a, split: {by: a, after: x}}", "[job.yaml:1:52] expected a number"},
      {"{npy: wide.npy, split: {by: features, after: 1}}",
       "[job.yaml:1:35] column 'features' has several values in a row"},
  };
  for (const auto& [data, message] : cases) EXPECT_THAT(refusal(data), StartsWith(message));
}

// Folders of pictures: rows of images, classes by the folders' names.
TEST_F(JobDataTest, TakesFoldersOfPictures) {
  const std::filesystem::path pictures = TUTTI_SOURCE_DIR "/tests/io/formats";
  for (const char* file : {"acorn/rgb.png", "beech/bits.png", "beech/fine.jpg"}) {
    const std::filesystem::path to = folder_ / "leaves" / file;
    std::filesystem::create_directories(to.parent_path());
    std::filesystem::copy_file(pictures / to.filename(), to);
  }
  const JobData data =
      load("{images: leaves, image_size: [6, 4], color_mode: grayscale, scale: 0.5}");
  EXPECT_EQ(data.train.rows.features().shape(), (Shape{3, 6, 4, 1}));
  EXPECT_THAT(data.train.rows.class_names()[0], ElementsAre("acorn", "beech"));
  EXPECT_THAT(data.train.rows.labels().to_vector<int>(), ElementsAre(0, 1, 1));
  EXPECT_LE(data.train.rows.features().to_vector<float>()[0], 127.5f);
  EXPECT_THAT(refusal("{images: nowhere}"), ::testing::HasSubstr("nowhere"));
  EXPECT_THAT(refusal("{images: leaves, image_siz: 4}"),
              ::testing::HasSubstr("did you mean 'image_size'"));
}

}  // namespace
}  // namespace tutti::testing_support
