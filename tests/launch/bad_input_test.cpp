// Everything that a user gets wrong ends in one line with its place and remedy, and the documented
// code.
#include <fmt/core.h>
#include <gmock/gmock.h>

#include <chrono>
#include <regex>

#include "core/device/device.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

struct BadInput {
  std::string what, job;
  int code;
  std::string message;  // a regular expression
};

std::string job(const std::string& data, const std::string& model, const std::string& rest = "") {
  return "data: " + data + "\nmodel:\n" + model + "loss: sparse_categorical_crossentropy\n" + rest;
}
// Of a layer on Iris whose weights take that many bytes: a kernel of 4 and a bias.
std::string units_of(size_t bytes) { return std::to_string(bytes / (5 * sizeof(float))); }
const std::string kIris = "{dataset: iris}";
std::string two_outputs(const std::string& rest) {
  return "data: {dataset: iris, inputs: [sepal_length], label: {a: petal_length, b: petal_width}}\n"
         "model:\n  - Dense: {units: 1, name: a, inputs: features}\n"
         "  - Dense: {units: 1, name: b, inputs: features}\n" +
         rest;
}
const std::string kDense = "  - Dense: {units: 3, activation: softmax}\n";

class BadInputTest : public InTemporaryFolder {
 protected:
  void expect(const BadInput& bad, const std::string& arguments = "") {
    write("job.yaml", bad.job);
    const Finished got = shell("tutti train job.yaml " + arguments);
    EXPECT_EQ(got.code, bad.code) << bad.what << ": " << got.err;
    EXPECT_EQ(std::count(got.err.begin(), got.err.end(), '\n'), 1) << bad.what << ": " << got.err;
    EXPECT_TRUE(std::regex_search(got.err, std::regex(bad.message))) << bad.what << ": " << got.err;
  }
};

TEST_F(BadInputTest, InTheJob) {
  const BadInput cases[] = {
      {"unknown key", job(kIris, kDense, "optimiser: adam\n"), 3,
       "^\\[job.yaml:5:12\\] unknown key 'optimiser', did you mean 'optimizer'\\?"},
      {"wrong type", job(kIris, kDense, "fit: {epochs: ten}\n"), 3,
       "^\\[job.yaml:5:15\\] expected an integer, got ten"},
      {"a rate that is a word", job(kIris, kDense, "optimizer: {Adam: {learning_rate: abc}}\n"), 3,
       "^\\[job.yaml:5:35\\] expected a number or a schedule, got abc"},
      {"an endless rate", job(kIris, kDense, "optimizer: {Adam: {learning_rate: .inf}}\n"), 3,
       "^\\[job.yaml:5:12\\] .*learning_rate is inf"},
      {"metrics of no output", job(kIris, kDense, "metrics: {outt: [accuracy]}\n"), 3,
       "^\\[job.yaml:5:17\\] the model has no output 'outt'; its outputs are dense"},
      {"loss weights of no output", job(kIris, kDense, "loss_weights: {outt: 2}\n"), 3,
       "^\\[job.yaml:5:22\\] the model has no output 'outt'"},
      {"text where the loss takes numbers",
       "data: {dataset: iris}\nmodel:\n" + kDense + "loss: mse\n", 3,
       "^\\[job.yaml:1:7\\] the label 'species' is text of 3 classes, and the loss of output "
       "'dense[^']*' \\(mse\\) .*columns: \\{species: classes\\}"},
      {"class weights of two labels", two_outputs("loss: mse\nfit: {class_weight: {0: 2}}\n"), 3,
       "^\\[job.yaml:6:21\\] class_weight is for data of one label, this has 2; .*sample_weight"},
      {"a loss left out", two_outputs("loss: {a: mse}\n"), 3,
       "^\\[job.yaml:5:7\\] \\[compile\\] loss leaves out output 'b'; name it too, as null for "
       "none"},
      {"too few losses", two_outputs("loss: [mse]\n"), 3,
       "^\\[job.yaml:5:7\\] \\[compile\\] loss is a list of 1, the model has 2 outputs \\(a, b\\)"},
      {"weights of one label of two", two_outputs("loss: mse\nsample_weight: {a: sepal_width}\n"),
       3, "^\\[job.yaml:6:16\\] sample_weight leaves out output 'b'"},
      {"a misspelt monitor", job(kIris, kDense, "callbacks: [{EarlyStopping: {monitor: los}}]\n"),
       3,
       "^\\[job.yaml:5:13\\] \\[EarlyStopping\\] monitors 'los', which this training does not "
       "report, did you mean 'loss'\\?"},
      {"a monitor without validation", job(kIris, kDense, "callbacks: [EarlyStopping]\n"), 3,
       "^\\[job.yaml:5:13\\] .* monitors 'val_loss', which .* report"},
      {"a class that there is not", job(kIris, kDense, "fit: {class_weight: {setsa: 2}}\n"), 3,
       "^\\[job.yaml:5:29\\] there is no class 'setsa', did you mean 'setosa'\\?"},
      {"more classes than there are", job(kIris, kDense, "fit: {class_weight: {3: 2}}\n"), 3,
       "^\\[job.yaml:5:25\\] there is no class '3'; the classes are setosa, versicolor, virginica"},
      {"a NUL byte", job(kIris, kDense) + std::string("\0", 1), 3,
       "^\\[job.yaml:5\\] has a NUL byte"},
      {"misspelt loss", "data: {dataset: iris}\nmodel:\n" + kDense + "loss: msee\n", 3,
       "^\\[job.yaml:4:7\\] unknown loss 'msee', did you mean 'mse'\\?"},
      {"no loss", "data: {dataset: iris}\nmodel:\n" + kDense, 3,
       "^\\[job.yaml[0-9:]*\\] the job has no loss"},
      {"deep YAML", "model: " + std::string(10000, '[') + "\n", 3,
       "^\\[job.yaml:1:[0-9]+\\] .*deeper than 64"},
      {"a shape that no machine holds", job(kIris, "  - Dense: {units: 1000000000000}\n"), 3,
       "^\\[job.yaml:3:5\\] .*\\(4, 1000000000000\\).*make it smaller"},
  };
  for (const auto& bad : cases) expect(bad);
}

TEST_F(BadInputTest, InTheModel) {
  const BadInput cases[] = {
      {"misspelt layer", job(kIris, "  - Dens: {units: 3}\n"), 3,
       "^\\[job.yaml:3:5\\] unknown layer 'Dens', did you mean 'Dense'\\?"},
      {"no such layer", job(kIris, "  - Fourier: {units: 3}\n"), 3,
       "^\\[job.yaml:3:5\\] unknown layer 'Fourier'; `tutti list layer` names them all"},
      {"a layer beyond the memory", job(kIris, "  - Dense: {units: 100000000000}\n" + kDense), 6,
       "^\\[job.yaml:3:5\\] .*dense.*GiB"},
      {"weights in the memory, their training beyond it",
       job(kIris,
           "  - Dense: {units: " + units_of(memory_limit() / 2) + ", name: wide}\n" + kDense),
       6, "^\\[job.yaml:3:5\\] \\[wide\\] has weights of [0-9.]+ GiB; .* there are [0-9.]+; use"},
      {"misspelt argument", job(kIris, "  - Dense: {unit: 3}\n"), 3,
       "^\\[job.yaml:3:19\\] Dense has no argument 'unit', did you mean 'units'\\?"},
      {"wrong argument type", job(kIris, "  - Dense: {units: many}\n"), 3,
       "^\\[job.yaml:3:20\\] expected an integer"},
      {"no model", "data: {dataset: iris}\nloss: mse\n", 3,
       "^\\[job.yaml[0-9:]*\\] the job has no model"},
      {"unknown input", job(kIris, "  - Dense: {units: 3, inputs: featurs}\n"), 3,
       "^\\[job.yaml:3:5\\] no earlier layer .*'featurs', did you mean 'features'\\?"},
      {"impossible shapes",
       job(kIris,
           "  - Dense: {units: 8, name: wide, inputs: features}\n  - Dense: {units: 10, name: "
           "other, inputs: features}\n"
           "  - Add: {name: both, inputs: [wide, other]}\n"),
       3, "^\\[job.yaml:5:5\\] .*\\(None, 8\\).*wide.*\\(None, 10\\).*other"},
      {"a second call with arguments",
       job(kIris,
           "  - Dense: {units: 4, name: a, inputs: features}\n  - a: {inputs: a, units: 5}\n" +
               kDense),
       3, "^\\[job.yaml:4:27\\] 'a' is made above .* leave out 'units'"},
      {"an input that nobody takes",
       job("{dataset: iris, inputs: {x: sepal_width, w: sepal_length}}",
           "  - Dense: {units: 3, inputs: x}\n"),
       3, "^\\[job.yaml:3:3\\] .*no layer takes the input 'w' of the data"},
      {"labels and outputs of two shapes",
       "data: {dataset: iris, columns: {species: classes}}\nmodel:\n" + kDense + "loss: mse\n", 3,
       "^\\[job.yaml:3:3\\] \\[MeanSquaredError\\] .*\\(None,\\).*\\(None, 3\\)"},
      {"a shared layer of two widths",
       job(kIris,
           "  - Dense: {units: 8, name: a, inputs: features}\n  - Dense: {units: 10, name: b, "
           "inputs: features}\n"
           "  - Dense: {units: 3, name: shared, inputs: a}\n  - shared: {inputs: b}\n"),
       3,
       "^\\[job.yaml:6:5\\] .*shared.*\\(None, 8\\).*\\(None, 10\\)|^\\[job.yaml:6:5\\] "
       ".*shared.*\\(None, 10\\).*\\(None, 8\\)"},
  };
  for (const auto& bad : cases) expect(bad);
}

TEST_F(BadInputTest, InTheDataOfTheJob) {
  const BadInput cases[] = {
      {"a treatment that is nothing", job("{dataset: iris, columns: {sepal_width: }}", kDense), 3,
       "^\\[job.yaml:1:46\\] column 'sepal_width' has no treatment here"},
      {"inputs of no columns", job("{dataset: iris, inputs: []}", kDense), 3,
       "^\\[job.yaml:1:31\\] input 'features' names no column"},
      {"an unknown format", job("{parquet: x.pq}", kDense), 3,
       "^\\[job.yaml:1:17\\] unknown key 'parquet'; the formats are csv, dataset, idx, images, "
       "lines, made_digits, mnist, npy"},
      {"no rows left to validate on",
       job("{dataset: iris, split: {by: sepal_width, after: 2.1, validation: 0.9}}", kDense), 4,
       "^\\[job.yaml:1:72\\] 0.9 of 150 rows are more than the 1 left"},
      {"a stratum of one",
       job("{dataset: iris, split: {test: 0.2, stratify: sepal_length}}", kDense), 4,
       "^\\[job.yaml:1:37\\] column 'sepal_length' is [0-9.]+ in one row only "
       "\\(iris.csv:[0-9]+\\)"},
      {"no data", "model:\n" + kDense + "loss: mse\n", 3,
       "^\\[job.yaml[0-9:]*\\] the job has no data"},
      {"unknown data set", job("{dataset: iriss}", kDense), 3, "'iriss' is not one of .*iris"},
  };
  for (const auto& bad : cases) expect(bad);
}

TEST_F(BadInputTest, InTheData) {
  write("ragged.csv", "a,b,label\n1,2,0\n1,2\n");
  write("words.csv", "a,b,label\n1,2,0\n1,two,1\n1,3,1\n1,4,1\n");
  write("nan.csv", "a,b,label\n1,2,0\n1,nan,1\n");
  write("range.csv", "a,b,label\n1,2,0\n1,3,7\n");
  write("three.csv", "a,b,label\n1,2,no\n1,3,perhaps\n1,3,yes\n");
  write("small.csv", "a,b,label\n1,2,0\n1,3,1\n");
  const auto csv = [](const std::string& name) { return "{csv: " + name + ", label: label}"; };
  const BadInput cases[] = {
      {"missing file", job(csv("nowhere.csv"), kDense), 4, "nowhere.csv.*No such file"},
      {"ragged CSV", job(csv("ragged.csv"), kDense), 4,
       "ragged.csv:3\\] has 2 cells, the first line has 3"},
      {"non-numeric cell", job(csv("words.csv"), kDense), 4, "words.csv:3.*two"},
      {"NaN", job(csv("nan.csv"), kDense), 4, "nan.csv:3.*nan"},
      {"labels out of range", job(csv("range.csv"), kDense, "fit: {batch_size: 2}\n"), 4,
       "^\\[range.csv:3\\] the label is 7; expected a whole number from 0 to 2"},
      {"labels out of range of any cross-entropy",
       "data: " + csv("range.csv") + "\nmodel:\n" + kDense + "loss: ce\n", 4,
       "^\\[range.csv:3\\] the label is 7; expected a whole number from 0 to 2"},
      {"more classes than units", job(csv("three.csv"), "  - Dense: {units: 2}\n"), 3,
       "^\\[job.yaml:1:31\\] the labels are 3 classes \\(no, perhaps, yes\\), the output 'dense' "
       "has 2"},
      {"a weight of no class", job(csv("small.csv"), kDense, "fit: {class_weight: {3: 2}}\n"), 3,
       "^\\[job.yaml:5:25\\] there is no class 3; the output 'dense' has 3"},
      {"unknown column", job("{csv: small.csv, label: lable}", kDense), 4,
       "lable.*did you mean 'label'"},
      {"batch larger than the data", job(csv("small.csv"), kDense, "fit: {batch_size: 64}\n"), 4,
       "^\\[job.yaml:5:19\\] batch_size 64 is larger than the 2 rows to train on; use at most 2"},
  };
  for (const auto& bad : cases) expect(bad);
}

TEST_F(BadInputTest, OnTheCommandLine) {
  write("job.yaml", job(kIris, kDense));
  struct Case {
    std::string line;
    int code;
    std::string message;
  };
  const Case cases[] = {
      {"tutti", 2, "^\\[tutti\\] no command"},
      {"tutti trian job.yaml", 2, "^\\[tutti\\] unknown command 'trian', did you mean 'train'\\?"},
      {"tutti train job.yaml --sett a=1", 2, "unknown option --sett, did you mean '--set'\\?"},
      {"tutti train", 2, "'job' is missing; use: tutti train JOB"},
      {"tutti train job.yaml --threads 0", 2, "at least 1, got 0"},
      {"tutti train job.yaml --threads two", 2, "--threads|two"},
      {"tutti train job.yaml --device gpu", 2, "unknown device 'gpu'; use cpu or cuda"},
      {"tutti train job.yaml --isa avx1", 2, "unknown instruction set 'avx1'"},
      {"tutti train job.yaml --set fit.epohcs=1", 3, "^\\[--set fit.epohcs\\] unknown key"},
      {"tutti train nowhere.yaml", 4, "nowhere.yaml.*No such file"},
      {"tutti train ''", 2, "'job' is empty; use: tutti train JOB"},
      {"tutti list --name Dense", 2, "say of which kind 'Dense' is"},
      {"tutti evaluate nowhere", 4, "^\\[nowhere\\] is no run directory"},
      {"tutti evaluate .", 4, "the run was not finished: it has no model.weights.safetensors"},
      {"tutti predict . --input x.csv", 2, "'output' is missing"},
      {"tutti list layr", 2, "unknown kind 'layr', did you mean 'layer'\\?"},
      {"tutti list layer Dens", 2, "unknown layer 'Dens', did you mean 'Dense'\\?"},
  };
  for (const auto& [line, code, message] : cases) {
    const Finished got = shell(line);
    EXPECT_EQ(got.code, code) << line << ": " << got.err;
    EXPECT_EQ(std::count(got.err.begin(), got.err.end(), '\n'), 1) << line << ": " << got.err;
    EXPECT_TRUE(std::regex_search(got.err, std::regex(message))) << line << ": " << got.err;
  }
}

TEST_F(BadInputTest, OutputThatCannotBeWritten) {
  write("job.yaml", job(kIris, kDense));
  const Finished full = shell("tutti list > /dev/full");
  EXPECT_EQ(full.code, 8);
  EXPECT_THAT(full.err, testing::StartsWith("[stdout] cannot be written to"));
  // What is printed must not end up in a file that took the closed stream's number.
  EXPECT_EQ(shell("tutti train job.yaml --run r >&- 2>&-").code, 0);
  EXPECT_THAT(read_text(folder_ / "r/.lock"), testing::Not(testing::HasSubstr("Epoch")));
  EXPECT_THAT(read_text(folder_ / "r/.lock"), testing::Not(testing::HasSubstr("parameters")));
}

TEST_F(BadInputTest, EndsAllRanksWithOneMessage) {
  write("job.yaml", job(kIris, kDense, "shards: 2\n"));
  const Finished got = shell(mpirun(3) + "train job.yaml");
  EXPECT_EQ(got.code, 6) << got.err;
  EXPECT_EQ(std::count(got.err.begin(), got.err.end(), '\n'), 1) << got.err;
  EXPECT_THAT(got.err, testing::HasSubstr("3 ranks share 2 shards"));
  const Finished memory =
      shell(mpirun(3) + "train job.yaml --set shards=3 --set model.0.units=100000000000");
  EXPECT_EQ(memory.code, 6) << memory.err;
  EXPECT_EQ(std::count(memory.err.begin(), memory.err.end(), '\n'), 1) << memory.err;
}

TEST_F(BadInputTest, RanksOfOneHostShareItsMemory) {
  write("job.yaml", job(kIris, "  - Dense: {units: " + units_of(memory_limit() / 2) +
                                   ", name: wide}\n" + kDense));
  const Finished got = shell(mpirun(2) + "train job.yaml");
  EXPECT_EQ(got.code, 6) << got.err;
  const double half = static_cast<double>(memory_limit() / 2) / (1u << 30);
  EXPECT_THAT(got.err, testing::HasSubstr(fmt::format("there are {:.1f};", half)));
}

// One rank reads what the other does not: it ends both, with one message and its own code.
TEST_F(BadInputTest, OfOneRankEndsAllRanksWithOneMessage) {
  for (const char* folder : {"first", "second", "third"})
    std::filesystem::create_directory(folder_ / folder);
  const std::string text = job("{csv: points.csv, label: label}", kDense);
  write("first/job.yaml", text + "fit: {batch_size: 2}\n");
  write("second/job.yaml", text + "fit: {batch_size: 2}\n");  // without its data
  write("third/job.yaml", text + "fit: {batch_size: 3}\n");
  write("first/points.csv", "a,b,label\n1,2,0\n2,1,1\n3,5,2\n4,3,1\n");
  struct Case {
    std::string ranks[2];
    int code;
    std::string message;
  };
  const std::string no_data = "\\[second/points.csv\\] cannot open: No such file";
  const std::string other_job = "\\[[a-z.]*\\] rank 1 reads something else than rank 0";
  for (const auto& [ranks, code, message] :
       {Case{{"first", "second"}, 4, no_data}, Case{{"second", "first"}, 4, no_data},
        Case{{"first", "third"}, 6, other_job}}) {
    SCOPED_TRACE(ranks[0] + " and " + ranks[1]);
    const auto begin = std::chrono::steady_clock::now();
    const Finished got =
        shell(mpirun(1) + "train " + ranks[0] + "/job.yaml --run run : -n 1 " +
              quoted_word(tutti_program()) + " train " + ranks[1] + "/job.yaml --run run");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
    EXPECT_EQ(got.code, code) << got.err;
    const std::regex error("(^|\n)" + message);
    EXPECT_EQ(std::distance(std::sregex_iterator(got.err.begin(), got.err.end(), error), {}), 1)
        << got.err;
    EXPECT_LE(std::count(got.err.begin(), got.err.end(), '\n'), 2) << got.err;
    std::filesystem::remove_all(folder_ / "run");
  }
}

}  // namespace
}  // namespace tutti::testing_support
