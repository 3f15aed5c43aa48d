// `tutti launch`: a job on several ranks and hosts, supervised.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "core/base/error.h"
#include "core/base/network.h"
#include "core/base/shard_layout.h"
#include "core/model/batch.h"
#include "distributed/mpi/environment.h"
#include "launch/commands/command.h"
#include "launch/control/interface.h"
#include "launch/launcher/hosts.h"
#include "launch/launcher/launcher.h"
#include "launch/launcher/mpirun_starter.h"
#include "launch/launcher/outcome.h"
#include "launch/run_directory.h"
#include "launch/slurm/allocation.h"
#include "launch/slurm/srun_starter.h"
#include "launch/slurm/submission.h"
#include "launch/supervise/child_process.h"

namespace tutti {
namespace {

using launch::LaunchPlan;
using launch::Placement;

template <typename Value>
Value number_option(const options::variables_map& given, const char* name, Value otherwise,
                    Value least) {
  const Value value = given.count(name) ? given[name].as<Value>() : otherwise;
  if (!(value >= least))
    fail(ExitCode::usage, std::string("--") + name, "{} is too few; give {} or more", value, least);
  return value;
}

std::vector<std::string> words_option(const options::variables_map& given, const char* name) {
  if (!given.count(name)) return {};
  const auto& text = given[name].as<std::string>();
  try {
    return options::split_unix(text);
  } catch (const std::exception& error) {
    fail(ExitCode::usage, std::string("--") + name, "'{}' is nothing that a shell would read: {}",
         text, error.what());
  }
}

std::vector<std::string> list_option(const options::variables_map& given, const char* name) {
  return given.count(name) ? given[name].as<std::vector<std::string>>()
                           : std::vector<std::string>();
}

// But for the interface, which need not be on the host where this is asked.
Placement placement_of(const options::variables_map& given) {
  Placement placement;
  placement.threads = number_option(given, "threads", 0, 0);
  placement.bind = text_option(given, "bind", "none");
  const std::vector<std::string> places = {"none", "core", "socket", "numa"};
  if (std::ranges::find(places, placement.bind) == places.end())
    fail(ExitCode::usage, "--bind", "unknown place '{}'{}", placement.bind,
         near_or(placement.bind, places, "; use none, core, socket or numa"));
  placement.more = words_option(given, "mpi-args");
  for (const std::string& text : list_option(given, "env")) {
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const char* inherited = std::getenv(name.c_str());
    const bool named = !name.empty() && std::ranges::all_of(name, [](const unsigned char c) {
      return std::isalnum(c) || c == '_';
    });
    if (!named || (equals == text.npos && !inherited))
      fail(ExitCode::usage, "--env", "'{}' is not set; write NAME=VALUE, or set it", text);
    placement.environment.emplace_back(name,
                                       equals == text.npos ? inherited : text.substr(equals + 1));
  }
  if (const char* libraries = std::getenv("LD_LIBRARY_PATH"))
    placement.environment.emplace_back("LD_LIBRARY_PATH", libraries);
  return placement;
}

class LaunchCommand : public LoneCommand {
 public:
  std::string name() const override { return "launch"; }
  std::string usage() const override {
    return "-n N [--hosts LIST] JOB [--set PATH=VALUE]... [--run DIR [--resume]]";
  }
  std::string summary() const override {
    return "train on several ranks and hosts, by mpirun or srun; goes on when some of them are "
           "lost";
  }
  std::string example() const override {
    return "tutti launch -n 2 digits.yaml --run runs/first\n"
           "tutti launch -n 8 --hosts node1:4,node2:4 --interface eth0 digits.yaml\n"
           "tutti launch --slurm -n 8 --nodes 2 --time 12:00:00 digits.yaml --run runs/second\n"
           "tutti resize runs/first -n 1\n";
  }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    declare_world(named);
    declare_training(named);
    slurm::declare_submission(named);
    ordered.add("job", 1);
  }
  void run(const options::variables_map& given, Session&) const override {
    slurm::refuse_without_slurm(given);
    if (given.count("slurm")) return give_to_slurm(given);
    LaunchPlan plan = plan_of(given);
    const auto starter = starter_of(given);
    const RunDirectory held = take_run(given, plan);
    const membership::Verdict verdict =
        launch::launch(plan, *starter, [](bool error, const std::string& line) {
          std::FILE* stream = error ? stderr : stdout;
          std::fprintf(stream, "%s\n", line.c_str());
          std::fflush(stream);
        });
    if (verdict.outcome != membership::Outcome::done)
      throw Error(launch::words_of(verdict, plan.run), launch::exit_code_of(verdict));
    if (std::ferror(stdout))
      fail(ExitCode::io, "stdout", "cannot be written to; the run is whole in {}",
           plan.run.string());
  }

 private:
  static void declare_world(options::options_description& named) {
    named.add_options()("ranks,n", options::value<int>(),
                        "how many ranks; if left out as many as the hosts take")(
        "hosts", options::value<std::string>(),
        "NAME[:RANKS],...: where; if left out those that Slurm gives, or this one")(
        "hosts-file", options::value<std::string>(),
        "a file with one of these per line, read again every 5 s")(
        "discover", options::value<std::string>(),
        "a command that prints such lines, run again every 5 s")(
        "min-ranks", options::value<int>(), "go on with at least so many, 1 if left out")(
        "max-ranks", options::value<int>(), "what tutti resize may ask for, -n if left out")(
        "restarts", options::value<int>(), "failures that are recovered from, 100 if left out")(
        "wait", options::value<double>(), "seconds for --min-ranks to be there, 300 if left out")(
        "hang-timeout", options::value<double>(),
        "seconds without any progress that count as a hang, 60 if left out")(
        "bind", options::value<std::string>(),
        "none, core, socket or numa: what a rank may not leave; none if left out")(
        "page", options::value<std::string>(),
        "[ADDRESS:]PORT: show the run there, and to Prometheus at /metrics; loopback if no "
        "address")("interface", options::value<std::string>(),
                   "the network to use: eth0, or an address")(
        "starter", options::value<std::string>(),
        "mpirun, or srun inside an allocation of Slurm; there srun if it can")(
        "mpi-args", options::value<std::string>(), "further options of the starter, as one word")(
        "env", options::value<std::vector<std::string>>()->composing(),
        "NAME or NAME=VALUE for the ranks; repeats");
  }
  static std::string starter_name(const options::variables_map& given) {
    const std::vector<std::string> starters = {"mpirun", "srun"};
    const std::string wanted = text_option(given, "starter");
    if (!wanted.empty() && std::ranges::find(starters, wanted) == starters.end())
      fail(ExitCode::usage, "--starter", "unknown starter '{}'{}", wanted,
           near_or(wanted, starters, "; use mpirun or srun"));
    return wanted;
  }

  static std::unique_ptr<launch::WorldStarter> starter_of(const options::variables_map& given) {
    const EnvironmentMap environment = process_environment();
    const std::string wanted = starter_name(given);
    Placement placement = placement_of(given);
    if (given.count("interface"))
      placement.interface =
          control::network_of(control::interface_address(text_option(given, "interface")));
    if (wanted == "srun" || (wanted.empty() && slurm::in_allocation(environment))) {
      auto starter = slurm::SrunStarter::find(placement, slurm::cpus_per_task(environment));
      if (starter) return starter;
      if (!wanted.empty())
        fail(ExitCode::missing, "--starter",
             "srun cannot let ranks meet: srun --mpi=list names no pmix; use mpirun");
    }
    return launch::MpirunStarter::find(std::move(placement));
  }

  // What `tutti launch` in the script would refuse after hours of waiting is refused here.
  static void check_for_slurm(const options::variables_map& given) {
    for (const char* name : {"hosts", "hosts-file", "discover"})
      if (given.count(name))
        fail(ExitCode::usage, std::string("--") + name,
             "Slurm chooses the hosts; leave it out, or write --sbatch=--nodelist=node[1-4]");
    if (!given.count("ranks")) fail(ExitCode::usage, "tutti launch", "how many ranks? Give -n");
    judge_of(given, 0);
    starter_name(given);
    placement_of(given);
    if (given.count("page")) parse_page_address(text_option(given, "page"));
  }

  // The job, and each of an array.
  Job job_for_slurm(const options::variables_map& given) const {
    const int ranks = judge_of(given, 0).max_ranks;
    if (given.count("array"))
      for (const slurm::ArrayJob& one : slurm::read_array(text_option(given, "array"))) try {
          std::vector<std::string> sets = list_option(given, "set");
          sets.insert(sets.end(), one.sets.begin(), one.sets.end());
          check_shards(Job::read(required_option(given, "job", *this), sets), ranks);
        } catch (Error& error) {
          error.reword(fmt::format("[{}] {}", one.place, error.what()));
          throw;
        }
    Job job = read_job(given, *this);
    check_shards(job, ranks);
    session_options(given, job);
    return job;
  }

  void give_to_slurm(const options::variables_map& given) const {
    const std::filesystem::path run = required_option(given, "run", *this);
    check_for_slurm(given);
    const Job job = job_for_slurm(given);
    const std::string script =
        write_script(slurm::script_of(given, slurm::launch_words(given, supervise::this_program()),
                                      job_name(job), given["ranks"].as<int>(), run));
    if (given.count("dry-run")) {
      std::fputs(script.c_str(), stdout);
      return;
    }
    if (!given.count("resume")) RunDirectory::make(run.string(), job_name(job));
    slurm::submit_and_tell(script, run);
  }

  // As many as max_ranks would begin, and fail.
  static void check_shards(const Job& job, int ranks) {
    const launch::TrainingSize size = size_of(job);
    if (ranks > size.shards)
      fail(ExitCode::world, "tutti launch",
           "{} ranks are more than the {} shards of a batch of {}; use at most {}, or --set "
           "shards={}",
           ranks, size.shards, size.batch, size.shards, 4 * ranks);
  }

  static membership::JudgeOptions judge_of(const options::variables_map& given, int slots) {
    membership::JudgeOptions judge;
    judge.ranks = number_option(given, "ranks", slots, 1);
    judge.max_ranks = number_option(given, "max-ranks", judge.ranks, judge.ranks);
    judge.min_ranks = number_option(given, "min-ranks", 1, 1);
    if (judge.min_ranks > judge.ranks)
      fail(ExitCode::usage, "--min-ranks", "is {}, and -n is {}; give no more than that",
           judge.min_ranks, judge.ranks);
    judge.restarts = number_option(given, "restarts", 100, 0);
    const auto milliseconds = [&](const char* name, double otherwise) {
      const double seconds = std::min(number_option(given, name, otherwise, 0.0), 1e9);
      return membership::Duration(static_cast<int64_t>(1000 * seconds));
    };
    judge.wait = milliseconds("wait", 300);
    judge.hang_timeout = milliseconds("hang-timeout", 60);
    return judge;
  }

  static LaunchPlan plan_of(const options::variables_map& given) {
    LaunchPlan plan;
    plan.hosts_file = text_option(given, "hosts-file");
    plan.discover = words_option(given, "discover");
    list_hosts(given, plan);
    const int slots = launch::slots_of(plan.hosts);
    if (!given.count("ranks") && slots == 0)
      fail(ExitCode::usage, "tutti launch", "how many ranks? Give -n, or --hosts NAME:RANKS");
    plan.judge = judge_of(given, slots);
    launch::share_slots(plan.hosts, plan.judge.max_ranks);
    listen(given, plan);
    if (given.count("page")) plan.page = page_of(text_option(given, "page"));
    return plan;
  }

  static void list_hosts(const options::variables_map& given, LaunchPlan& plan) {
    if (given.count("hosts"))
      plan.hosts = launch::parse_hosts(given["hosts"].as<std::string>(), "--hosts");
    else if (!plan.hosts_file.empty())
      plan.hosts = launch::parse_hosts(FileSystem::current().read(plan.hosts_file),
                                       plan.hosts_file.string());
    else if (!plan.discover.empty())
      plan.hosts = launch::discover_hosts(plan.discover);
    else if (const EnvironmentMap environment = process_environment();
             slurm::in_allocation(environment))
      plan.hosts = slurm::allocation_hosts(environment);
    else
      plan.hosts = {{Network::current().host_name(), 0}};
    if (plan.hosts.empty())
      fail(ExitCode::usage, "tutti launch", "no host is named; write --hosts node1:4,node2:4");
  }

  // Where no other host can come in, nobody from outside can.
  static PageOptions page_of(const std::string& text) {
    PageOptions page = parse_page_address(text);
    if (page.address != "127.0.0.1" && page.address != "::1") page.token = draw_page_token();
    return page;
  }

  static void listen(const options::variables_map& given, LaunchPlan& plan) {
    const std::string here = Network::current().host_name();
    const bool outside = !plan.hosts_file.empty() || !plan.discover.empty() ||
                         std::ranges::any_of(plan.hosts, [&](const auto& host) {
                           return host.name != here && host.name != "localhost";
                         });
    if (given.count("interface") || !outside) {
      plan.listen = control::interface_address(text_option(given, "interface"));
      plan.addresses = {plan.listen};
      return;
    }
    plan.listen = "0.0.0.0";
    plan.addresses = control::outer_addresses();
    if (plan.addresses.empty()) plan.addresses = {"127.0.0.1"};
  }

  // The run's directory, and what a rank runs. What is wrong with the job is said here already.
  RunDirectory take_run(const options::variables_map& given, LaunchPlan& plan) const {
    const bool resume = given.count("resume") > 0;
    const std::string path = text_option(given, "run");
    if (resume && path.empty())
      fail(ExitCode::usage, "--resume", "which run? Give its directory: --run DIR --resume");
    const bool own_job = resume && !given.count("job");
    const Job job = own_job ? job_of_run(path) : read_job(given, *this);
    session_options(given, job);
    check_shards(job, plan.judge.max_ranks);
    if (given.count("fork") && !(resume && is_run(path))) job_of_run(text_option(given, "fork"));
    plan.size = size_of(job);
    RunDirectory run =
        resume ? RunDirectory::reopen(path) : RunDirectory::make(path, job_name(job));
    plan.run = run.path();
    plan.tutti = supervise::this_program();
    plan.rank = {plan.tutti, "train"};
    const auto add = [&](const char* option, const std::string& value) {
      plan.rank.insert(plan.rank.end(), {option, value});
    };
    if (!own_job) add("--job", required_option(given, "job", *this));
    for (const std::string& set : list_option(given, "set")) add("--set", set);
    for (const char* name : {"fork", "cache", "device", "isa"})
      if (given.count(name)) add(("--" + std::string(name)).c_str(), text_option(given, name));
    if (given.count("threads")) add("--threads", std::to_string(given["threads"].as<int>()));
    add("--run", plan.run.string());
    plan.rank.push_back("--resume");
    for (const char* name : {"allow-other-numerics", "ledger", "trace"})
      if (given.count(name)) plan.rank.push_back("--" + std::string(name));
    return run;
  }

  static launch::TrainingSize size_of(const Job& job) {
    const schema::Job& frame = job.frame();
    constexpr int64_t enough = std::numeric_limits<int64_t>::max();  // rows: nobody counted them
    launch::TrainingSize size;
    size.batch = checked_batch_size(frame.fit().batch_size(), enough);
    size.shards = frame.has_shards() ? frame.shards() : default_shards(size.batch);
    size.epochs = frame.fit().has_epochs() ? frame.fit().epochs() : FitOptions().epochs;
    return size;
  }

  static std::string job_name(const Job& job) {
    return job.frame().has_name() ? job.frame().name()
                                  : std::filesystem::path(job.source()).stem().string();
  }
};

const bool launch_command_added = add_command(std::make_unique<LaunchCommand>());

}  // namespace
}  // namespace tutti
