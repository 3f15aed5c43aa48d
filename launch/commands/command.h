// A command of `tutti`: a name, its options and what it does. Each enters itself at load.
#pragma once

#include <boost/program_options.hpp>
#include <memory>
#include <string>
#include <vector>

#include "launch/job.h"
#include "launch/session.h"

namespace tutti {

namespace options = boost::program_options;

class Command {
 public:
  virtual ~Command() = default;
  virtual std::string name() const = 0;
  virtual std::string usage() const = 0;    // what follows the name: "JOB [--set PATH=VALUE]..."
  virtual std::string summary() const = 0;  // one line
  virtual std::string example() const = 0;  // whole command lines
  virtual void declare(options::options_description& named,
                       options::positional_options_description& ordered) const = 0;
  // Throws Error. The session has joined the world and is not configured.
  virtual void run(const options::variables_map& given, Session& session) const = 0;
};

// One that is no rank of the world that it is started in: its session is alone.
class LoneCommand : public Command {};

// True, so that it can initialise a static.
bool add_command(std::unique_ptr<Command> command);
std::vector<const Command*> commands();  // sorted by name

// What several commands take.

// The text of an option, or `otherwise`.
std::string text_option(const options::variables_map& given, const char* name,
                        const std::string& otherwise = "");
// Throws Error (usage) naming what is missing.
std::string required_option(const options::variables_map& given, const char* name,
                            const Command& command);
// What a training takes, whoever starts it: the job, its run and how that begins, and the session.
void declare_training(options::options_description& named);
// --threads, --device, --isa.
void declare_session(options::options_description& named);
// Those, over what the job says.
SessionOptions session_options(const options::variables_map& given, const Job& job);
// The job file given as "job", with every "set".
Job read_job(const options::variables_map& given, const Command& command);

}  // namespace tutti
