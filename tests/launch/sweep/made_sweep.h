// A study file and a record of its trials as a sweep would have left them, without any training.
#pragma once

#include "launch/sweep/sweep_folder.h"
#include "tests/launch/run_program.h"
#include "tests/scheduler/tuners/trials.h"

namespace tutti::testing_support {

class MadeSweep : public InTemporaryFolder {
 protected:
  static std::string study_text(const std::string& rest) {
    return R"(name: made
job:
  data: {dataset: iris, validation_split: 0.2}
  model:
    - Dense: {units: $units, activation: $activation}
    - Dense: {units: $second}
    - Dense: {units: 3, activation: softmax}
  loss: sparse_categorical_crossentropy
  optimizer: Adam
space:
  optimizer.Adam.learning_rate: {float: [1e-4, 1e-1], log: true}
  units: {int: [4, 32], step: 4}
  activation: [relu, tanh]
  layers: {int: [1, 2]}
  second: {int: [4, 16], when: {layers: 2}}
)" + rest;
  }
  StudyFile study(const std::string& rest = "objective: val_loss\n") const {
    return read_study_file(write("made.yaml", study_text(rest)));
  }
  // A sweep's folder in which nothing has been tried.
  SweepFolder begun(const StudyFile& study) const {
    const SweepFolder folder(folder_ / "sweep");
    folder.begin(study, true);
    return folder;
  }
  static StudyRecord record_of(const StudyFile& study) {
    StudyRecord record = test::study_of(study.options.directions);
    record.name = study.options.name;
    return record;
  }
  // The i-th of a course of points that covers the space; its trial took two seconds.
  static Trial& add(const StudyFile& study, StudyRecord& record, int i, TrialState state,
                    std::vector<double> values) {
    Point point{{"optimizer.Adam.learning_rate", (1 + i * 37 % 999) / 1e4},
                {"units", 4 + i * 3 % 8 * 4},
                {"activation", i / 3 % 2},
                {"layers", 1 + i % 2}};
    if (i % 2 == 1) point["second"] = 4 + i * 5 % 13;
    test::add_trial(record, state, point, std::move(values));
    Trial& trial = record.trials.back();
    for (const auto& [name, number] : point)
      trial.distributions[name] = study.space.find(name)->distribution;
    trial.started = fmt::format("2026-01-31T09:{:02}:{:02}.000000+00:00", i / 30, i * 2 % 60);
    if (is_finished(state))
      trial.ended = fmt::format("2026-01-31T09:{:02}:{:02}.500000+00:00", i / 30, i * 2 % 60 + 1);
    return trial;
  }
};

}  // namespace tutti::testing_support
