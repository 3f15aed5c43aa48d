// The driver of the judge (distributed/membership): its clock, its messages, and what it decides,
// done. Everything happens on the thread that runs it.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "distributed/membership/judge.h"
#include "launch/launcher/log_merger.h"
#include "launch/launcher/meeting_place.h"
#include "launch/launcher/run_watch.h"
#include "launch/launcher/world_starter.h"
#include "launch/page/page_server.h"

namespace tutti::launch {

struct LaunchPlan {
  membership::JudgeOptions judge;  // its job is drawn by the launcher
  std::vector<membership::HostSpec> hosts;
  std::string listen = "127.0.0.1";                    // numeric
  std::vector<std::string> addresses = {"127.0.0.1"};  // by which supervisors reach that
  std::string tutti;                                   // this program, on all hosts
  std::vector<std::string> rank;                       // what each supervisor runs
  std::filesystem::path run;                           // that all hosts see
  // Says which hosts there are, again and again: a file, or a command that prints them.
  std::filesystem::path hosts_file = {};
  std::vector<std::string> discover = {};
  std::chrono::milliseconds listing{5000};  // between two such looks
  std::optional<PageOptions> page = {};     // where the run is to be seen
  TrainingSize size = {};                   // as the job says it
  // So long a rank holds the others up before it is named.
  std::chrono::milliseconds patience = StragglerWatch::default_patience;
};

// Runs the job to its end. SIGINT, SIGTERM, SIGHUP and SIGUSR1 ask it to stop: ranks write a
// checkpoint, and no other world is started; a second one ends all at once. The caller holds the
// run. Throws Error (missing) where nothing can be started at all.
membership::Verdict launch(const LaunchPlan& plan, const WorldStarter& starter,
                           const LogMerger::Print& print);

}  // namespace tutti::launch
