#include "launch/timeline/chrome_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

// From above: what a step is for comes first.
constexpr ActivityKind kTracks[kActivityKinds] = {ActivityKind::compute,
                                                  ActivityKind::communication, ActivityKind::data,
                                                  ActivityKind::checkpoint, ActivityKind::other};

Json named(const char* what, int process, int track, Json arguments) {
  return {{"ph", "M"}, {"name", what}, {"pid", process}, {"tid", track}, {"args", arguments}};
}

void add_names(Json& events, const RankTrace& trace) {
  events.push_back(named("process_name", trace.rank, 0,
                         {{"name", fmt::format("rank {} ({})", trace.rank, trace.host)}}));
  events.push_back(named("process_sort_index", trace.rank, 0, {{"sort_index", trace.rank}}));
  for (int track = 0; track < static_cast<int>(kActivityKinds); ++track) {
    events.push_back(named("thread_name", trace.rank, track, {{"name", name_of(kTracks[track])}}));
    events.push_back(named("thread_sort_index", trace.rank, track, {{"sort_index", track}}));
  }
}

Json event_of(const RankTrace& trace, const RankTrace::Span& span, int64_t origin) {
  const auto track = std::ranges::find(kTracks, span.kind) - std::begin(kTracks);
  const int64_t begin = trace.on_first_clock(span.begin), end = trace.on_first_clock(span.end);
  Json event = {{"ph", "X"},
                {"name", span.waiting ? span.name + " (waits)" : span.name},
                {"cat", name_of(span.kind)},
                {"pid", trace.rank},
                {"tid", track},
                {"ts", 1e-3 * static_cast<double>(begin - origin)},
                {"dur", 1e-3 * static_cast<double>(std::max<int64_t>(0, end - begin))},
                {"args", {{"step", span.step}}}};
  return event;
}

}  // namespace

std::string chrome_trace(std::span<const RankTrace> traces) {
  int64_t origin = INT64_MAX, error = 0;
  for (const RankTrace& trace : traces) {
    error = std::max(error, trace.clock_error());
    if (!trace.spans.empty())
      origin = std::min(origin, trace.on_first_clock(trace.spans.front().begin));
  }
  Json events = Json::array();
  for (const RankTrace& trace : traces) {
    add_names(events, trace);
    for (const auto& span : trace.spans) events.push_back(event_of(trace, span, origin));
  }
  const Json json = {{"displayTimeUnit", "ms"},
                     {"otherData", {{"clock_error_us", 1e-3 * static_cast<double>(error)}}},
                     {"traceEvents", std::move(events)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tutti
