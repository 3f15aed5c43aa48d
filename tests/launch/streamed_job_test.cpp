// Jobs whose rows are read as they are taken: the bits of those in memory, on any ranks and
// threads, killed and gone on with.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/base/error.h"
#include "io/formats/npy.h"
#include "io/formats/tfrecord.h"
#include "launch/job_data.h"
#include "launch/row_feed.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kNet = R"(
model:
  - Dense: {units: 16, activation: relu}
  - Dropout: {rate: 0.2}
  - Dense: {units: 3}
loss: {SparseCategoricalCrossentropy: {from_logits: true}}
metrics: [accuracy]
fit: {epochs: 2, batch_size: 32, verbose: 0}
seed: 3
shards: 4
report: false
)";

class StreamedJob : public InTemporaryFolder {
 protected:
  void write_csv(const std::string& name, int64_t rows) const {
    std::string text = "a,b,sex,class\n";
    for (int64_t i = 0; i < rows; ++i)
      text += fmt::format("{},{},{},{}\n", i * 37 % 101, 0.5 * static_cast<double>(i * 13 % 17),
                          i % 4 ? "m" : "f",
                          i * 37 % 101 < 30 ? "low"
                          : i % 2           ? "mid"
                                            : "high");
    write(name, text);
  }
  void write_job(const std::string& data) const { write("job.yaml", "data: " + data + kNet); }
  std::string trained(const std::string& program, const std::string& more) {
    const std::string line =
        program + " train job.yaml --run run" + std::to_string(++runs_) + " " + more;
    const Finished run = shell(line);
    EXPECT_EQ(run.code, 0) << line << "\n" << run.out << run.err;
    newest_ = run;
    return last_line(run.out);
  }
  std::string newest_run() const { return "run" + std::to_string(runs_); }

  Finished newest_;
  int runs_ = 0;
};

TEST_F(StreamedJob, HasTheBitsOfOneInMemoryOnAnyRanksAndThreads) {
  write_csv("a.csv", 400), write_csv("b.csv", 333);
  write_job(
      "{csv: '*.csv', label: class, columns: {sex: one_hot, '*': standardize}, split: {test: 0.1, "
      "validation: 0.2, seed: 5}}");
  const std::string line = trained("tutti", "");
  EXPECT_THAT(line, StartsWith("parameters "));
  const std::string in_memory = newest_.out;
  EXPECT_FALSE(std::filesystem::exists(folder_ / newest_run() / "index"));
  EXPECT_EQ(trained("tutti", "--set data.in_memory=false"), line);
  const auto test_line = [](const std::string& out) {
    return out.substr(out.find("test: "), out.find('\n', out.find("test: ")) - out.find("test: "));
  };
  EXPECT_EQ(test_line(newest_.out), test_line(in_memory));
  EXPECT_TRUE(std::filesystem::exists(folder_ / newest_run() / "index"));
  for (const int ranks : {2, 3})
    for (const char* prefetch : {"0", "3"})
      EXPECT_EQ(trained(mpirun(ranks), std::string("--set data.in_memory=false --set "
                                                   "data.prefetch=") +
                                           prefetch + " --cache cache"),
                line)
          << ranks << " ranks, " << prefetch << " threads";
  EXPECT_FALSE(std::filesystem::exists(folder_ / newest_run() / "index"));
  const Finished judged = shell("tutti evaluate run2 --json");
  EXPECT_EQ(judged.code, 0) << judged.err;
  EXPECT_EQ(judged.out, shell("tutti evaluate run1 --json").out);
}

TEST_F(StreamedJob, ReadsEveryKindOfFile) {
  std::vector<float> x;
  std::vector<int32_t> y;
  std::vector<std::string> records;
  for (int i = 0; i < 200; ++i) {
    const std::vector<float> row = {static_cast<float>(i % 7), static_cast<float>(i % 11)};
    x.insert(x.end(), row.begin(), row.end());
    y.push_back(i % 3);
    records.push_back(write_example({{"x", row}, {"y", std::vector<int64_t>{i % 3}}}));
  }
  write_npy(folder_ / "x.npy", Tensor::from(x, {200, 2}));
  write_npy(folder_ / "y.npy", Tensor::from(y, {200}));
  write_tfrecord(folder_ / "t.tfrecord", records);
  for (const char* data : {"{npy: {files: {x: x.npy, y: y.npy}}, inputs: x, label: y",
                           "{tfrecord: t.tfrecord, features: {x: {shape: [2]}, y: int64}, inputs: "
                           "x, label: y"}) {
    write_job(std::string(data) + "}");
    const std::string line = trained("tutti", "--set fit.validation_split=0.25");
    EXPECT_EQ(trained("tutti", "--set fit.validation_split=0.25 --set data.in_memory=false"), line)
        << data;
    EXPECT_EQ(read_text(folder_ / newest_run() / "history.csv"),
              read_text(folder_ / ("run" + std::to_string(runs_ - 1)) / "history.csv"));
  }
}

TEST_F(StreamedJob, KilledAndGoneOnWithItTakesEachRowOnce) {
  write_csv("a.csv", 790);  // the last of an epoch's 25 batches is a smaller one
  write_job("{csv: a.csv, label: class, columns: {sex: one_hot}, in_memory: false, ledger: true}");
  write("job.yaml", read_text(folder_ / "job.yaml") + "checkpoint: {every: 10 steps}\n");
  const std::string whole = trained("tutti", "--set fit.epochs=30");
  EXPECT_EQ(check_run_ledger(folder_ / newest_run()), 30 * 25);
  const std::string start = mpirun(3) + "train job.yaml --set fit.epochs=30 --run cut";
  const Finished cut =
      shell("(exec env " + start +
            ") & pid=$!; for i in $(seq 3000); do ls cut/checkpoints/step-*[0-9]/manifest.pb "
            ">/dev/null 2>&1 && break; kill -0 $pid || break; sleep 0.01; done; pkill -KILL -P "
            "$pid; wait $pid");
  EXPECT_NE(cut.code, 0);
  const Finished on = shell(mpirun(2) + "train job.yaml --set fit.epochs=30 --run cut --resume");
  EXPECT_EQ(on.code, 0) << on.err;
  EXPECT_THAT(on.err + on.out, HasSubstr("going on from step"));
  EXPECT_EQ(last_line(on.out), whole);
  EXPECT_EQ(check_run_ledger(folder_ / "cut"), 30 * 25);
  EXPECT_THAT(shell("tutti inspect cut").out, HasSubstr("ledger: 750 steps"));
  const auto ledger = folder_ / "cut/ledger/rows-00000.ledger";
  const std::string lines = read_text(ledger);
  write("cut/ledger/rows-00000.ledger", lines.substr(lines.find('\n') + 1));
  const Finished lost = shell("tutti inspect cut");
  EXPECT_EQ(lost.code, 4);
  EXPECT_THAT(lost.err, HasSubstr("step 0 did not take its row"));
}

TEST_F(StreamedJob, ChangedDataRefusesToGoOn) {
  write_csv("a.csv", 200), write_csv("b.csv", 200);
  for (const char* in_memory : {"true", "false"}) {
    write_job(fmt::format(
        "{{csv: '*.csv', label: class, columns: {{sex: one_hot}}, in_memory: {}}}", in_memory));
    trained("tutti", "");
    const std::string more = " --run " + newest_run() + " --resume --set fit.epochs=3";
    const std::string kept = read_text(folder_ / "b.csv");
    std::string other = kept;
    other[other.rfind("101") == std::string::npos ? other.size() - 20 : other.size() - 20] = '7';
    write("b.csv", other);
    const Finished refused = shell("tutti train job.yaml" + more);
    EXPECT_EQ(refused.code, 4) << in_memory << refused.out << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("[b.csv] has other records than when the run began"));
    write("b.csv", kept);
    const Finished on = shell("tutti train job.yaml" + more + " --set data.in_memory=" +
                              (std::string(in_memory) == "true" ? "false" : "true"));
    EXPECT_EQ(on.code, 0) << on.err;
  }
}

TEST_F(StreamedJob, PassesOverBadRecordsAlikeOnAllRanks) {
  write_csv("a.csv", 200);
  write("b.csv", "a,b,sex,class\n1,x,m,low\n1,2,m\n1,2,m,\n");
  write_job(
      "{csv: '*.csv', label: class, columns: {sex: one_hot, a: standardize}, in_memory: "
      "false}");
  const Finished fatal = shell("tutti train job.yaml");
  EXPECT_EQ(fatal.code, 4);
  EXPECT_THAT(fatal.err, HasSubstr("b.csv record 0 (byte 14)] column 'b': expected a finite"));
  const std::string line = trained("tutti", "--set data.bad_records=skip");
  EXPECT_THAT(newest_.err + newest_.out, HasSubstr("3 of 203 training rows are bad"));
  EXPECT_EQ(trained(mpirun(3), "--set data.bad_records=skip --set data.prefetch=2"), line);
  EXPECT_THAT(newest_.err + newest_.out, HasSubstr("3 of 203 training rows are bad"));
}

TEST_F(StreamedJob, SaysWhatHasToBeInMemory) {
  write_csv("a.csv", 20);
  const auto refusal = [&](const std::string& data) {
    try {
      load_job_data(Job::parse("data: {csv: a.csv, label: class, " + data + "}",
                               (folder_ / "job.yaml").string()));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  EXPECT_THAT(refusal("resample: SMOTE, in_memory: false"),
              HasSubstr("'data.resample' is made of all training rows; say in_memory: true"));
  EXPECT_THAT(refusal("timeseries: {sequence_length: 3}, bad_records: skip"),
              HasSubstr("'data.timeseries' reaches over rows"));
  EXPECT_THAT(refusal("columns: {sex: text}, in_memory: false"), HasSubstr("leaves text"));
  EXPECT_THAT(refusal("in_memory: true, bad_records: skip"), HasSubstr("leave in_memory out"));
  EXPECT_THAT(refusal("bad_records: never"), HasSubstr("error"));
}

TEST_F(StreamedJob, ReadsLinesOfTextWithTheBitsOfThoseInMemory) {
  const char* const words[] = {"good", "fine", "dull", "poor"};
  for (const char* folder : {"texts/good", "texts/poor"})
    std::filesystem::create_directories(folder_ / folder);
  for (int file = 0; file < 4; ++file) {
    std::string text;
    for (int line = 0; line < 75; ++line)
      text += fmt::format("The {} film, {} of {}.\n", words[file], words[line % 4], line % 11);
    write(fmt::format("texts/{}/{}.txt", file < 2 ? "good" : "poor", file), text);
  }
  write("job.yaml", R"(
data:
  lines: texts
  labels: folder
  columns: {text: {tokens: {max_tokens: 30, output_sequence_length: 6}}}
  split: {test: 0.2, seed: 1}
model:
  - Embedding: {input_dim: 30, output_dim: 8}
  - GlobalAveragePooling1D
  - Dense: {units: 2}
loss: {SparseCategoricalCrossentropy: {from_logits: true}}
metrics: [accuracy]
fit: {epochs: 5, batch_size: 16, verbose: 0}
seed: 3
report: false
)");
  const std::string line = trained("tutti", "");
  EXPECT_THAT(line, StartsWith("parameters "));
  EXPECT_EQ(trained("tutti", "--set data.in_memory=false"), line);
  EXPECT_EQ(trained(mpirun(3), "--set data.in_memory=false --set data.ledger=true"), line);
  EXPECT_EQ(check_run_ledger(folder_ / newest_run()), 5 * 15);
  EXPECT_EQ(shell("tutti evaluate run2 --json").out, shell("tutti evaluate run1 --json").out);
}

}  // namespace
}  // namespace tutti::testing_support
