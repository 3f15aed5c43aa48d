#include "launch/sweep/study_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "launch/job_schema.h"
#include "launch/yaml_reader.h"
#include "tests/launch/run_program.h"

namespace tutti {
namespace {

using testing::HasSubstr;

constexpr const char* kJob = R"(job:
  data: {dataset: iris, validation_split: 0.2}
  model:
    - Dense: {units: $units, activation: $activation}
    - Dense: {units: $second}
    - Dense: {units: 3, activation: softmax}
  loss: sparse_categorical_crossentropy
  optimizer: Adam
)";
constexpr const char* kSpace = R"(space:
  optimizer.Adam.learning_rate: {float: [1e-4, 1e-1], log: true}
  units: {int: [4, 32], step: 4}
  activation: [relu, tanh]
  layers: {int: [1, 2]}
  second: {int: [4, 16], when: {layers: 2}}
  fit.shuffle: bool
)";

class StudyFileTest : public testing_support::InTemporaryFolder {
 protected:
  StudyFile read(const std::string& text) { return read_study_file(write("study.yaml", text)); }

  std::string fault_of(const std::string& text) {
    try {
      read(text);
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      return error.what();
    }
    return "nothing";
  }
  // Of a space alone, below a job that mentions nothing.
  std::string fault_of_space(const std::string& line, const std::string& more = "") {
    return fault_of(
        "job: {data: {dataset: iris}, model: [{Dense: {units: 3}}], loss: mse, optimizer: "
        "Adam}\nspace:\n  " +
        line + "\n" + more);
  }
};

TEST_F(StudyFileTest, APointIsPutWhereTheJobSaysIt) {
  const StudyFile study = read(std::string(kJob) + kSpace + "objective: val_accuracy\n");
  EXPECT_EQ(study.objectives[0].direction, Direction::maximize);
  EXPECT_EQ(study.options.name, "study");
  const Job deep = study.job.at(study.space, {{"optimizer.Adam.learning_rate", 0.1 + 0.2},
                                              {"units", 8},
                                              {"activation", 1},
                                              {"layers", 2},
                                              {"second", 5},
                                              {"fit.shuffle", 1}});
  const auto& layers = deep.frame().model().layers().items();
  ASSERT_EQ(layers.size(), 3);
  EXPECT_EQ(to_string(to_config(layers[0])), "{Dense: {units: 8, activation: tanh}}");
  EXPECT_EQ(to_string(to_config(layers[1])), "{Dense: {units: 5}}");
  EXPECT_EQ(to_config(deep.frame().optimizer()).find("Adam")->find("learning_rate")->as_double(),
            0.1 + 0.2);
  EXPECT_TRUE(deep.frame().fit().shuffle());
  EXPECT_EQ(deep.frame().fit().validation_split(), 0.2);
  EXPECT_EQ(deep.folder(), std::filesystem::absolute(folder_));
}

TEST_F(StudyFileTest, WhatIsNotActiveIsLeftOut) {
  const StudyFile study = read(std::string(kJob) + kSpace);
  const Job flat = study.job.at(study.space, {{"optimizer.Adam.learning_rate", 0.1},
                                              {"units", 8},
                                              {"activation", 0},
                                              {"layers", 1},
                                              {"fit.shuffle", 0}});
  EXPECT_EQ(flat.frame().model().layers().items_size(), 2);
}

TEST_F(StudyFileTest, WhatIsKeptReadsBackTheSame) {
  const StudyFile study = read(std::string(kJob) + kSpace + "max_trials: 4\n");
  std::filesystem::create_directory(folder_ / "kept");
  write("kept/study.yaml", to_string(study.whole));
  const StudyFile kept = read_study_file(folder_ / "kept" / "study.yaml");
  refuse_other_study(kept, study.whole, folder_);
  EXPECT_EQ(kept.job.at(kept.space, {{"units", 8}}).folder(), std::filesystem::absolute(folder_));
  StudyFile longer = read(std::string(kJob) + kSpace + "max_trials: 8\nslots: 2\n");
  refuse_other_study(longer, study.whole, folder_);
  const StudyFile other = read(std::string(kJob) + kSpace + "seed: 8\n");
  EXPECT_THROW(refuse_other_study(other, study.whole, folder_), Error);
}

TEST_F(StudyFileTest, TheJobMayBeAFile) {
  write("job.yaml",
        "data: {dataset: iris}\nmodel:\n  - Dense: {unit: 3}\nloss: mse\noptimizer: Adam\n");
  const std::string space = "space: {optimizer.learning_rate: {float: [0.1, 0.2]}}\n";
  EXPECT_THAT(fault_of("job: job.yaml\n" + space), HasSubstr("[job.yaml:3:"));
  EXPECT_THAT(fault_of("job: job.yaml\n" + space), HasSubstr("did you mean 'units'"));
  EXPECT_THAT(fault_of("job: jop.yaml\n" + space), HasSubstr("jop.yaml"));
}

TEST_F(StudyFileTest, WhatAFileSaysMayBeSet) {
  std::filesystem::create_directory(folder_ / "jobs");
  write("jobs/job.yaml",
        "data: {dataset: iris}\nmodel:\n  - Dense: {units: 3}\nloss: mse\noptimizer: Adam\n");
  const auto path = write("study.yaml",
                          "job: jobs/job.yaml\n"
                          "space: {optimizer.learning_rate: {float: [0.1, 0.2]}}\n");
  const StudyFile study = read_study_file(path, {"job.fit.epochs=7", "job.model.0.units=4"});
  const Job job = study.job.at(study.space, {{"optimizer.learning_rate", 0.1}});
  EXPECT_EQ(job.frame().fit().epochs(), 7);
  EXPECT_EQ(to_string(to_config(job.frame().model().layers().items(0))), "{Dense: {units: 4}}");
  EXPECT_EQ(job.folder(), std::filesystem::absolute(folder_ / "jobs"));
}

TEST_F(StudyFileTest, APathLeadsIntoWhatAReferenceStandsFor) {
  const StudyFile study = read(
      "job: {data: {dataset: iris}, model: [{Dense: {units: $größe, name: a}}, {Dense: {units: "
      "$second}}, {Dense: {units: 3}}], loss: mse, optimizer: $method}\n"
      "space:\n  method: [Adam, SGD]\n  größe: {int: [2, 4]}\n  two: bool\n"
      "  second: {int: [2, 4], when: {two: true}}\n"
      "  optimizer.learning_rate: {float: [0.1, 0.2]}\n  model.2.units: {int: [5, 6]}\n");
  const Job job = study.job.at(study.space, {{"method", 1},
                                             {"größe", 4},
                                             {"two", 0},
                                             {"optimizer.learning_rate", 0.1},
                                             {"model.2.units", 6}});
  EXPECT_EQ(to_string(to_config(job.frame().optimizer())), "{SGD: {learning_rate: 0.1}}");
  const auto& layers = job.frame().model().layers().items();
  ASSERT_EQ(layers.size(), 2);
  EXPECT_EQ(to_string(to_config(layers[0])), "{Dense: {units: 4, name: a}}");
  EXPECT_EQ(to_string(to_config(layers[1])), "{Dense: {units: 6}}");
}

TEST_F(StudyFileTest, WhatTrainingLacksIsTold) {
  const std::string space = "space: {fit.epochs: {int: [1, 2]}}\n";
  EXPECT_THAT(fault_of("job: {data: {dataset: iris}}\n" + space), HasSubstr("has no model"));
  EXPECT_THAT(fault_of("job: {data: {dataset: iris}, model: [{Dense: {units: 3}}]}\n" + space),
              HasSubstr("has no loss"));
  EXPECT_THAT(fault_of_space("optimizer: [Adam, SGDD]"),
              HasSubstr("[study.yaml:3:14] unknown optimizer 'SGDD', did you mean 'SGD'?"));
  EXPECT_THAT(fault_of_space("loss: [mse, msee]"), HasSubstr("did you mean 'mse'"));
  EXPECT_THAT(fault_of_space("model.0.units: [3, 0]"),
              HasSubstr("use one neuron or more; tried with model.0.units 0"));
}

TEST_F(StudyFileTest, EachFaultIsOneLineWithItsPlace) {
  EXPECT_THAT(fault_of_space("{}"), HasSubstr("[study.yaml:3:3] the space is empty"));
  EXPECT_THAT(fault_of(kJob), HasSubstr("the space is empty"));
  EXPECT_THAT(fault_of("space: {a: bool}\n"), HasSubstr("job is missing"));
  EXPECT_THAT(fault_of_space("fit.epochs: {int: [9, 3]}"), HasSubstr("[study.yaml:3:"));
  EXPECT_THAT(fault_of_space("fit.epochs: {int: [9, 3]}"), HasSubstr("low 9 is above high 3"));
  EXPECT_THAT(fault_of_space("fit.epochs: {int: [9, 13.5]}"), HasSubstr("expected an integer"));
  EXPECT_THAT(fault_of_space("fit.epochs: {ints: [3, 9]}"), HasSubstr("did you mean 'int'"));
  EXPECT_THAT(fault_of_space("fit.epochs: {int: [3]}"), HasSubstr("has 1 bounds"));
  EXPECT_THAT(fault_of_space("fit.epochs: {int: [3, 9], float: [3, 9]}"),
              HasSubstr("needs one of"));
  EXPECT_THAT(fault_of_space("fit.epochs: number"), HasSubstr("'number' is no range"));
  EXPECT_THAT(fault_of_space("fit.epochs: 3"), HasSubstr("'3' is no range; write bool, a list"));
  EXPECT_THAT(fault_of_space("fit.epochs:"), HasSubstr("'null' is no range"));
  EXPECT_THAT(fault_of_space("fit.epoch: {int: [3, 9]}"), HasSubstr("did you mean 'epochs'"));
  EXPECT_THAT(fault_of_space("fit.epochs: {int: [0, 9]}"), HasSubstr("must be at least 1"));
  EXPECT_THAT(fault_of_space("optimizer.learning_rat: {float: [0.1, 0.2]}"),
              HasSubstr("did you mean 'learning_rate'"));
  EXPECT_THAT(fault_of_space("model.0.activation: [relu, tanhh]"),
              HasSubstr("did you mean 'tanh'"));
  EXPECT_THAT(fault_of_space("model.0.activation: [relu, tanhh]"), HasSubstr("[study.yaml:3:"));
  EXPECT_THAT(fault_of_space("model.4.units: {int: [3, 9]}"), HasSubstr("no item 4"));
  EXPECT_THAT(fault_of_space("units: {int: [3, 9]}"), HasSubstr("'units' is no path of the job"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "tuner: TPEE\n"),
              HasSubstr("did you mean 'TPE'"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "max_trial: 3\n"),
              HasSubstr("did you mean 'max_trials'"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "max_trials: 0\n"), HasSubstr("use 1 or more"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "keep: some\n"),
              HasSubstr("write best 3, or all"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "time: 3 steps\n"), HasSubstr("write 90 s"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "enqueue: [{fit.shufle: true}]\n"),
              HasSubstr("did you mean 'fit.shuffle'"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "objective: {metric: val_f, direction: up}\n"),
              HasSubstr("'up' is not one of minimize, maximize"));
  EXPECT_THAT(fault_of_space("fit.epochs: {float: [4, 32]}"), HasSubstr("expected an integer"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "time: 0 s\n"), HasSubstr("write 90 s"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "slots: 9999\n"), HasSubstr("use 1024 or less"));
  for (const char* name : {"''", "..", "../up", "/root", "\"two\\nlines\""})
    EXPECT_THAT(fault_of_space("fit.shuffle: bool", fmt::format("name: {}\n", name)),
                HasSubstr("is none of a folder"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "objective: speed\n"),
              HasSubstr("direction: maximize"));
}

// Its exit code is that of any other fault of the file, not of the command line.
TEST_F(StudyFileTest, APathThatTheJobHasNotIsAFaultOfTheFile) {
  const std::string job =
      "job: {data: {dataset: iris}, model: [{Dense: {units: 3}}], loss: mse, optimizer: Adam}\n";
  for (const char* path :
       {"model.7.units", "model.lstm.units", "loss.rate", "model..units", "units"}) {
    try {
      read(fmt::format("{}space: {{{}: [8]}}\n", job, path));
      ADD_FAILURE() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::job) << error.what();
      EXPECT_THAT(error.what(), HasSubstr("[study.yaml:2:"));
    }
  }
}

TEST_F(StudyFileTest, TwoNamesOfOnePlaceAreRefused) {
  const auto fault = [&](const std::string& first, const std::string& second) {
    return fault_of(
        "job: {data: {dataset: iris}, model: [{Dense: {units: $units, name: a}}], loss: mse, "
        "optimizer: Adam}\nspace:\n  units: [3, 4]\n  " +
        first + "\n  " + second + "\n");
  };
  const std::string rate = "optimizer.learning_rate: {float: [0.1, 0.2]}";
  EXPECT_THAT(fault(rate, "optimizer.Adam.learning_rate: [0.1, 0.2]"),
              HasSubstr("[study.yaml:5:33] 'optimizer.Adam.learning_rate' takes the place of what "
                        "'optimizer.learning_rate' at study.yaml:4:28 sets in the job; leave out"));
  EXPECT_THAT(fault("fit.validation_split: [0.2]", "data.validation_split: [0.2]"),
              HasSubstr("what 'fit.validation_split' at"));
  EXPECT_THAT(fault("model.a.units: [5]", "fit.shuffle: bool"), HasSubstr("what 'units' at"));
  EXPECT_THAT(fault(rate, "optimizer: [Adam, SGD]"),
              HasSubstr("'optimizer.learning_rate' at study.yaml:4:28 sets in the job; write it "
                        "above that one, or leave out one"));
  EXPECT_EQ(fault("optimizer: [Adam, SGD]", rate), "nothing");
}

// Names of one place that are never there together are two ranges of it.
TEST_F(StudyFileTest, OnePlaceMayHaveOtherRangesUnderOtherConditions) {
  const std::string space =
      "optimizer: [Adam, SGD]\n  "
      "optimizer.Adam.learning_rate: {float: [0.1, 0.2], when: {optimizer: Adam}}\n  "
      "optimizer.learning_rate: {float: [0.3, 0.4], when: {optimizer: ";
  EXPECT_EQ(fault_of_space(space + "SGD}}"), "nothing");
  EXPECT_THAT(fault_of_space(space + "[SGD, Adam]}}"),
              HasSubstr("[study.yaml:5:28] 'optimizer.learning_rate' takes the place of what"));
}

// Not all combinations of conditions are checked beforehand.
TEST_F(StudyFileTest, ATrialWithTwoNamesOfOnePlaceFails) {
  const StudyFile study = read(
      "job: {data: {dataset: iris}, model: [{Dense: {units: 3}}], loss: mse, optimizer: Adam}\n"
      "space:\n  a: bool\n  b: bool\n"
      "  optimizer.Adam.learning_rate: {float: [0.1, 0.2], when: {a: true}}\n"
      "  optimizer.learning_rate: {float: [0.3, 0.4], when: {b: true}}\n");
  Point point{{"a", 1}, {"b", 0}, {"optimizer.Adam.learning_rate", 0.1}};
  study.job.at(study.space, point);
  point["b"] = 1;
  point["optimizer.learning_rate"] = 0.3;
  EXPECT_THROW(study.job.at(study.space, point), Error);
}

TEST_F(StudyFileTest, AnEnqueuedValueIsThereWithItsConditions) {
  const auto fault = [&](const std::string& enqueued) {
    return fault_of_space(
        "fit.shuffle: bool\n  fit.epochs: {int: [1, 3], when: {fit.shuffle: true}}\n"
        "  fit.batch_size: {choice: [8, 9], when: {fit.shuffle: true, fit.epochs: [2, 3]}}",
        "enqueue: [{" + enqueued + "}]\n");
  };
  EXPECT_THAT(fault("fit.shuffle: false, fit.epochs: 2"),
              HasSubstr("[study.yaml:6:44] 'fit.epochs' is there only where fit.shuffle is true; "
                        "write that beside it, or leave it out"));
  EXPECT_THAT(fault("fit.epochs: 2"), HasSubstr("'fit.epochs' is there only where"));
  EXPECT_THAT(fault("fit.shuffle: true, fit.epochs: 1, fit.batch_size: 8"),
              HasSubstr("only where fit.shuffle is true and fit.epochs is 2 or 3;"));
  EXPECT_EQ(fault("fit.shuffle: true, fit.epochs: 2, fit.batch_size: 8"), "nothing");
  EXPECT_EQ(fault("fit.shuffle: true"), "nothing");
}

TEST_F(StudyFileTest, WhatIsOftenWrittenIsToldOtherwise) {
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "time: 5\n"), HasSubstr("write 90 s"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "keep: 3\n"), HasSubstr("write best 3"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "tuner: Hyperband\n"),
              HasSubstr("Hyperband is a pruner; write pruner: Hyperband"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "pruner: {TPE: {}}\n"),
              HasSubstr("TPE is a tuner; write tuner: TPE"));
  EXPECT_EQ(fault_of_space("fit.shuffle: bool", "tuner: BayesianOptimization\n"), "nothing");
}

TEST_F(StudyFileTest, SeveralObjectivesNeedATunerOfSeveral) {
  const std::string two = "objective: [val_loss, val_accuracy]\n";
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", two), HasSubstr("[study.yaml:4:"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", two), HasSubstr("write tuner: NSGAII"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", two + "tuner: GP\n"),
              HasSubstr("[study.yaml:5:8] the tuner GP serves one objective, not 2"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", two + "tuner: NSGAII\npruner: Median\n"),
              HasSubstr("a pruner needs one objective"));
  EXPECT_THAT(fault_of_space("fit.shuffle: bool", "objective: [loss, loss]\n"),
              HasSubstr("'loss' is an objective twice"));
}

// A parent stands before its children: so there is no cycle.
TEST_F(StudyFileTest, AConditionIsOnAHyperparameterBeforeIt) {
  const auto fault = [&](const std::string& when, const std::string& more = "") {
    return fault_of_space("fit.epochs: {int: [3, 9], when: {" + when + "}}" + more);
  };
  EXPECT_THAT(fault("fit.shuffel: true"), HasSubstr("[study.yaml:3:"));
  EXPECT_THAT(fault("fit.epochs: 3"), HasSubstr("which is not before it"));
  EXPECT_THAT(
      fault("fit.shuffle: true", "\n  fit.shuffle: {choice: [true], when: {fit.epochs: 3}}"),
      HasSubstr("depends on 'fit.shuffle', which is not before it"));
}

TEST_F(StudyFileTest, AReferenceWithoutAHyperparameterIsFound) {
  const std::string fault = fault_of(std::string(kJob) +
                                     "space:\n  unit: {int: [4, 32]}\n  activation: [relu]\n"
                                     "  second: {int: [4, 8]}\n");
  EXPECT_THAT(fault, HasSubstr("[study.yaml:4:"));
  EXPECT_THAT(fault, HasSubstr("no hyperparameter 'units', did you mean 'unit'?"));
}

}  // namespace
}  // namespace tutti
