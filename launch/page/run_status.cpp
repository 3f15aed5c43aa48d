#include "launch/page/run_status.h"

#include <nlohmann/json.hpp>

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const RankStatus& rank) {
  Json seconds = Json::object();
  for (size_t kind = 0; kind < kActivityKinds; ++kind)
    seconds[name_of(static_cast<ActivityKind>(kind))] = rank.seconds[kind];
  return {{"rank", rank.rank},
          {"host", rank.host},
          {"phase", rank.phase},
          {"step", rank.step},
          {"where", rank.where},
          {"waiting", rank.waiting},
          {"awaited", rank.awaited < 0 ? Json() : Json(rank.awaited)},
          {"since", rank.since},
          {"silent", rank.silent},
          {"steps_per_second", rank.steps_per_second},
          {"bytes_per_second", rank.bytes_per_second},
          {"seconds", seconds},
          {"waited", rank.waited}};
}

std::string host_of(const RunStatus& status, int rank) {
  for (const RankStatus& one : status.ranks)
    if (one.rank == rank) return one.host;
  return "";
}

Json json_of(const Curve& curve) {
  Json points = Json::array();
  for (const auto& point : curve.points) points.push_back({point.epoch, point.value});
  return {{"name", curve.name}, {"points", points}};
}

template <typename Number>
Json or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json();
}

}  // namespace

std::string to_json(const RunStatus& status) {
  Json json = {{"job", status.job},
               {"directory", status.directory},
               {"phase", status.phase},
               {"verdict", status.verdict},
               {"time", status.time},
               {"started", status.started},
               {"generation", status.generation},
               {"step", status.step},
               {"epochs_done", status.epochs_done},
               {"epochs", status.epochs},
               {"steps_per_second", status.steps_per_second},
               {"rows_per_second", status.rows_per_second},
               {"restarts", status.restarts},
               {"lost_steps", status.lost_steps},
               {"commit_step", or_null(status.commit_step)},
               {"checkpoint_step", or_null(status.checkpoint_step)},
               {"ranks", Json::array()},
               {"stragglers", Json::array()},
               {"curves", Json::array()},
               {"events", Json::array()}};
  for (const auto& rank : status.ranks) json["ranks"].push_back(json_of(rank));
  for (const auto& straggler : status.stragglers)
    json["stragglers"].push_back({{"rank", straggler.rank},
                                  {"cause", name_of(straggler.cause)},
                                  {"factor", straggler.factor},
                                  {"seconds", straggler.seconds},
                                  {"text", describe(straggler, host_of(status, straggler.rank))}});
  for (const auto& curve : status.curves) json["curves"].push_back(json_of(curve));
  for (const auto& event : status.events)
    json["events"].push_back({{"time", event.time}, {"text", event.text}});
  // Names are bytes from anywhere; what is no UTF-8 becomes the mark for that.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tutti
