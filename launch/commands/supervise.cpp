// `tutti supervise`: what `tutti launch` has mpirun or srun start for each rank.
#include <fmt/format.h>

#include <charconv>
#include <iostream>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/host_number.h"
#include "distributed/commit/place.h"
#include "distributed/mpi/environment.h"
#include "launch/commands/command.h"
#include "launch/launcher/meeting_place.h"
#include "launch/supervise/supervisor.h"

namespace tutti {
namespace {

uint64_t number_of(const std::string& text, const char* name, int base) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size())
    fail(ExitCode::usage, "tutti supervise", "--{} '{}' is no number; leave this to tutti launch",
         name, text);
  return number;
}

class SuperviseCommand : public LoneCommand {
 public:
  std::string name() const override { return "supervise"; }
  std::string usage() const override {
    return "--secret FILE --job J --port P --address A --world W -- COMMAND...";
  }
  std::string summary() const override {
    return "the parent of a rank, as tutti launch starts it; not for people";
  }
  std::string example() const override { return "tutti supervise --probe"; }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("probe", "print the boot of this host, and end")(
        "forget", options::value<std::string>(),
        "remove what this job has in the memory of this host, and end")(
        "secret", options::value<std::string>(), "the file that holds the job's secret")(
        "job", options::value<std::string>(), "the job's nonce")("port", options::value<int>(),
                                                                 "of the launcher")(
        "address", options::value<std::vector<std::string>>()->composing(),
        "of the launcher; repeats, and all are tried")("world", options::value<std::string>(),
                                                       "the world that the rank is started for")(
        "command", options::value<std::vector<std::string>>(), "what the rank runs, behind --");
    ordered.add("command", -1);
  }
  void run(const options::variables_map& given, Session&) const override {
    const uint64_t boot = host_number();
    if (given.count("probe")) {
      std::cout << "tutti boot " << hex16(boot) << std::endl;
      return;
    }
    if (given.count("forget"))
      return remove_commits(number_of(text_option(given, "forget"), "forget", 16));
    for (const char* name : {"port", "address", "command"})
      if (!given.count(name))
        fail(ExitCode::usage, "tutti supervise", "'{}' is missing; leave this to tutti launch",
             name);
    const std::string secret = required_option(given, "secret", *this);
    const std::string job = required_option(given, "job", *this);
    const uint64_t world = number_of(required_option(given, "world", *this), "world", 10);
    const int rank = detect_launcher(process_environment()).rank;
    supervise::SupervisorOptions chosen;
    chosen.judge = {.addresses = given["address"].as<std::vector<std::string>>(),
                    .port = given["port"].as<int>(),
                    .job = job,
                    .peer = {control::SUPERVISOR, rank, world}};
    chosen.member = {.job = number_of(job, "job", 16), .id = {world, rank}, .boot = boot};
    chosen.child.command = given["command"].as<std::vector<std::string>>();
    chosen.commits = commits_of_job(chosen.member.job);
    chosen.judge.refused_is_lost = true;
    chosen.judge_ended = [secret, number = chosen.member.job] {
      launch::forget_meeting_place(secret);
      remove_commits(number);
    };
    supervise::supervise(
        std::make_shared<const control::Secret>(control::Secret::read_file(secret)), chosen);
  }
};

const bool supervise_command_added = add_command(std::make_unique<SuperviseCommand>());

}  // namespace
}  // namespace tutti
