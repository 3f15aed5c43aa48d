// `tutti plan`: what a training takes on so many ranks, before it begins.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/network.h"
#include "core/base/seed.h"
#include "core/model/adapt_rows.h"
#include "core/model/batch.h"
#include "distributed/commit/plan.h"
#include "launch/commands/command.h"
#include "launch/doctor/finding.h"
#include "launch/job_checkpoint.h"
#include "launch/job_data.h"
#include "launch/job_model.h"
#include "launch/plan/step_plan.h"

namespace tutti {

namespace {

using Json = nlohmann::ordered_json;

struct WholePlan {
  int64_t batch = 0, shards = 0;
  std::vector<RankPlan> ranks;
  CommitPlan commits;  // of nothing where they are off
  bool commits_off = false;
  uint64_t memory = 0, shared_memory = 0;  // of a host, taken to be like this one
  std::vector<std::string> shortages;
};

// "a,b": ranks are dealt out in blocks, as mpirun does.
std::vector<std::string> hosts_of_ranks(const std::string& text, int ranks) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= text.size() && !text.empty();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end == begin) fail(ExitCode::usage, "--hosts", "'{}' has an empty name; write a,b", text);
    names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (names.empty()) names.push_back(Network::current().host_name());
  if (static_cast<int>(names.size()) > ranks)
    fail(ExitCode::usage, "--hosts", "{} hosts for {} ranks; name fewer", names.size(), ranks);
  std::vector<std::string> hosts;
  for (int rank = 0; rank < ranks; ++rank)
    hosts.push_back(names[static_cast<size_t>(rank) * names.size() / static_cast<size_t>(ranks)]);
  return hosts;
}

void add_shortages(WholePlan& plan, const std::vector<std::string>& hosts) {
  for (const auto& host : plan.commits.hosts) {
    uint64_t steps = 0;
    for (const RankPlan& rank : plan.ranks)
      if (hosts[static_cast<size_t>(rank.rank)] == host.name) steps += rank.memory();
    if (host.bytes > plan.shared_memory)
      plan.shortages.push_back(fmt::format(
          "commits take {} of /dev/shm on {}, which has {}; make it larger, use more hosts, or "
          "write commit: off",
          bytes_text(host.bytes), host.name, bytes_text(plan.shared_memory)));
    if (steps + host.bytes > plan.memory)
      plan.shortages.push_back(
          fmt::format("steps and commits take {} on {}, which has {}; use more hosts or a smaller "
                      "batch_size",
                      bytes_text(steps + host.bytes), host.name, bytes_text(plan.memory)));
  }
}

void print_ranks(const WholePlan& plan) {
  std::cout << fmt::format("a batch of {} rows in {} shards, on {} rank{}\n\n", plan.batch,
                           plan.shards, plan.ranks.size(), plan.ranks.size() == 1 ? "" : "s")
            << fmt::format("{:>5} {:>7} {:>7} {:>12} {:>11} {:>11} {:>11} {:>11} {:>7}\n", "rank",
                           "rows", "shards", "share", "weights", "optimizer", "step", "in all",
                           "passes");
  for (const RankPlan& rank : plan.ranks) {
    int64_t share = 0;
    for (const auto& bucket : rank.buckets) share += bucket.share;
    std::cout << fmt::format(
        "{:>5} {:>7} {:>7} {:>12} {:>11} {:>11} {:>11} {:>11} {:>7}\n", rank.rank, rank.rows.size(),
        rank.shards.size(), share, bytes_text(rank.weights), bytes_text(rank.optimizer_state),
        bytes_text(rank.arena + rank.inputs), bytes_text(rank.memory()), rank.passes);
  }
  std::cout << "\nin a step all ranks meet in\n";
  for (const auto& line : plan.ranks[0].collectives) std::cout << "  " << line << "\n";
  for (const auto& bucket : plan.ranks[0].buckets)
    std::cout << fmt::format("{} elements of {} are summed and dealt out in one bucket\n",
                             bucket.elements, bucket.dtype);
}

void print_commits(const WholePlan& plan) {
  const CommitPlan& commits = plan.commits;
  if (plan.commits_off)
    std::cout << "\nno commits: the job says commit: off\n";
  else
    std::cout << fmt::format("\na commit: {} a rank, about {:.3f} s, every {:.3g} s\n",
                             bytes_text(commits.share_bytes), commits.cost, commits.interval);
  for (const auto& host : commits.hosts)
    if (host.bytes > 0)
      std::cout << fmt::format(
          "  {}: {} of /dev/shm ({} rank{}, {} cop{} for others, two of each)\n", host.name,
          bytes_text(host.bytes), host.ranks, host.ranks == 1 ? "" : "s", host.copies,
          host.copies == 1 ? "y" : "ies");
  std::cout << fmt::format("this host has {} of memory and {} of /dev/shm\n",
                           bytes_text(plan.memory), bytes_text(plan.shared_memory));
  for (const auto& shortage : plan.shortages) std::cout << "bad   " << shortage << "\n";
  std::cout << std::flush;
}

Json commits_as_json(const CommitPlan& commits) {
  Json json = {{"share_bytes", commits.share_bytes},
               {"cost", commits.cost},
               {"interval", commits.interval},
               {"hosts", Json::array()}};
  for (const auto& host : commits.hosts)
    json["hosts"].push_back({{"name", host.name},
                             {"ranks", host.ranks},
                             {"copies", host.copies},
                             {"bytes", host.bytes}});
  return json;
}

void print_json(const WholePlan& plan) {
  Json json = {{"batch", plan.batch}, {"shards", plan.shards}, {"ranks", Json::array()}};
  for (const RankPlan& rank : plan.ranks) {
    Json buckets = Json::array();
    for (const auto& bucket : rank.buckets)
      buckets.push_back(
          {{"dtype", bucket.dtype}, {"elements", bucket.elements}, {"share", bucket.share}});
    json["ranks"].push_back({{"rank", rank.rank},
                             {"rows", rank.rows.size()},
                             {"shards", rank.shards.size()},
                             {"buckets", buckets},
                             {"weights", rank.weights},
                             {"optimizer_state", rank.optimizer_state},
                             {"inputs", rank.inputs},
                             {"arena", rank.arena},
                             {"passes", rank.passes}});
  }
  json["collectives"] = plan.ranks[0].collectives;
  json["commit"] = nullptr;
  if (!plan.commits_off) json["commit"] = commits_as_json(plan.commits);
  json["memory"] = plan.memory;
  json["shared_memory"] = plan.shared_memory;
  json["shortages"] = plan.shortages;
  std::cout << json.dump(2) << std::endl;
}

class PlanCommand : public Command {
 public:
  std::string name() const override { return "plan"; }
  std::string usage() const override { return "JOB -n RANKS [--hosts A,B] [--set PATH=VALUE]..."; }
  std::string summary() const override {
    return "what a training takes on so many ranks: shares, memory, what is exchanged, commits";
  }
  std::string example() const override {
    return "tutti plan digits.yaml -n 4\n"
           "tutti plan digits.yaml -n 8 --hosts node1,node2 --json\n";
  }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("job", options::value<std::string>(), "the job file")(
        "ranks,n", options::value<int>()->default_value(1), "ranks to train on")(
        "hosts", options::value<std::string>(), "that they live on; this one if left out")(
        "set", options::value<std::vector<std::string>>()->composing(),
        "PATH=VALUE in place of what the job says; repeats")("json", "for machines");
    declare_session(named);
    ordered.add("job", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    const int ranks = given["ranks"].as<int>();
    if (ranks < 1) fail(ExitCode::usage, "-n", "expected at least 1, got {}", ranks);
    if (session.size() > 1)
      fail(ExitCode::usage, "plan", "is asked of one process; leave out mpirun, and give -n {}",
           session.size());
    const Job job = read_job(given, *this);
    session.configure(session_options(given, job));
    const auto hosts = hosts_of_ranks(text_option(given, "hosts"), ranks);
    WholePlan plan = make_plan(job, ranks);
    const CommittingOptions commits = committing_of(job);
    plan.commits_off = commits.off;
    plan.commits =
        commit_plan(commits.off ? 0 : state_bytes(plan.ranks), hosts, commits.every_seconds);
    const HostFacts facts = host_facts();
    plan.memory = facts.memory_limit;
    plan.shared_memory = facts.shared_memory;
    add_shortages(plan, hosts);
    if (given.count("json"))
      print_json(plan);
    else
      print_ranks(plan), print_commits(plan);
    if (!plan.shortages.empty())
      fail(ExitCode::world, "plan", "it does not fit: {}", plan.shortages.front());
  }

 private:
  static WholePlan make_plan(const Job& job, int ranks) {
    const JobData data = load_job_data(job);
    const FitOptions fit = make_fit_options(job, data.columns.class_names());
    const RowSourcePtr rows = data.train.rows;
    WholePlan plan;
    plan.batch = checked_batch_size(fit.batch_size, rows->rows());
    const auto make = [&] {
      clear_session();
      const Adaptation on_training_rows(rows_for_adaptation(rows));
      JobModel made = make_job_model(job, rows->inputs());
      compile_for_job(job, *made.model);
      check_columns(*made.model, *rows);
      return made.model;
    };
    plan.ranks = plan_step(make, *rows, plan.batch, ranks);
    plan.shards = current_world().layout(plan.batch, plan.batch).shards;
    return plan;
  }
};

const bool plan_command_added = add_command(std::make_unique<PlanCommand>());

}  // namespace

}  // namespace tutti
