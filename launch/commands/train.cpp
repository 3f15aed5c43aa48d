// `tutti train`: a job file to a run directory.
#include <fmt/format.h>

#include <iostream>

#include "core/base/error.h"
#include "core/base/fault_point.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/seed.h"
#include "core/model/memory_guard.h"
#include "core/model/weights_file.h"
#include "distributed/mpi/environment.h"
#include "io/checkpoint/checkpoint.h"
#include "launch/at_place.h"
#include "launch/commands/command.h"
#include "launch/data_stamps.h"
#include "launch/job_checkpoint.h"
#include "launch/job_schema.h"
#include "launch/job_training.h"
#include "launch/rank/committing.h"
#include "launch/report/report.h"
#include "launch/report/training_record.h"
#include "launch/resume.h"
#include "launch/row_feed.h"
#include "launch/run_directory.h"
#include "launch/stop_signal.h"
#include "launch/sweep/trial_reports.h"
#include "launch/timeline/rank_trace.h"
#include "launch/yaml_writer.h"

namespace tutti {

namespace {

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
  // How a run begins.
  struct Way {
    std::string path, fork, cache;
    bool resume = false, other_numerics = false;
    bool launched = false;  // the launcher holds the run
    bool again = false;     // in a world of those that are left of one that was lost
    CheckpointingOptions checkpoints = {};
    CommittingOptions commits = {};
  };

 public:
  std::string name() const override { return "train"; }
  std::string usage() const override { return "JOB [--set PATH=VALUE]... [--run DIR [--resume]]"; }
  std::string summary() const override {
    return "train the model of a job file; prints the digest of its parameters";
  }
  std::string example() const override {
    return "tutti train digits.yaml --set optimizer.learning_rate=0.01 --run runs/first\n"
           "mpirun -n 2 tutti train digits.yaml\n"
           "tutti train digits.yaml --run runs/first --resume\n";
  }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    declare_training(named);
    ordered.add("job", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    Way way = way_of(given);
    way.launched = session.supervised() != nullptr;
    Job job = way.resume && !given.count("job") ? job_of_run(way.path) : read_job(given, *this);
    if (way.resume && is_run(way.path)) take_choices(job, job_of_run(way.path));
    if (given.count("ledger")) job.frame().mutable_data()->set_ledger(true);
    if (given.count("trace")) job.frame().set_trace(true);
    const std::string written = write_yaml(write_message(job.frame()));
    session.require_same(hash64(written.data(), written.size()), job.source());
    session.configure(session_options(given, job));
    train(job, way, session);
  }

 private:
  static Way way_of(const options::variables_map& given) {
    Way way{text_option(given, "run"), text_option(given, "fork"), text_option(given, "cache"),
            given.count("resume") > 0, given.count("allow-other-numerics") > 0};
    if (way.resume && way.path.empty())
      fail(ExitCode::usage, "--resume", "which run? Give its directory: --run DIR --resume");
    return way;
  }

  // Again from the newest commit, in this process, where ranks were lost and the others go on.
  static void train(const Job& job, Way way, Session& session) {
    way.checkpoints = checkpointing_of(job);
    way.commits = committing_of(job);
    std::optional<JobData> data = load(job, way, session);
    for (;; way.resume = way.again = true) {
      std::string lost;
      try {
        if (!data) data = load(job, way, session);
        return train_once(job, way, data, session);
      } catch (const PeerFailure&) {
        throw;
      } catch (const MemoryCorruption& error) {
        if (!session.supervised()) throw;
        if (session.rank() == error.rank()) session.supervised()->distrust(error.what());
        session.supervised()->await_newer();
        lost = error.what();
      } catch (const CommunicationError& error) {
        lost = error.what();
      }
      clear_session();
      if (!session.go_on_in_place()) throw CommunicationError(lost);
    }
  }

  // Indexes are kept in the run's directory, which is chosen before it is made.
  static JobData load(const Job& job, Way& way, Session& session) {
    if (way.path.empty()) {
      const auto& frame = job.frame();
      const auto chosen = RunDirectory::choose(
          frame.has_name() ? frame.name() : std::filesystem::path(job.source()).stem().string());
      way.path = broadcast_text(session.world(), chosen.string());
    }
    if (session.speaks() && !way.resume) RunDirectory::refuse_taken(way.path);
    const std::filesystem::path run(way.path);
    JobData data =
        load_job_data(job, {cache_folder(way.cache, run / RunDirectory::index_folder), &session});
    if (session.size() > 1)  // a digest reads all the data once, if it is in memory
      for (const auto* part : {&data.train, &data.validation, &data.test})
        session.require_same(part->digest(), job.place_of("data"));
    return data;
  }

  static void train_once(Job job, const Way& way, std::optional<JobData>& loaded,
                         Session& session) {
    JobData data = *loaded;
    FitOptions fit = make_fit_options(job, data.columns.class_names());
    const RowSourcePtr training = rows_to_train_on(job, fit, data);
    const int64_t training_rows = training->rows();
    settle(job, session, fit);
    SupervisedRank* rank = session.supervised();
    std::optional<Commits> commits;
    if (rank) commits = find_commits(*rank, session.communicator());
    const bool restored = commits && commits->newest;
    // A commit holds the weights, and those who wait for a lost rank wait for this too.
    const JobModel made = make_fitted_model(job, fit, data, training, session.world(), !restored);
    if (data.validation.count() > 0) fit.validation_data = data.validation.source();
    const auto plan = at_place(job.place_of("model"),
                               [&] { return made.model->prepare(data.train.source(), fit); });
    check_callbacks(job, fit, plan);

    const bool begun = way.resume && !way.again && session.speaks() && is_run(way.path);
    std::optional<RunDirectory> directory;
    if (session.speaks()) directory = begin_run(way, job, made, data, training_rows);
    fit.run_directory =
        broadcast_text(session.world(), directory ? directory->path().string() : "");
    if (!way.again) require_seen_by_all(fit.run_directory, session);
    tell_who_watches(session);
    add_records(job, session, fit);
    const StopSignal stop_signal;
    if (commits)
      fit.callbacks.push_back(
          std::make_shared<Committing>(way.commits, *rank, *commits, session.communicator()));
    if (begun && !restored) tell_unsaved(*directory);
    const auto checkpoints =
        add_checkpoints(job, way, restored, describe_data(data, job.folder()), session, fit);
    std::optional<RowFeed> feed(std::in_place, job, data, session, fit);
    fit_model(*made.model, *feed, fit, *checkpoints);
    fault_point("run/trained");
    tell_bad_rows(data.train, session);

    const Logs tested = test(*made.model, data.test, *feed, fit.batch_size);
    // A report reads the rows anew: they are not held twice.
    feed.reset();
    data = {};
    fit.callbacks.clear();
    loaded.reset();
    fit.validation_data.reset();
    if (directory) finish_run(*directory, *made.model, tested, session, reports(job));
    if (rank) {
      rank->finish(made.model->digest());
      remove_commits(rank->job());
    }
  }

  static void fit_model(Model& model, const RowFeed& feed, const FitOptions& fit,
                        Checkpointing& checkpoints) {
    try {
      model.fit(feed.training(), fit);
    } catch (const CommunicationError&) {
      checkpoints.peer_lost();
      throw;
    }
  }

  static void tell_unsaved(const RunDirectory& run) {
    const auto folder = run.path() / RunDirectory::checkpoints_folder;
    if (checkpoints_in(folder).empty())
      log_info("no checkpoint is in {} yet: training begins again", folder.string());
  }

  // Ranks that a script of somebody's own has started have no judge.
  static void tell_who_watches(const Session& session) {
    const Launcher launcher = detect_launcher(process_environment()).launcher;
    if (!session.speaks() || session.size() == 1 || session.supervised() ||
        launcher == Launcher::none)
      return;
    log_info(
        "{} ranks by {}: they save, resume, stop on SIGTERM and end a hang by themselves; commits, "
        "recovery in place and growth need tutti launch",
        session.size(), name_of(launcher));
  }

  // What a run writes down of its training.
  static void add_records(const Job& job, Session& session, FitOptions& fit) {
    fit.callbacks.insert(
        fit.callbacks.begin(),
        make<Callback>(Config(Config::Map{
            {"CSVLogger", Config(Config::Map{{"filename", RunDirectory::history_file}})}})));
    if (reports(job))
      fit.callbacks.push_back(
          std::make_shared<TrainingRecorder>(TrainingRecorderOptions{RunDirectory::record_file}));
    if (job.frame().trace())
      fit.callbacks.push_back(std::make_shared<TraceRecorder>(session.communicator()));
    if (auto reporter = trial_reporter()) fit.callbacks.push_back(std::move(reporter));
  }

  static Logs test(Model& model, const DataPart& rows, const RowFeed& feed, int64_t batch_size) {
    if (rows.count() == 0) return {};
    const int64_t batch = std::min(batch_size, rows.count());
    return model.evaluate(feed.in_order(rows.source(), batch), batch);
  }

  static void tell_bad_rows(const DataPart& train, Session& session) {
    if (const int64_t bad = bad_rows_of(train, session); bad > 0 && session.speaks())
      log_warn("{} of {} training rows are bad and were passed over", bad, train.count());
  }

  static bool reports(const Job& job) { return !job.frame().has_report() || job.frame().report(); }

  // The state of the run is saved after all other callbacks, and goes on from where it was: from
  // its newest commit, or else its newest checkpoint, or else that of the run that it is forked
  // from.
  static std::shared_ptr<Checkpointing> add_checkpoints(const Job& job, const Way& way,
                                                        bool restored, const Config& data,
                                                        const Session& session, FitOptions& fit) {
    CheckpointingOptions options = way.checkpoints;
    options.resume = way.resume && !restored;
    options.folder = RunDirectory::checkpoints_folder;
    if (!way.fork.empty() && !restored) {
      options.begin_from = std::filesystem::path(way.fork) / RunDirectory::checkpoints_folder;
      if (is_run(way.fork)) options.begin_rate = rate_said_anew(job, job_of_run(way.fork));
    }
    options.about = Config(Config::Map{{"data", data}, {"numerics", session.numerics()}});
    options.check = [about = options.about, any = way.other_numerics,
                     other = options.begin_from](const Checkpoint& checkpoint) {
      const Config* numerics = checkpoint.about().find("numerics");
      if (numerics && !(*numerics == *about.find("numerics")) && !any)
        fail(ExitCode::world, checkpoint.folder().string(),
             "was saved under {}, and this is {}: the bits would be others; go on there, or with "
             "--allow-other-numerics",
             to_string(*numerics), to_string(*about.find("numerics")));
      const Config* data = checkpoint.about().find("data");
      const bool forked = !other.empty() && checkpoint.folder().parent_path() == other;
      if (data && !forked) check_same_rows(*data, *about.find("data"));
    };
    options.stop_asked = StopSignal::received;
    auto checkpoints = std::make_shared<Checkpointing>(std::move(options));
    fit.callbacks.push_back(checkpoints);
    return checkpoints;
  }

  static RunDirectory open_directory(const Way& way, const Job& job, const std::string& resolved) {
    if (!way.resume) {
      RunDirectory made = RunDirectory::make(way.path, job.frame().name());
      if (!way.fork.empty()) made.take_logs(way.fork);
      return made;
    }
    RunDirectory there = RunDirectory::reopen(way.path, way.launched);
    if (is_run(there.path()))
      refuse_changes(Job::parse(resolved, job.source()), job_of_run(there.path()), there.path());
    else if (!way.fork.empty())
      there.take_logs(way.fork);
    return there;
  }

  static RunDirectory begin_run(const Way& way, const Job& job, const JobModel& made,
                                const JobData& data, int64_t training_rows) {
    const std::string resolved = job.resolved_yaml(made.written);
    RunDirectory directory = open_directory(way, job, resolved);
    set_log_file(directory.path() / RunDirectory::log_file);
    if (way.again) return directory;
    directory.write(RunDirectory::columns_file,
                    write_yaml(describe_columns(data.columns, data.train.source()->inputs())));
    directory.write(RunDirectory::job_file, resolved);
    fault_point("run/begun");
    log_info("training on {} rows, validating on {}, testing on {}; the run is in {}",
             training_rows, data.train.count() - training_rows + data.validation.count(),
             data.test.count(), directory.path().string());
    return directory;
  }

  // A training that went well is not failed by a page about it.
  static void add_report(const RunDirectory& directory) {
    clear_session();  // the run is read anew, and its layers are named as at first
    try {
      std::cout << "report: " << write_report(directory.path()).string() << "\n";
    } catch (const Error& error) {
      log_warn("the run has no report: {}; `tutti report {}` makes one", error.what(),
               directory.path().string());
    }
  }

  static void finish_run(const RunDirectory& directory, const Model& model, const Logs& tested,
                         Session& session, bool reports) {
    save_weights_file(model, (directory.path() / RunDirectory::weights_file).string());
    fault_point("run/weights_saved");
    directory.write_assets(model);
    const uint64_t digest = model.digest();
    const std::string line = parameters_line(digest, session.numerics());
    Config result{Config::Map()};
    result.set("parameters", hex16(digest));
    result.set("numerics", session.numerics());
    if (!tested.entries().empty()) result.set("test", logs_config(tested));
    directory.write(RunDirectory::result_file, write_yaml(result));
    fault_point("run/result_written");
    if (!tested.entries().empty()) std::cout << "test: " << logs_text(tested) << "\n";
    if (reports) add_report(directory);
    std::cout << "run: " << directory.path().string() << "\n" << line << std::endl;
    set_log_file("");
  }
};

const bool train_command_added = add_command(std::make_unique<TrainCommand>());

}  // namespace

}  // namespace tutti
