#include "launch/commands/command.h"

#include "core/base/error.h"

namespace tutti {

std::string text_option(const options::variables_map& given, const char* name,
                        const std::string& otherwise) {
  return given.count(name) ? given[name].as<std::string>() : otherwise;
}

std::string required_option(const options::variables_map& given, const char* name,
                            const Command& command) {
  if (!given.count(name))
    fail(ExitCode::usage, "tutti " + command.name(), "'{}' is missing; use: tutti {} {}", name,
         command.name(), command.usage());
  const auto& text = given[name].as<std::string>();
  if (text.empty())
    fail(ExitCode::usage, "tutti " + command.name(), "'{}' is empty; use: tutti {} {}", name,
         command.name(), command.usage());
  return text;
}

void declare_training(options::options_description& named) {
  named.add_options()("job", options::value<std::string>(), "the job file")(
      "set", options::value<std::vector<std::string>>()->composing(),
      "PATH=VALUE in place of what the job says; repeats")(
      "run", options::value<std::string>(),
      "the run's directory, which all hosts see; runs/<name>-<date>-<time> if left out")(
      "resume",
      "go on with the run in --run, from its newest whole checkpoint; begin it if there "
      "is none. Without JOB, with the run's own")(
      "fork", options::value<std::string>(),
      "begin from the state of this other run, whose job may differ")(
      "allow-other-numerics",
      "go on with another version, instruction set or device, hence with other bits")(
      "cache", options::value<std::string>(),
      "where indexes of large data are kept; TUTTI_CACHE, or the run's directory if left out")(
      "ledger", "write down in the run which rows went into which step")(
      "trace", "keep what each rank does and when, for tutti timeline");
  declare_session(named);
}

void declare_session(options::options_description& named) {
  named.add_options()("threads", options::value<int>(),
                      "threads of each rank; all its processors if left out")(
      "device", options::value<std::string>(), "cpu or cuda")(
      "isa", options::value<std::string>(),
      "x86_64, avx2 or avx512; the best that all ranks have if left out");
}

SessionOptions session_options(const options::variables_map& given, const Job& job) {
  const schema::Job& frame = job.frame();
  SessionOptions chosen;
  chosen.threads = static_cast<int>(frame.threads());
  if (given.count("threads")) {
    chosen.threads = given["threads"].as<int>();
    if (chosen.threads < 1)
      fail(ExitCode::usage, "--threads", "expected at least 1, got {}; leave it out for all",
           chosen.threads);
  }
  chosen.device = text_option(given, "device", frame.has_device() ? frame.device() : "cpu");
  chosen.isa = text_option(given, "isa", frame.isa());
  chosen.shards = frame.shards();
  if (frame.has_seed()) chosen.seed = static_cast<uint64_t>(frame.seed());
  return chosen;
}

Job read_job(const options::variables_map& given, const Command& command) {
  std::vector<std::string> overrides;
  if (given.count("set")) overrides = given["set"].as<std::vector<std::string>>();
  return Job::read(required_option(given, "job", command), overrides);
}

}  // namespace tutti
