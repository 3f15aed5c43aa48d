// `tutti train`: a job file to a run directory.
#include <fmt/format.h>

#include <iostream>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/seed.h"
#include "core/model/weights_file.h"
#include "launch/commands/command.h"
#include "launch/job_data.h"
#include "launch/job_schema.h"
#include "launch/run_directory.h"
#include "launch/yaml_writer.h"

namespace tutti {

namespace {

// Text that only rank 0 knows, on every rank.
std::string share_text(Session& session, std::string text) {
  uint64_t size = text.size();
  session.communicator().broadcast(std::as_writable_bytes(std::span(&size, 1)), 0);
  text.resize(size);
  session.communicator().broadcast(std::as_writable_bytes(std::span(text)), 0);
  return text;
}

// What the job leaves to the program, so that the run can be repeated from its own file.
void settle(Job& job, const Session& session, const FitOptions& fit) {
  schema::Job& frame = job.frame();
  frame.set_seed(static_cast<int64_t>(random_seed()));
  frame.set_shards(session.world().layout(fit.batch_size, fit.batch_size).shards);
  frame.mutable_fit()->set_epochs(fit.epochs);
  frame.mutable_fit()->set_batch_size(fit.batch_size);
  if (!frame.has_name()) frame.set_name(std::filesystem::path(job.source()).stem().string());
  auto& data = *frame.mutable_data();
  if (data.has_split() && !data.split().has_seed() && !data.split().has_by())
    data.mutable_split()->set_seed(static_cast<int64_t>(static_cast<uint32_t>(random_seed())));
}

Config logs_config(const Logs& logs) {
  Config config{Config::Map()};
  for (const auto& [name, value] : logs.entries()) config.set(name, value);
  return config;
}

std::string logs_text(const Logs& logs) {
  std::string text;
  for (const auto& [name, value] : logs.entries())
    text += fmt::format("{}{}: {:.4f}", text.empty() ? "" : " - ", name, value);
  return text;
}

class TrainCommand : public Command {
 public:
  std::string name() const override { return "train"; }
  std::string usage() const override { return "JOB [--set PATH=VALUE]... [--run DIR]"; }
  std::string summary() const override {
    return "train the model of a job file; prints the digest of its parameters";
  }
  std::string example() const override {
    return "tutti train digits.yaml --set optimizer.learning_rate=0.01 --run runs/first\n"
           "mpirun -n 2 tutti train digits.yaml\n";
  }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("job", options::value<std::string>(), "the job file")(
        "set", options::value<std::vector<std::string>>()->composing(),
        "PATH=VALUE in place of what the job says; repeats")(
        "run", options::value<std::string>(),
        "the run's directory; runs/<name>-<date>-<time> if left out");
    declare_session(named);
    ordered.add("job", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    Job job = read_job(given, *this);
    const std::string written = write_yaml(write_message(job.frame()));
    session.require_same(hash64(written.data(), written.size()), job.source());
    session.configure(session_options(given, job));
    train(job, text_option(given, "run"), session);
  }

 private:
  static void train(Job& job, const std::string& path, Session& session) {
    FitOptions fit = make_fit_options(job);
    JobData data = load_job_data(job);
    check_batch(job, fit, data);
    settle(job, session, fit);
    const RowSourcePtr columns = data.train;
    JobModel made = make_job_model(job, columns->inputs());
    made.model->compile(make_compile_options(job, *made.model));
    for (Dataset* part : {&data.train, &data.validation, &data.test})
      *part = fit_to_model(*part, *made.model, job);

    std::optional<RunDirectory> directory;
    if (session.speaks()) directory = begin_run(path, job, made, data);
    fit.run_directory = share_text(session, directory ? directory->path().string() : "");
    fit.callbacks.insert(
        fit.callbacks.begin(),
        make<Callback>(Config(Config::Map{
            {"CSVLogger", Config(Config::Map{{"filename", RunDirectory::history_file}})}})));
    if (data.validation.rows() > 0) fit.validation_data = data.validation;
    made.model->fit(RowSourcePtr(data.train), fit);

    Logs tested;
    if (data.test.rows() > 0)
      tested =
          made.model->evaluate(RowSourcePtr(data.test), std::min(fit.batch_size, data.test.rows()));
    if (directory) finish_run(*directory, *made.model, tested, session);
  }

  static void check_batch(const Job& job, const FitOptions& fit, const JobData& data) {
    int64_t rows = data.train.rows();
    if (fit.validation_split > 0) {
      if (data.validation.rows() > 0)
        fail(job.place_of("fit.validation_split"),
             "the job also has data.split.validation; keep one of them");
      rows -= static_cast<int64_t>(static_cast<double>(rows) * fit.validation_split);
    }
    if (fit.batch_size > rows)
      fail(ExitCode::data, job.place_of("fit.batch_size"),
           "batch_size {} is larger than the {} rows to train on; use at most {}", fit.batch_size,
           rows, rows);
  }

  static RunDirectory begin_run(const std::string& path, const Job& job, const JobModel& made,
                                const JobData& data) {
    RunDirectory directory = RunDirectory::make(path, job.frame().name());
    set_log_file(directory.path() / RunDirectory::log_file);
    const RowSourcePtr rows = data.train;
    directory.write(RunDirectory::columns_file,
                    write_yaml(describe_columns(data.columns, rows->inputs())));
    directory.write(RunDirectory::job_file, job.resolved_yaml(made.written));
    log_info("training on {} rows, validating on {}, testing on {}; the run is in {}",
             data.train.rows(), data.validation.rows(), data.test.rows(),
             directory.path().string());
    return directory;
  }

  static void finish_run(const RunDirectory& directory, const Model& model, const Logs& tested,
                         Session& session) {
    save_weights_file(model, (directory.path() / RunDirectory::weights_file).string());
    const uint64_t digest = model.digest();
    const std::string line = parameters_line(digest, session.numerics());
    Config result{Config::Map()};
    result.set("parameters", hex16(digest));
    result.set("numerics", session.numerics());
    if (!tested.entries().empty()) result.set("test", logs_config(tested));
    directory.write(RunDirectory::result_file, write_yaml(result));
    if (!tested.entries().empty()) std::cout << "test: " << logs_text(tested) << "\n";
    std::cout << "run: " << directory.path().string() << "\n" << line << std::endl;
    set_log_file("");
  }
};

const bool train_command_added = add_command(std::make_unique<TrainCommand>());

}  // namespace

}  // namespace tutti
