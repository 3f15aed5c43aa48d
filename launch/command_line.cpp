#include "launch/command_line.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <iostream>
#include <sstream>

#include "core/base/error.h"
#include "core/device/numerics.h"
#include "launch/commands/command.h"
#include "launch/launcher/outcome.h"

namespace tutti {

namespace {

std::vector<std::unique_ptr<Command>>& command_table() {
  static std::vector<std::unique_ptr<Command>> table;
  return table;
}

constexpr struct {
  ExitCode code;
  const char* meaning;
} kExitCodes[] = {
    {ExitCode::ok, "all went well"},
    {ExitCode::internal, "a defect in Tutti or in the program's own code"},
    {ExitCode::usage, "unknown command, option or option value"},
    {ExitCode::job, "the job file or the model it describes is wrong"},
    {ExitCode::data, "a data file is missing, malformed or does not fit the job"},
    {ExitCode::numerics, "NaN or infinity where the job said to stop"},
    {ExitCode::world, "ranks, shards, threads, memory or devices do not fit the job"},
    {ExitCode::communication, "a peer was lost or did not answer"},
    {ExitCode::io, "a file could not be written, or a run directory is in use"},
    {ExitCode::missing, "a feature, kernel or device that this build or machine lacks"},
    {ExitCode::stopped, "asked to stop: the state was saved, --resume goes on from it"},
    {launch::kTooFewRanks, "launch: fewer ranks than --min-ranks were left for longer than --wait"},
    {launch::kRepeatedFailure, "launch: the same failure at the same step twice"},
    {launch::kOutOfRestarts, "launch: more failures than --restarts"},
};

void print_help() {
  std::string text = fmt::format(
      "tutti {}: neural networks on any number of machines, with the same bits\n\n", version());
  for (const Command* command : commands())
    text += fmt::format("  tutti {:<9} {}\n{:18}{}\n", command->name(), command->usage(), "",
                        command->summary());
  text +=
      "\nAlone, or the same line under mpirun or srun. `tutti COMMAND --help` has options and an "
      "example.\n";
  text += "\nExit codes:\n";
  for (const auto& [code, meaning] : kExitCodes)
    text += fmt::format("  {:<3} {}\n", static_cast<int>(code), meaning);
  text += "Above 128: ended by a signal; history.csv and checkpoints stay.\n";
  std::cout << text << std::flush;
}

struct Declared {
  options::options_description named;
  options::positional_options_description ordered;
};

Declared declare(const Command& command) {
  Declared declared;
  command.declare(declared.named, declared.ordered);
  declared.named.add_options()("help", "this text");
  return declared;
}

void print_command_help(const Command& command) {
  const Declared declared = declare(command);
  std::ostringstream text;
  text << "tutti " << command.name() << " " << command.usage() << "\n"
       << command.summary() << "\n\n"
       << declared.named << "\nExample:\n";
  std::istringstream lines(command.example());
  for (std::string line; std::getline(lines, line);) text << "  " << line << "\n";
  std::cout << text.str() << std::flush;
}

std::vector<std::string> option_names(const Declared& declared) {
  std::vector<std::string> names;
  for (const auto& option : declared.named.options()) names.push_back("--" + option->long_name());
  return names;
}

options::variables_map parse_options(const Command& command,
                                     const std::vector<std::string>& words) {
  const Declared declared = declare(command);
  const std::string where = "tutti " + command.name();
  const auto style =
      options::command_line_style::default_style & ~options::command_line_style::allow_guessing;
  options::variables_map given;
  try {
    options::store(options::command_line_parser(words)
                       .options(declared.named)
                       .positional(declared.ordered)
                       .style(style)
                       .run(),
                   given);
    options::notify(given);
  } catch (const options::unknown_option& error) {
    const std::string name = error.get_option_name();
    fail(ExitCode::usage, where, "unknown option {}{}; tutti {} --help lists the options", name,
         did_you_mean(name, option_names(declared)), command.name());
  } catch (const options::error& error) {
    fail(ExitCode::usage, where, "{}; tutti {} --help shows how it is used", error.what(),
         command.name());
  }
  return given;
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command* command : commands()) {
    if (command->name() == name) return *command;
    names.push_back(command->name());
  }
  fail(ExitCode::usage, "tutti", "unknown command '{}'{}; the commands are {}", name,
       did_you_mean(name, names), fmt::join(names, ", "));
}

void run_words(std::vector<std::string> words, Session& session) {
  const auto wants = [&](const char* word) { return !words.empty() && words[0] == word; };
  if (wants("--version")) {
    if (session.speaks()) std::cout << "tutti " << version() << std::endl;
    return;
  }
  if (wants("help") && words.size() > 1) words = {words[1], "--help"};
  if (wants("--help") || wants("-h") || wants("help")) {
    if (session.speaks()) print_help();
    return;
  }
  if (words.empty()) fail(ExitCode::usage, "tutti", "no command; tutti --help lists them");
  const Command& command = find_command(words[0]);
  words.erase(words.begin());
  const auto given = parse_options(command, words);
  if (!given.count("help")) return command.run(given, session);
  if (session.speaks()) print_command_help(command);
}

bool joins_world(const std::vector<std::string>& words) {
  return std::ranges::none_of(commands(), [&](const Command* command) {
    return !words.empty() && command->name() == words[0] &&
           dynamic_cast<const LoneCommand*>(command);
  });
}

// A stream that the caller closed leaves its number to the first file opened, which would then get
// what is printed.
void keep_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) return;
}

}  // namespace

bool add_command(std::unique_ptr<Command> command) {
  command_table().push_back(std::move(command));
  return true;
}

std::vector<const Command*> commands() {
  std::vector<const Command*> all;
  for (const auto& command : command_table()) all.push_back(command.get());
  std::sort(all.begin(), all.end(), [](auto* a, auto* b) { return a->name() < b->name(); });
  return all;
}

int run_command(int argc, const char* const* argv) {
  keep_standard_streams();
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    Session session = joins_world(words) ? Session() : Session::alone();
    try {
      run_words(words, session);
      if (session.speaks() && !std::cout.flush())
        fail(ExitCode::io, "stdout", "cannot be written to; free some space, or give it a place");
      return static_cast<int>(ExitCode::ok);
    } catch (const std::exception& error) {
      return session.report(error);
    }
  } catch (const std::exception& error) {
    return report_failure(error);
  }
}

}  // namespace tutti
