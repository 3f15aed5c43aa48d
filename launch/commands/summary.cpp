// `tutti summary`: the layers of a job's or a run's model, as Keras prints them.
#include <iostream>

#include "core/base/error.h"
#include "core/layers/deferred_weights.h"
#include "core/model/adapt_rows.h"
#include "core/model/model_file.h"
#include "launch/at_place.h"
#include "launch/commands/command.h"
#include "launch/job_data.h"
#include "launch/run_directory.h"

namespace tutti {

namespace {

class SummaryCommand : public Command {
 public:
  std::string name() const override { return "summary"; }
  std::string usage() const override { return "JOB|RUN|MODEL [--set PATH=VALUE]..."; }
  std::string summary() const override {
    return "the layers of a model, their shapes and parameters";
  }
  std::string example() const override { return "tutti summary digits.yaml"; }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("job", options::value<std::string>(),
                        "a job file, a run's directory, or a model's file")(
        "set", options::value<std::vector<std::string>>()->composing(),
        "PATH=VALUE in place of what the job says; repeats");
    ordered.add("job", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    const std::string path = required_option(given, "job", *this);
    if (!session.speaks()) return;
    if (is_run(path)) return open_run(path).model.model->summary(std::cout);
    if (is_model_file(path) || std::filesystem::is_directory(path))
      return at_file(path, [&] { load_model(path)->summary(std::cout); });
    const Job job = read_job(given, *this);
    const RowSourcePtr rows = load_job_data(job).train.source();
    const Adaptation on_training_rows(rows_for_adaptation(rows));  // widths may be learnt
    const DeferredWeights never_drawn;
    make_job_model(job, rows->inputs()).model->summary(std::cout);
  }
};

const bool summary_command_added = add_command(std::make_unique<SummaryCommand>());

}  // namespace

}  // namespace tutti
