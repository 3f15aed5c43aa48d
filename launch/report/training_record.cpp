#include "launch/report/training_record.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/callbacks/csv_logger.h"
#include "core/model/model.h"
#include "launch/drawing/model_drawing.h"
#include "launch/report/probe.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kFollowed = 8;
constexpr int64_t kMostKept = int64_t{1} << 24;  // weights whose last values are kept

double norm_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

// Where the values of a saturating activation end; none for others.
std::optional<std::pair<double, double>> bounds_of(const std::string& activation) {
  if (activation == "sigmoid" || activation == "hard_sigmoid") return std::pair(0.0, 1.0);
  if (activation == "tanh" || activation == "hard_tanh" || activation == "soft_sign" ||
      activation == "softsign")
    return std::pair(-1.0, 1.0);
  return std::nullopt;
}

// The activation of a layer that is one, too: ReLU, Activation(tanh).
std::string activation_in(const Layer& layer) {
  const std::string own = drawing::activation_of(layer), kind = drawing::kind_text(layer);
  return own.empty() && kind == "ReLU" ? "relu" : own;
}

void measure_output(const Tensor& output, LayerRecord& record) {
  const auto values = output.to_vector<double>();
  const auto units = static_cast<size_t>(output.shape().rank() > 1 ? output.shape()[-1] : 1);
  const auto bounds = bounds_of(record.activation);
  std::vector<bool> alive(units, false);
  double sum = 0, squares = 0, saturated = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    sum += value, squares += value * value;
    if (value != 0) alive[i % units] = true;
    if (bounds) {
      const double near = 0.01 * (bounds->second - bounds->first);
      saturated += value < bounds->first + near || value > bounds->second - near;
    }
  }
  const auto count = static_cast<double>(std::max<size_t>(values.size(), 1));
  record.mean = sum / count;
  record.deviation = std::sqrt(std::max(0.0, squares / count - record.mean * record.mean));
  record.saturated = saturated / count;
  record.units = static_cast<int64_t>(units);
  record.dead = std::count(alive.begin(), alive.end(), false);
}

Json to_json(const LayerRecord& layer) {
  Json json{{"layer", layer.layer},
            {"kind", layer.kind},
            {"activation", layer.activation},
            {"last", layer.last}};
  if (layer.parameters > 0) {
    json["parameters"] = layer.parameters;
    json["weight_norm"] = layer.weight_norm;
    json["gradient_norm"] = layer.gradient_norm;
    json["change"] = layer.change;
  }
  json["mean"] = layer.mean;
  json["deviation"] = layer.deviation;
  json["saturated"] = layer.saturated;
  json["units"] = layer.units;
  json["dead"] = layer.dead;
  return json;
}

std::string line_of(const TrainingRecord& record, const EpochRecord& epoch) {
  Json json{{"epoch", epoch.epoch},
            {"learning_rate", epoch.learning_rate},
            {"loss", epoch.loss},
            {"rows", record.rows}};
  for (size_t i = 0; i < epoch.weights.size(); ++i)
    json["weights"].push_back({{"variable", record.followed[i].variable},
                               {"element", record.followed[i].element},
                               {"value", epoch.weights[i]}});
  for (const auto& layer : epoch.layers) json["layers"].push_back(to_json(layer));
  return json.dump() + "\n";
}

// JSON knows no NaN and writes null.
double number_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return 0;
  return found->is_null() ? std::nan("") : found->get<double>();
}

LayerRecord read_layer(const Json& json) {
  LayerRecord layer;
  layer.layer = json.at("layer"), layer.kind = json.at("kind");
  layer.activation = json.at("activation"), layer.last = json.at("last");
  layer.parameters = json.value("parameters", int64_t{0});
  layer.weight_norm = number_of(json, "weight_norm");
  layer.gradient_norm = number_of(json, "gradient_norm");
  layer.change = number_of(json, "change");
  layer.mean = number_of(json, "mean");
  layer.deviation = number_of(json, "deviation");
  layer.saturated = number_of(json, "saturated");
  layer.units = json.at("units"), layer.dead = json.at("dead");
  return layer;
}

EpochRecord read_epoch(const Json& json, TrainingRecord& record) {
  EpochRecord epoch;
  epoch.epoch = json.at("epoch");
  epoch.learning_rate = number_of(json, "learning_rate");
  epoch.loss = number_of(json, "loss");
  record.rows = json.at("rows");
  record.followed.clear();
  if (json.contains("weights"))
    for (const auto& weight : json["weights"]) {
      record.followed.push_back({weight.at("variable"), weight.at("element")});
      epoch.weights.push_back(number_of(weight, "value"));
    }
  if (json.contains("layers"))
    for (const auto& layer : json["layers"]) epoch.layers.push_back(read_layer(layer));
  return epoch;
}

}  // namespace

TrainingRecorder::TrainingRecorder(Options options) : options_(std::move(options)) {
  if (options_.rows < 1) fail("TrainingRecorder", "rows is {}; use one row or more", options_.rows);
}

void TrainingRecorder::on_train_begin() {
  record_ = {};
  before_.clear();
  probe_.reset();
  if (!training().model() || !training().training_rows())
    fail(ExitCode::internal, "TrainingRecorder", "needs a training of a model; use fit()");
  probe_ = std::make_shared<Probe>(*training().model(), training().training_rows(), options_.rows);
  unwritten_.clear();
  if (!options_.filename.empty())
    file_.open("TrainingRecorder", callback_path(training(), options_.filename));
  probe_->run();
  follow_steepest();
  record(0);
}

void TrainingRecorder::on_epoch_end(int64_t epoch, const Logs&) {
  probe_->run();
  record(epoch + 1);
}

void TrainingRecorder::on_train_end() {
  if (!unwritten_.empty()) file_.write(unwritten_);
  probe_.reset();
}

CallbackState TrainingRecorder::state() const {
  CallbackState state;
  state.values.set("bytes", static_cast<int64_t>(file_.size()));
  state.values.set("unwritten", unwritten_);
  for (size_t i = 0; i < before_.size(); ++i)
    state.tensors.emplace_back(std::to_string(i), before_[i]);
  return state;
}

void TrainingRecorder::restore(const CallbackState& state) {
  before_.clear();
  for (const auto& [name, weight] : state.tensors) before_.push_back(weight);
  unwritten_ = state["unwritten"].as_string();
  if (options_.filename.empty()) return;
  file_.restore(state["bytes"].as_int());
  record_ = parse_training_record(
      FileSystem::current().read(file_.path()).substr(0, file_.size()) + unwritten_, file_.path());
}

void TrainingRecorder::follow_steepest() {
  record_.rows = probe_->rows();
  if (!probe_->has_loss()) return;
  const auto weights = training().model()->trainable_weights();
  const bool kernels = std::any_of(weights.begin(), weights.end(),
                                   [](const auto& weight) { return weight->shape().rank() > 1; });
  std::vector<std::pair<double, TrainingRecord::Weight>> steep;
  for (size_t i = 0; i < weights.size(); ++i) {
    const Tensor gradient = probe_->gradient(i);
    if (!gradient.defined() || (kernels && weights[i]->shape().rank() < 2)) continue;
    const auto values = gradient.to_vector<double>();
    const auto largest = std::max_element(
        values.begin(), values.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (largest != values.end() && *largest != 0)
      steep.push_back({std::abs(*largest), {weights[i]->name(), largest - values.begin()}});
  }
  std::stable_sort(steep.begin(), steep.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (size_t i = 0; i < std::min(steep.size(), kFollowed); ++i)
    record_.followed.push_back(steep[i].second);
}

std::vector<LayerRecord> TrainingRecorder::measured_layers() const {
  std::vector<LayerRecord> layers;
  for (size_t i = 0; i < probe_->layers().size(); ++i) {
    const auto& probed = probe_->layers()[i];
    LayerRecord layer;
    layer.layer = probed.layer->name(), layer.kind = drawing::kind_text(*probed.layer);
    layer.activation = activation_in(*probed.layer), layer.last = probed.last;
    measure_output(probe_->output(i), layer);
    layers.push_back(std::move(layer));
  }
  return layers;
}

void TrainingRecorder::add_weights(std::vector<LayerRecord>& layers) {
  const auto weights = training().model()->trainable_weights();
  int64_t all = 0;
  for (const auto& weight : weights) all += weight->shape().elements();
  const bool compared = before_.size() == weights.size();
  if (all > kMostKept) before_.clear();
  for (size_t number = 0; number < layers.size(); ++number) {
    LayerRecord& layer = layers[number];
    const auto& probed = probe_->layers()[number].layer;
    if (dynamic_cast<const Model*>(probed.get())) continue;  // its layers stand for themselves
    double squares = 0, gradient = 0, moved = 0, old = 0;
    for (const auto& weight : probed->trainable_weights()) {
      const auto at =
          static_cast<size_t>(std::find(weights.begin(), weights.end(), weight) - weights.begin());
      if (at == weights.size()) continue;
      const auto values = weight->value().to_host().to_vector<double>();
      layer.parameters += static_cast<int64_t>(values.size());
      squares += std::pow(norm_of(values), 2);
      if (probe_->has_loss())
        if (const Tensor slope = probe_->gradient(at); slope.defined())
          gradient += std::pow(norm_of(slope.to_vector<double>()), 2);
      if (!compared || all > kMostKept) continue;
      const auto last = before_[at].to_vector<double>();
      for (size_t k = 0; k < values.size(); ++k) {
        moved += std::pow(values[k] - last[k], 2);
        old += last[k] * last[k];
      }
    }
    layer.weight_norm = std::sqrt(squares);
    layer.gradient_norm = std::sqrt(gradient);
    layer.change = old > 0 ? std::sqrt(moved / old) : 0;
  }
  if (all > kMostKept) return;
  before_.clear();
  for (const auto& weight : weights) before_.push_back(weight->value().to_host().clone());
}

void TrainingRecorder::record(int64_t epoch) {
  EpochRecord now;
  now.epoch = epoch;
  now.learning_rate = training().learning_rate();
  if (probe_->has_loss()) now.loss = probe_->loss();
  now.layers = measured_layers();
  add_weights(now.layers);
  for (const auto& followed : record_.followed)
    for (const auto& weight : training().model()->trainable_weights())
      if (weight->name() == followed.variable)
        now.weights.push_back(
            weight->value().to_host().to_vector<double>()[static_cast<size_t>(followed.element)]);
  if (!options_.filename.empty()) {
    unwritten_ += line_of(record_, now);
    if (epoch > 0) file_.write(std::exchange(unwritten_, ""));
  }
  record_.epochs.push_back(std::move(now));
}

TrainingRecord parse_training_record(const std::string& text, const std::string& path) {
  TrainingRecord record;
  int number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    ++number;
    const std::string place = fmt::format("{}:{}", path, number);
    try {
      record.epochs.push_back(read_epoch(Json::parse(text.substr(begin, end - begin)), record));
    } catch (const Json::exception&) {
      fail(ExitCode::data, place,
           "is no line of a training record; train again, or remove the file");
    }
    const EpochRecord &first = record.epochs.front(), &last = record.epochs.back();
    if (record.rows < 1 || first.layers.size() != last.layers.size() ||
        first.weights.size() != last.weights.size())
      fail(ExitCode::data, place,
           "tells of other layers or weights than line 1; train again, or remove the file");
    begin = end + 1;
  }
  return record;
}

TrainingRecord read_training_record(const std::string& path) {
  return parse_training_record(FileSystem::current().read(path), path);
}

TUTTI_REGISTER(Callback, TrainingRecorder, "TrainingRecorder",
               "writes down gradients, weights and activations of each epoch")
    .argument("filename", &TrainingRecorderOptions::filename,
              "path; relative ones begin at the run; empty writes no file")
    .argument("rows", &TrainingRecorderOptions::rows, "training rows that it looks at");

}  // namespace tutti
