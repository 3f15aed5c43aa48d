// `tutti evaluate`: the loss and metrics of a trained run on rows.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/model/batch.h"
#include "core/model/model_file.h"
#include "launch/commands/command.h"
#include "launch/job_data.h"
#include "launch/run_directory.h"

namespace tutti {

namespace {

class EvaluateCommand : public Command {
 public:
  std::string name() const override { return "evaluate"; }
  std::string usage() const override { return "RUN|MODEL [--data SPEC] [--json]"; }
  std::string summary() const override {
    return "loss and metrics on the run's test rows, or on other data";
  }
  std::string example() const override {
    return "tutti evaluate runs/first --data '{csv: later.csv}'";
  }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("run", options::value<std::string>(),
                        "the run's directory, or the file of a model that was saved compiled")(
        "data", options::value<std::string>(),
        "a file, or as in a job: {csv: x.csv}; the run's test rows if left out")("json",
                                                                                 "for machines")(
        "cache", options::value<std::string>(),
        "where indexes of large data are kept; TUTTI_CACHE, or nowhere if left out");
    declare_session(named);
    ordered.add("run", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    const std::string path = required_option(given, "run", *this);
    if (is_model_file(path)) return evaluate_model(path, given, session);
    session.configure(session_options(given, job_of_run(path)));
    Run trained = open_run(path);
    Model& model = *trained.model.model;
    compile_for_job(trained.job, model);
    const DataPart rows = fit_to_model(rows_of(given, trained, session), model, trained.job);
    if (session.size() > 1) session.require_same(rows.digest(), "tutti evaluate");
    if (rows.count() == 0) fail(ExitCode::data, "--data", "holds no rows; give some");
    const auto& fit = trained.job.frame().fit();
    const int64_t batch = fit.has_batch_size() ? std::min(fit.batch_size(), rows.count())
                                               : checked_batch_size(0, rows.count());
    const Logs logs = model.evaluate(rows.source(), batch);
    if (session.speaks()) print(logs, rows.count(), given.count("json") > 0);
  }

 private:
  // On the rows of a job's `data`, as they are.
  void evaluate_model(const std::string& path, const options::variables_map& given,
                      Session& session) const {
    const Job job = Job::parse("data: " + required_option(given, "data", *this), "--data");
    session.configure(session_options(given, job));
    const auto model = load_model(path);
    if (!model->compiled())
      fail(ExitCode::usage, path,
           "was saved without compile(), so nothing says what to measure; write a job with "
           "model: {} and a loss",
           path);
    const JobData data = load_job_data(job, access_of(given, session));
    const DataPart rows = fit_to_model(data.train, *model, job);
    if (rows.count() == 0) fail(ExitCode::data, "--data", "holds no rows; give some");
    const Logs logs = model->evaluate(rows.source(), std::min<int64_t>(32, rows.count()));
    if (session.speaks()) print(logs, rows.count(), given.count("json") > 0);
  }
  static RowAccess access_of(const options::variables_map& given, Session& session) {
    return {text_option(given, "cache"), &session};
  }
  static DataPart rows_of(const options::variables_map& given, const Run& trained,
                          Session& session) {
    if (given.count("data"))
      return load_rows(text_option(given, "data"), "--data", trained.columns, true,
                       access_of(given, session));
    DataPart test = load_job_data(trained.job, access_of(given, session)).test;
    if (test.count() == 0)
      fail(ExitCode::usage, "tutti evaluate", "the job of {} sets no test rows apart; give --data",
           trained.path.string());
    return test;
  }
  static void print(const Logs& logs, int64_t rows, bool as_json) {
    nlohmann::ordered_json json = {{"rows", rows}};
    std::string text = fmt::format("{} rows", rows);
    for (const auto& [name, value] : logs.entries()) {
      json[name] = value;
      text += fmt::format(" - {}: {:.4f}", name, value);
    }
    std::cout << (as_json ? json.dump() : text) << std::endl;
  }
};

const bool evaluate_command_added = add_command(std::make_unique<EvaluateCommand>());

}  // namespace

}  // namespace tutti
