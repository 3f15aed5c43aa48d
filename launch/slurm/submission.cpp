#include "launch/slurm/submission.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string.hpp>
#include <charconv>
#include <cstdio>
#include <typeinfo>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "launch/supervise/child_process.h"

namespace tutti::slurm {
namespace {

constexpr std::chrono::milliseconds kSubmit{120'000};  // busy controllers are slow
constexpr uint64_t kMostArrayBytes = uint64_t{1} << 20;
constexpr size_t kMostArray = 10'000;
constexpr int kLead = 120;  // seconds
constexpr const char* kScriptFile = "launch.sbatch";

bool is_of_slurm(const std::string& name) {
  static const options::options_description own = [] {
    options::options_description named;
    declare_submission(named);
    return named;
  }();
  return own.find_nothrow(name, false) != nullptr;
}

// What the script writes anew: the directory of each run, and the ranks that Slurm will give.
bool is_written_anew(const std::string& name) {
  return name == "run" || name == "resume" || name == "ranks";
}

std::string text_of(const options::variables_map& given, const char* name) {
  return given.count(name) ? given[name].as<std::string>() : "";
}

int number_of(const options::variables_map& given, const char* name, int otherwise = 0) {
  const int number = given.count(name) ? given[name].as<int>() : otherwise;
  if (number < 0)
    fail(ExitCode::usage, std::string("--") + name, "{} is too few; give 0 or more", number);
  return number;
}

std::vector<std::string> words_of_line(const std::string& line, const std::string& place) {
  try {
    return options::split_unix(line);
  } catch (const std::exception& error) {
    fail(ExitCode::usage, place, "'{}' is nothing that a shell would read: {}; mend its quotes",
         line, error.what());
  }
}

// Days, hours, minutes and seconds as sbatch reads them; 0 for what it has to judge.
int64_t seconds_of_limit(const std::string& text) {
  std::vector<std::string> numbers;
  boost::split(numbers, text, boost::is_any_of("-:"));
  constexpr std::array<int64_t, 4> units = {86'400, 3600, 60, 1};
  size_t unit = text.find('-') != text.npos ? 0 : numbers.size() == 3 ? 1 : 2;
  int64_t seconds = 0;
  for (const std::string& digits : numbers) {
    const bool number =
        !digits.empty() && digits.size() < 10 && boost::all(digits, boost::is_digit());
    if (!number || unit == units.size()) return 0;
    seconds += std::stoll(digits) * units[unit++];
  }
  return seconds;
}

// Each of an array has a run of its own.
std::vector<std::string> with_run(std::vector<std::string> words,
                                  const std::filesystem::path& run) {
  words.insert(words.end(), {"--run", run.string(), "--resume"});
  return words;
}

// A job whose lead is its whole time would be requeued for ever, and never train.
int lead_of(const options::variables_map& given, const std::string& time) {
  const int lead = number_of(given, "lead", kLead);
  const int64_t limit = seconds_of_limit(time);
  if (limit > 0 && lead >= limit)
    fail(ExitCode::usage, "--lead",
         "{} s before the limit of {} s leaves no time to train; give less, or more --time", lead,
         limit);
  return lead;
}

// What Slurm is asked for.
SlurmScript resources_of(const options::variables_map& given) {
  SlurmScript script;
  script.folder = std::filesystem::current_path().string();
  if (given.count("setup")) script.setup = given["setup"].as<std::vector<std::string>>();
  script.nodes = number_of(given, "nodes");
  script.ranks_per_node = number_of(given, "ntasks-per-node");
  script.cpus_per_rank = number_of(given, "cpus-per-task");
  script.gpus_per_node = number_of(given, "gpus-per-node");
  script.time = text_of(given, "time");
  script.partition = text_of(given, "partition");
  script.account = text_of(given, "account");
  script.qos = text_of(given, "qos");
  script.mail = text_of(given, "mail");
  script.lead_seconds = lead_of(given, script.time);
  script.requeue = !given.count("no-requeue");
  script.no_kill = given.count("no-kill") > 0;
  if (given.count("sbatch")) script.more = given["sbatch"].as<std::vector<std::string>>();
  return script;
}

supervise::Ran run_sbatch(const std::filesystem::path& script) {
  try {
    return supervise::run_child({.command = {"sbatch", "--parsable", script.string()}}, kSubmit);
  } catch (Error& error) {
    error.reword(
        fmt::format("[sbatch] is not on this host; call this where Slurm is, or give {} "
                    "to sbatch there",
                    script.string()));
    throw;
  }
}

std::string without_prefix(const std::string& line) {
  for (const std::string_view prefix : {"sbatch: error: ", "sbatch: "})
    if (line.starts_with(prefix)) return line.substr(prefix.size());
  return line;
}

}  // namespace

void declare_submission(options::options_description& named, const char* array) {
  named.add_options()("slurm", "write a script for sbatch, and submit it")(
      "dry-run", "with --slurm: print the script, submit nothing")(
      "nodes", options::value<int>(), "with --slurm: on so many, as Slurm places them if left out")(
      "ntasks-per-node", options::value<int>(), "with --slurm: ranks of a node")(
      "cpus-per-task", options::value<int>(), "with --slurm: processors of a rank")(
      "gpus-per-node", options::value<int>(), "with --slurm: GPUs of a node")(
      "time", options::value<std::string>(), "with --slurm: the limit, as 2-00:00:00")(
      "partition", options::value<std::string>(), "with --slurm: where")(
      "account", options::value<std::string>(), "with --slurm: whose")(
      "qos", options::value<std::string>(), "with --slurm: its quality of service")(
      "mail", options::value<std::string>(), "with --slurm: who is told of ends and requeues")(
      "lead", options::value<int>(),
      "with --slurm: seconds before the limit to save and requeue, 120 if left out")(
      "no-requeue", "with --slurm: end where it would be requeued")(
      "no-kill", "with --slurm: go on without a node that is lost")(
      "array", options::value<std::string>(), array)(
      "sbatch", options::value<std::vector<std::string>>()->composing(),
      "with --slurm: a further option of sbatch, as --sbatch=--gres=gpu:2; repeats")(
      "setup", options::value<std::vector<std::string>>()->composing(),
      "with --slurm: a line of shell that comes first, as \"module load openmpi\"; repeats");
}

void refuse_without_slurm(const options::variables_map& given) {
  if (given.count("slurm")) return;
  for (const auto& [name, value] : given)
    if (is_of_slurm(name))
      fail(ExitCode::usage, "--" + name, "is for Slurm; add --slurm, or leave it out");
}

std::vector<std::string> launch_words(const options::variables_map& given,
                                      const std::string& tutti) {
  std::vector<std::string> words = {tutti, "launch"};
  for (const auto& [name, value] : given) {
    if (is_of_slurm(name) || is_written_anew(name)) continue;
    const std::string option = "--" + name;
    const auto add = [&, &option = option](const std::string& text) {
      words.insert(words.end(), {option, text});
    };
    if (const auto* list = boost::any_cast<std::vector<std::string>>(&value.value()))
      std::ranges::for_each(*list, add);
    else if (const auto* number = boost::any_cast<int>(&value.value()))
      add(fmt::format("{}", *number));
    else if (const auto* real = boost::any_cast<double>(&value.value()))
      add(fmt::format("{}", *real));
    else if (const auto& text = value.as<std::string>(); !text.empty())
      add(text);
    else
      words.push_back(option);
  }
  return words;
}

std::vector<ArrayJob> read_array(const std::filesystem::path& file) {
  std::vector<ArrayJob> jobs;
  const std::string text = FileSystem::current().read(file, kMostArrayBytes);
  int number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string place = fmt::format("{}:{}", file.string(), ++number);
    auto words = words_of_line(text.substr(begin, end - begin), place);
    if (!words.empty()) jobs.push_back({place, std::move(words)});
    begin = end + 1;
  }
  if (jobs.empty() || jobs.size() > kMostArray)
    fail(ExitCode::usage, "--array", "{} has {} lines of PATH=VALUE; give 1 to {}", file.string(),
         jobs.size(), kMostArray);
  return jobs;
}

SlurmScript script_of(const options::variables_map& given, std::vector<std::string> command,
                      const std::string& name, int ranks, const std::filesystem::path& run) {
  SlurmScript script = resources_of(given);
  script.name = name, script.ranks = ranks, script.run = run;
  if (given.count("array")) {
    script.command = std::move(command);
    script.log = "slurm-%A_%a.log";
    for (const ArrayJob& job : read_array(text_of(given, "array"))) {
      std::vector<std::string> words;
      for (const std::string& set : job.sets) words.insert(words.end(), {"--set", set});
      script.array.push_back(with_run(words, run / std::to_string(script.array.size())));
    }
  } else {
    script.command = with_run(std::move(command), run);
    script.log = "slurm-%j.log";
  }
  return script;
}

SlurmScript sweep_script_of(const options::variables_map& given, std::vector<std::string> command,
                            const std::string& name, const std::filesystem::path& folder) {
  SlurmScript script = resources_of(given);
  script.name = name, script.run = folder, script.command = std::move(command);
  script.ranks = number_of(given, "slots", 1);
  script.log = "slurm-%j.log";
  if (!given.count("array")) return script;
  const std::string jobs = text_of(given, "array");
  const auto [end, error] =
      std::from_chars(jobs.data(), jobs.data() + jobs.size(), script.equal_jobs);
  if (error != std::errc() || end != jobs.data() + jobs.size() || script.equal_jobs < 1 ||
      script.equal_jobs > static_cast<int>(kMostArray))
    fail(ExitCode::usage, "--array", "'{}' is no number of jobs that share the sweep; give 1 to {}",
         jobs, kMostArray);
  script.log = "slurm-%A_%a.log";
  return script;
}

Submitted submit(const std::string& script, const std::filesystem::path& run) {
  std::filesystem::create_directories(run);
  const std::filesystem::path file = run / kScriptFile;
  FileSystem::current().write_atomically(file, script);
  const supervise::Ran ran = run_sbatch(file);
  Submitted submitted;
  for (const std::string& line : ran.error) submitted.remarks.push_back(without_prefix(line));
  if (!ran.end.well() || ran.output.empty())
    fail(ExitCode::world, "sbatch", "{}; mend that, or edit {} and give it to sbatch",
         submitted.remarks.empty() ? supervise::text_of(ran.end)
                                   : fmt::format("{}", fmt::join(submitted.remarks, "; ")),
         file.string());
  const std::string& answer = ran.output.front();  // NUMBER or NUMBER;CLUSTER
  submitted.job = answer.substr(0, answer.find(';'));
  return submitted;
}

void submit_and_tell(const std::string& script, const std::filesystem::path& run) {
  const Submitted submitted = submit(script, run);
  for (const std::string& remark : submitted.remarks)
    std::fprintf(stderr, "[sbatch] %s\n", remark.c_str());
  std::printf("job %s: its script and log are in %s\n", submitted.job.c_str(), run.c_str());
}

}  // namespace tutti::slurm
