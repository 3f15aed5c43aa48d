// `tutti doctor`: whether this host, and the world it is started in, are fit to train on.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "distributed/commit/place.h"
#include "distributed/said_by_all.h"
#include "launch/commands/command.h"
#include "launch/doctor/finding.h"

namespace tutti {

namespace {

using Json = nlohmann::ordered_json;

// Of one host, or of the world: then `host` is empty.
struct Part {
  std::string host;
  std::vector<Finding> findings;
};

Json json_of(const Part& part) {
  static constexpr const char* verdicts[] = {"good", "note", "bad"};
  Json json = {{"host", part.host}, {"findings", Json::array()}};
  for (const Finding& finding : part.findings)
    json["findings"].push_back({{"verdict", verdicts[static_cast<size_t>(finding.verdict)]},
                                {"what", finding.what},
                                {"text", finding.text},
                                {"remedy", finding.remedy}});
  return json;
}

Part part_of(const Json& json) {
  Part part{json["host"], {}};
  for (const Json& finding : json["findings"]) {
    const std::string verdict = finding["verdict"];
    part.findings.push_back({verdict == "good"   ? Verdict::good
                             : verdict == "note" ? Verdict::note
                                                 : Verdict::bad,
                             finding["what"], finding["text"], finding["remedy"]});
  }
  return part;
}

// What each rank says of its host, in order; a host once.
std::vector<Part> parts_of_hosts(const Part& mine, Communicator& communicator) {
  const std::string text = json_of(mine).dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto sizes = said_by_all(communicator, static_cast<int64_t>(text.size()));
  std::vector<int64_t> offsets = {0};
  for (const int64_t one : sizes) offsets.push_back(offsets.back() + one);
  std::string all(static_cast<size_t>(offsets.back()), '\0');
  communicator.all_gather(std::as_bytes(std::span(text)), std::as_writable_bytes(std::span(all)),
                          offsets);
  std::vector<Part> parts;
  for (size_t r = 0; r < sizes.size(); ++r) {
    Part part = part_of(
        Json::parse(all.substr(static_cast<size_t>(offsets[r]), static_cast<size_t>(sizes[r]))));
    if (std::ranges::find(parts, part.host, &Part::host) == parts.end())
      parts.push_back(std::move(part));
  }
  return parts;
}

void print(const std::vector<Part>& parts, bool as_json) {
  if (as_json) {
    Json all = Json::array();
    for (const Part& part : parts) all.push_back(json_of(part));
    std::cout << all.dump(2, ' ', false, Json::error_handler_t::replace) << std::endl;
    return;
  }
  for (const Part& part : parts) {
    std::cout << (part.host.empty() ? "between ranks" : part.host) << "\n";
    for (const Finding& finding : part.findings) std::cout << "  " << to_line(finding) << "\n";
  }
  std::cout << std::flush;
}

class DoctorCommand : public Command {
 public:
  std::string name() const override { return "doctor"; }
  std::string usage() const override { return "[--clean] [--json]"; }
  std::string summary() const override {
    return "whether this host is fit to train on; under mpirun or srun all hosts and what is "
           "between them";
  }
  std::string example() const override {
    return "tutti doctor\n"
           "mpirun -n 4 tutti doctor --json\n"
           "tutti doctor --clean\n";
  }
  void declare(options::options_description& named,
               options::positional_options_description&) const override {
    named.add_options()("clean", "remove what runs that ended badly left in shared memory")(
        "json", "for machines");
  }
  void run(const options::variables_map& given, Session& session) const override {
    Part mine;
    const HostFacts facts = host_facts();
    mine.host = facts.host;
    mine.findings = examine(facts);
    for (auto& finding : clean_leftovers(kSharedMemory, given.count("clean") == 0))
      mine.findings.push_back(std::move(finding));
    std::vector<Part> parts = parts_of_hosts(mine, session.communicator());
    if (session.size() > 1) parts.push_back({"", examine(world_facts(session.communicator()))});
    if (!session.speaks()) return;
    print(parts, given.count("json") > 0);
    int64_t bad = 0;
    for (const Part& part : parts)
      bad += std::ranges::count(part.findings, Verdict::bad, &Finding::verdict);
    if (bad > 0)
      fail(ExitCode::missing, "doctor", "{} thing{} bad; see the lines above for what to do", bad,
           bad == 1 ? " is" : "s are");
  }
};

const bool doctor_command_added = add_command(std::make_unique<DoctorCommand>());

}  // namespace

}  // namespace tutti
