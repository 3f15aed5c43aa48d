// `tutti report`: what a run trained, how well, and on what it fails, as a page.
#include <iostream>

#include "launch/commands/command.h"
#include "launch/report/report.h"
#include "launch/run_directory.h"

namespace tutti {

namespace {

class ReportCommand : public Command {
 public:
  std::string name() const override { return "report"; }
  std::string usage() const override { return "RUN [--unlabelled SPEC]"; }
  std::string summary() const override {
    return "a page on a run: what was trained, how well, on what it fails, what ails it";
  }
  std::string example() const override { return "tutti report runs/first --unlabelled new.csv"; }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("run", options::value<std::string>(), "the run's directory")(
        "unlabelled", options::value<std::string>(),
        "rows to show predictions of: x.csv, x.npy, or as in a job");
    declare_session(named);
    ordered.add("run", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    const std::string path = required_option(given, "run", *this);
    session.configure(session_options(given, job_of_run(path)));
    if (!session.speaks()) return;
    std::cout << write_report(path, text_option(given, "unlabelled")).string() << std::endl;
  }
};

const bool report_command_added = add_command(std::make_unique<ReportCommand>());

}  // namespace

}  // namespace tutti
