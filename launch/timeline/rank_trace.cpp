#include "launch/timeline/rank_trace.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/log.h"
#include "core/base/network.h"
#include "core/callbacks/csv_logger.h"

namespace tutti {
namespace {

using TraceJson = nlohmann::json;

constexpr uint64_t kTraceBytes = uint64_t{256} << 20;
constexpr const char* kPrefix = "rank-";

int64_t nanoseconds_of(std::chrono::steady_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

[[noreturn]] void fail_trace(const std::filesystem::path& path, const std::string& what) {
  fail(ExitCode::data, path.string(), "{}; it is no trace of a rank: train again with --trace",
       what);
}

RankTrace::Span span_of(const TraceJson& item, const std::vector<std::string>& names) {
  const auto name = item.at(2).get<size_t>(), kind = item.at(3).get<size_t>();
  RankTrace::Span span{
      item.at(0).get<int64_t>(),       item.at(1).get<int64_t>(), names.at(name),
      static_cast<ActivityKind>(kind), item.at(4).get<bool>(),    item.at(5).get<int64_t>()};
  if (span.end < span.begin || kind >= kActivityKinds)
    throw std::out_of_range("a span that ends before it begins, or is of no kind");
  return span;
}

RankTrace trace_of(const TraceJson& json) {
  RankTrace trace{json.at("rank").get<int>(),
                  json.at("ranks").get<int>(),
                  json.at("host").get<std::string>(),
                  json.at("dropped").get<size_t>(),
                  {},
                  {}};
  for (const TraceJson& clock : json.at("clocks"))
    trace.clocks.push_back(
        {clock.at(0).get<int64_t>(), clock.at(1).get<int64_t>(), clock.at(2).get<int64_t>()});
  const auto names = json.at("names").get<std::vector<std::string>>();
  for (const TraceJson& item : json.at("spans")) trace.spans.push_back(span_of(item, names));
  if (trace.clocks.empty()) throw std::out_of_range("no measurement of its clock");
  return trace;
}

}  // namespace

int64_t RankTrace::on_first_clock(int64_t time) const {
  const ClockOffset& first = clocks.front();
  const ClockOffset& last = clocks.back();
  double offset = static_cast<double>(first.offset);
  if (last.at > first.at)
    offset += static_cast<double>(last.offset - first.offset) *
              static_cast<double>(time - first.at) / static_cast<double>(last.at - first.at);
  return time - static_cast<int64_t>(offset);
}

int64_t RankTrace::clock_error() const {
  int64_t error = 0;
  for (const ClockOffset& clock : clocks) error = std::max(error, clock.error);
  return error;
}

std::string to_json(const RankTrace& trace) {
  TraceJson json = {{"rank", trace.rank},           {"ranks", trace.ranks},
                    {"host", trace.host},           {"dropped", trace.dropped},
                    {"clocks", TraceJson::array()}, {"names", TraceJson::array()},
                    {"spans", TraceJson::array()}};
  for (const ClockOffset& clock : trace.clocks)
    json["clocks"].push_back({clock.at, clock.offset, clock.error});
  std::map<std::string, size_t> names;
  for (const auto& span : trace.spans) {
    const auto [name, added] = names.try_emplace(span.name, names.size());
    if (added) json["names"].push_back(span.name);
    json["spans"].push_back(
        {span.begin, span.end, name->second, static_cast<int>(span.kind), span.waiting, span.step});
  }
  return json.dump(-1, ' ', false, TraceJson::error_handler_t::replace);
}

RankTrace read_rank_trace(const std::filesystem::path& path) {
  const std::string text = FileSystem::current().read(path, kTraceBytes);
  try {
    return trace_of(TraceJson::parse(text));
  } catch (const TraceJson::exception& error) {
    fail_trace(path, error.what());
  } catch (const std::out_of_range& error) {
    fail_trace(path, error.what());
  }
}

std::vector<RankTrace> read_traces(const std::filesystem::path& run) {
  const auto folder = run / TraceRecorder::folder;
  std::vector<RankTrace> traces;
  if (FileSystem::current().exists(folder))
    for (const std::string& name : FileSystem::current().list(folder))
      if (name.starts_with(kPrefix) && name.ends_with(".json"))
        traces.push_back(read_rank_trace(folder / name));
  if (traces.empty()) fail(ExitCode::data, run.string(), "holds no trace; train it with --trace");
  std::ranges::sort(traces, {}, &RankTrace::rank);
  return traces;
}

TraceRecorder::TraceRecorder(Communicator& communicator, size_t capacity)
    : communicator_(communicator), trace_(capacity) {}

// A fit that failed has a trace, too; its other ranks may be gone.
TraceRecorder::~TraceRecorder() {
  try {
    write();
  } catch (const std::exception& error) {
    log_warn("{}; the run has no trace of this rank", error.what());
  }
}

void TraceRecorder::on_train_begin() {
  ActivityRecord* record = ActivityRecord::of_this_thread();
  if (!record) return;
  folder_ = callback_path(training(), folder);
  clocks_ = {measure_clock_offset(communicator_)};
  record->listen(&trace_);
  listening_ = true;
}

void TraceRecorder::on_train_end() {
  if (listening_) clocks_.push_back(measure_clock_offset(communicator_));
  write();
}

void TraceRecorder::write() {
  if (!std::exchange(listening_, false)) return;
  ActivityRecord::of_this_thread()->listen(nullptr);
  RankTrace kept{communicator_.rank(),
                 communicator_.size(),
                 Network::current().host_name(),
                 trace_.dropped(),
                 clocks_,
                 {}};
  for (const ActivitySpan& span : trace_.spans())
    kept.spans.push_back({nanoseconds_of(span.begin), nanoseconds_of(span.end), span.name,
                          span.kind, span.waiting, span.step});
  FileSystem::current().make_directories(folder_);
  FileSystem::current().write_atomically(
      folder_ / fmt::format("{}{}.json", kPrefix, communicator_.rank()), to_json(kept));
}

}  // namespace tutti
