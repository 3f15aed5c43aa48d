// `tutti resize`: asks the launcher of a run that goes on for another number of ranks.
#include <iostream>
#include <optional>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/terminal.h"
#include "launch/commands/command.h"
#include "launch/control/client.h"
#include "launch/launcher/meeting_place.h"

namespace tutti {
namespace {

control::ResizeAnswer ask(const std::string& run, int ranks) {
  const launch::JudgeAddress judge = launch::find_judge(run);
  boost::asio::io_context context;
  std::optional<control::ResizeAnswer> answer;
  std::optional<control::Client> client;
  const auto send = [&] {
    control::Message message;
    message.mutable_resize_request()->set_ranks(static_cast<uint32_t>(ranks));
    client->send(message);
  };
  client.emplace(
      context, std::make_shared<const control::Secret>(launch::find_secret(run, judge.job)),
      control::ClientOptions{.addresses = judge.addresses,
                             .port = judge.port,
                             .job = hex16(judge.job),
                             .peer = {control::COMMAND, 0}},
      control::Client::Handlers{send,
                                [&](const control::Message& message) {
                                  answer = message.resize_answer();
                                  context.stop();
                                },
                                [](const std::string&) {},
                                [](const std::string& why) { throw CommunicationError(why); }});
  context.run();
  return answer.value();
}

class ResizeCommand : public LoneCommand {
 public:
  std::string name() const override { return "resize"; }
  std::string usage() const override { return "RUN -n N"; }
  std::string summary() const override {
    return "give a run that tutti launch trains another number of ranks, from its next commit on";
  }
  std::string example() const override { return "tutti resize runs/first -n 4"; }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("run", options::value<std::string>(), "the run's directory")(
        "ranks,n", options::value<int>(), "how many ranks");
    ordered.add("run", 1);
  }
  void run(const options::variables_map& given, Session&) const override {
    const std::string run = required_option(given, "run", *this);
    const int ranks = given.count("ranks") ? given["ranks"].as<int>() : 0;
    if (ranks < 1)
      fail(ExitCode::usage, "tutti resize", "how many ranks? Give at least one, as in -n 4");
    const control::ResizeAnswer answer = ask(run, ranks);
    if (!answer.accepted()) throw Error(one_line(answer.text()), ExitCode::usage);
    std::cout << one_line(answer.text()) << std::endl;
  }
};

const bool resize_command_added = add_command(std::make_unique<ResizeCommand>());

}  // namespace
}  // namespace tutti
