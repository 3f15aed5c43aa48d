// `tutti timeline`: what all ranks of a run did and when, as one trace.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "launch/commands/command.h"
#include "launch/timeline/chrome_trace.h"

namespace tutti {

namespace {

class TimelineCommand : public Command {
 public:
  std::string name() const override { return "timeline"; }
  std::string usage() const override { return "RUN --output TRACE.json [--json]"; }
  std::string summary() const override {
    return "one trace of all ranks of a run that was trained with --trace, for Perfetto";
  }
  std::string example() const override {
    return "tutti train digits.yaml --run runs/first --trace\n"
           "tutti timeline runs/first --output trace.json\n";
  }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("run", options::value<std::string>(), "the run's directory")(
        "output,o", options::value<std::string>(), "the file to write")("json", "for machines");
    ordered.add("run", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    const std::string run = required_option(given, "run", *this);
    const std::string output = required_option(given, "output", *this);
    if (!session.speaks()) return;
    const std::vector<RankTrace> traces = read_traces(run);
    FileSystem::current().write_atomically(output, chrome_trace(traces));
    size_t spans = 0, dropped = 0;
    int64_t error = 0;
    for (const RankTrace& trace : traces) {
      spans += trace.spans.size();
      dropped += trace.dropped;
      error = std::max(error, trace.clock_error());
    }
    const double microseconds = 1e-3 * static_cast<double>(error);
    if (given.count("json")) {
      std::cout << nlohmann::ordered_json({{"output", output},
                                           {"ranks", traces.size()},
                                           {"spans", spans},
                                           {"dropped", dropped},
                                           {"clock_error_us", microseconds}})
                       .dump(2)
                << std::endl;
      return;
    }
    std::cout << fmt::format(
                     "{}: {} spans of {} rank{}, on one clock within {:.1f} us{}\n", output, spans,
                     traces.size(), traces.size() == 1 ? "" : "s", microseconds,
                     dropped ? fmt::format("; the {} before them were not kept", dropped) : "")
              << "open it in Perfetto or at chrome://tracing" << std::endl;
    if (traces.size() != static_cast<size_t>(traces[0].ranks))
      std::cout << fmt::format("of {} ranks {} left a trace", traces[0].ranks, traces.size())
                << std::endl;
  }
};

const bool timeline_command_added = add_command(std::make_unique<TimelineCommand>());

}  // namespace

}  // namespace tutti
