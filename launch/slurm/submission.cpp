#include "launch/slurm/submission.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

constexpr std::array kOwn = {"slurm",         "dry-run",       "nodes",  "ntasks-per-node",
                             "cpus-per-task", "gpus-per-node", "time",   "partition",
                             "account",       "mail",          "lead",   "no-requeue",
                             "no-kill",       "array",         "sbatch", "run",
                             "resume",        "ranks"};

std::string text_of(const options::variables_map& given, const char* name) {
  return given.count(name) ? given[name].as<std::string>() : "";
}

int number_of(const options::variables_map& given, const char* name, int otherwise = 0) {
  const int number = given.count(name) ? given[name].as<int>() : otherwise;
  if (number < 0)
    fail(ExitCode::usage, std::string("--") + name, "{} is too few; give 0 or more", number);
  return number;
}

std::vector<std::string> words_of_line(const std::string& line, const std::string& path) {
  try {
    return options::split_unix(line);
  } catch (const std::exception& error) {
    fail(ExitCode::usage, "--array", "{} has the line '{}', which no shell would read: {}", path,
         line, error.what());
  }
}

// Each line is a job of the array: PATH=VALUE words, as for --set.
std::vector<std::vector<std::string>> read_array(const std::string& path) {
  std::vector<std::vector<std::string>> jobs;
  const std::string text = FileSystem::current().read(path, kMostArrayBytes);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::vector<std::string> words;
    for (const std::string& word : words_of_line(text.substr(begin, end - begin), path))
      words.insert(words.end(), {"--set", word});
    if (!words.empty()) jobs.push_back(std::move(words));
    begin = end + 1;
  }
  if (jobs.empty() || jobs.size() > kMostArray)
    fail(ExitCode::usage, "--array", "{} has {} lines of PATH=VALUE; give 1 to {}", path,
         jobs.size(), kMostArray);
  return jobs;
}

// '%' begins what Slurm fills in.
std::string log_in(const std::filesystem::path& run, const std::string& name) {
  std::string path;
  for (const char c : run.string()) path += c == '%' ? std::string("%%") : std::string(1, c);
  return (std::filesystem::path(path) / name).string();
}

// Each of an array has a run of its own.
std::vector<std::string> with_run(std::vector<std::string> words,
                                  const std::filesystem::path& run) {
  words.insert(words.end(), {"--run", run.string(), "--resume"});
  return words;
}

}  // namespace

void declare_submission(options::options_description& named) {
  named.add_options()("slurm", "write a script for sbatch, and submit it")(
      "dry-run", "with --slurm: print the script, submit nothing")(
      "nodes", options::value<int>(), "with --slurm: on so many, as Slurm places them if left out")(
      "ntasks-per-node", options::value<int>(), "with --slurm: ranks of a node")(
      "cpus-per-task", options::value<int>(), "with --slurm: processors of a rank")(
      "gpus-per-node", options::value<int>(), "with --slurm: GPUs of a node")(
      "time", options::value<std::string>(), "with --slurm: the limit, as 2-00:00:00")(
      "partition", options::value<std::string>(), "with --slurm: where")(
      "account", options::value<std::string>(), "with --slurm: whose")(
      "mail", options::value<std::string>(), "with --slurm: who is told of ends and requeues")(
      "lead", options::value<int>(),
      "with --slurm: seconds before the limit to save and requeue, 120 if left out")(
      "no-requeue", "with --slurm: end where it would be requeued")(
      "no-kill", "with --slurm: go on without a node that is lost")(
      "array", options::value<std::string>(),
      "with --slurm: a job for each line of this file, which is PATH=VALUE as for --set")(
      "sbatch", options::value<std::vector<std::string>>()->composing(),
      "with --slurm: a further option of sbatch, as --sbatch=--exclude=n3; repeats");
}

std::vector<std::string> launch_words(const options::variables_map& given,
                                      const std::string& tutti) {
  std::vector<std::string> words = {tutti, "launch"};
  for (const auto& [name, value] : given) {
    if (std::ranges::find(kOwn, name) != kOwn.end()) continue;
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

SlurmScript script_of(const options::variables_map& given, std::vector<std::string> command,
                      const std::string& name, int ranks, const std::filesystem::path& run) {
  SlurmScript script;
  script.name = name, script.ranks = ranks;
  if (given.count("array")) {
    script.command = std::move(command);
    for (const auto& words : read_array(text_of(given, "array")))
      script.array.push_back(with_run(words, run / std::to_string(script.array.size())));
  } else {
    script.command = with_run(std::move(command), run);
  }
  script.log = log_in(run, script.array.empty() ? "slurm-%j.log" : "slurm-%A_%a.log");
  script.nodes = number_of(given, "nodes");
  script.ranks_per_node = number_of(given, "ntasks-per-node");
  script.cpus_per_rank = number_of(given, "cpus-per-task");
  script.gpus_per_node = number_of(given, "gpus-per-node");
  script.time = text_of(given, "time");
  script.partition = text_of(given, "partition");
  script.account = text_of(given, "account");
  script.mail = text_of(given, "mail");
  script.lead_seconds = number_of(given, "lead", kLead);
  script.requeue = !given.count("no-requeue");
  script.no_kill = given.count("no-kill") > 0;
  if (given.count("sbatch")) script.more = given["sbatch"].as<std::vector<std::string>>();
  return script;
}

std::string submit(const std::string& script, const std::filesystem::path& run) {
  std::filesystem::create_directories(run);
  const std::filesystem::path file = run / kScriptFile;
  FileSystem::current().write_atomically(file, script);
  const supervise::Ran ran =
      supervise::run_child({.command = {"sbatch", "--parsable", file.string()}}, kSubmit);
  const std::string said = !ran.error.empty() ? ran.error.back() : supervise::text_of(ran.end);
  if (!ran.end.well() || ran.output.empty())
    fail(ExitCode::world, "sbatch", "{}; the script is {}", said, file.string());
  const std::string& answer = ran.output.front();  // NUMBER or NUMBER;CLUSTER
  return answer.substr(0, answer.find(';'));
}

}  // namespace tutti::slurm
