#include "io/event_log/tensorboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/callbacks/csv_logger.h"
#include "core/layers/embedding.h"
#include "core/model/model.h"
#include "core/model/sequential.h"
#include "io/event_log/event_writer.h"

namespace tutti {
namespace {

constexpr int64_t kMostImages = 3;  // of a weight, as tf.summary.image

double seconds() { return seconds_of(Clock::current().now()); }

// A weight as Keras lays it out for an image: (count, height, width, channels), undefined where
// it makes none.
Tensor as_images(const Tensor& weight) {
  std::vector<int64_t> dims;
  for (const int64_t extent : weight.shape().dims())
    if (extent != 1) dims.push_back(extent);
  const auto values = weight.to_vector<float>();
  if (dims.size() == 1) return Tensor::from(values, {1, dims[0], 1, 1});
  if (dims.size() == 2 && dims[0] <= dims[1]) return Tensor::from(values, {1, dims[0], dims[1], 1});
  if (dims.size() == 4 && (dims[3] == 3 || dims[3] == 4)) return Tensor::from(values, Shape(dims));
  if (dims.size() != 2 && dims.size() != 3) return {};
  // The last axis first: a Dense kernel lying, each filter an image of its own.
  const auto last = static_cast<size_t>(dims.back());
  std::vector<float> turned;
  for (size_t i = 0; i < last; ++i)
    for (size_t at = i; at < values.size(); at += last) turned.push_back(values[at]);
  if (dims.size() == 2) return Tensor::from(turned, {1, dims[1], dims[0], 1});
  return Tensor::from(turned, {dims[2], dims[0], dims[1], 1});
}

std::string markdown_of(const Model& model) {
  std::ostringstream summary;
  model.summary(summary);
  std::string text;
  std::istringstream lines(summary.str());
  for (std::string line; std::getline(lines, line);) text += "    " + line + "\n";
  return text;
}

}  // namespace

UpdateFrequency::UpdateFrequency(const std::string& word) : batches(word == "batch" ? 1 : 0) {
  if (word != "batch" && word != "epoch")
    fail("TensorBoard", "update_freq '{}' is unknown; use epoch, batch or a number of batches",
         word);
}

UpdateFrequency::UpdateFrequency(int64_t batches) : batches(batches) {
  if (batches < 1)
    fail("TensorBoard", "update_freq is {}; use epoch, batch or one batch or more", batches);
}

void read_config(const Config& config, UpdateFrequency& out) {
  out = config.is_int() ? UpdateFrequency(config.as_int()) : UpdateFrequency(config.as_string());
}

Config write_config(const UpdateFrequency& frequency) {
  return frequency.batches == 0 ? Config("epoch") : Config(frequency.batches);
}

const std::string* EmbeddingsMetadata::of(const std::string& layer) const {
  if (const auto found = named.find(layer); found != named.end()) return &found->second;
  return all.empty() ? nullptr : &all;
}

void read_config(const Config& config, EmbeddingsMetadata& out) {
  out = {};
  if (config.is_map())
    read_config(config, out.named);
  else if (!config.is_null())
    out.all = config.as_string();
}

Config write_config(const EmbeddingsMetadata& metadata) {
  if (!metadata.named.empty()) return write_config(metadata.named);
  return metadata.all.empty() ? Config() : Config(metadata.all);
}

TensorBoard::TensorBoard(Options options) : options_(std::move(options)) {
  if (options_.profile_batch != 0)
    fail("TensorBoard", "profile_batch is {}, and there is no profiler here; use 0",
         options_.profile_batch);
  for (const auto& [name, frequency] : {std::pair("histogram_freq", options_.histogram_freq),
                                        std::pair("embeddings_freq", options_.embeddings_freq)})
    if (frequency < 0)
      fail("TensorBoard", "{} is {}; use a number of epochs, or 0 for none", name, frequency);
}

EventWriter& TensorBoard::writer(const char* part) {
  auto& writer = writers_[part];
  if (!writer)
    writer = std::make_shared<EventWriter>(
        std::filesystem::path(callback_path(training(), options_.log_dir)) / part);
  return *writer;
}

void TensorBoard::on_train_begin() {
  writers_.clear();
  batches_ = 0;
  const Model* model = training().model();
  if (!model) fail(ExitCode::internal, "TensorBoard", "needs a training of a model; use fit()");
  if (options_.write_graph && model->built_graph()) {
    writer("train").graph(*model);
    writer("train").text("model", markdown_of(*model), 0);
  }
  for (const auto& [name, file] : options_.embeddings_metadata.named)
    if (!dynamic_cast<EmbeddingLayer*>(model->get_layer(name).get()))
      fail("TensorBoard", "embeddings_metadata names '{}', which is no Embedding; name one", name);
}

void TensorBoard::on_epoch_begin(int64_t) {
  updates_before_ = training().model()->optimizer().iterations();
  epoch_began_ = seconds();
}

void TensorBoard::on_train_batch_begin(int64_t) {
  ++batches_;
  batch_began_ = seconds();
}

void TensorBoard::on_train_batch_end(int64_t, const Logs& logs) {
  if (batches_ % options_.update_freq.batches != 0) return;
  if (options_.write_steps_per_second)
    writer("train").scalar("batch_steps_per_second", 1 / (seconds() - batch_began_), batches_);
  for (const auto& [name, value] : logs.entries())
    writer("train").scalar("batch_" + name, value, batches_);
}

void TensorBoard::on_test_end(const Logs& logs) {
  const int64_t updates = training().model()->optimizer().iterations();
  for (const auto& [name, value] : logs.entries())
    writer("validation").scalar(fmt::format("evaluation_{}_vs_iterations", name), value, updates);
}

void TensorBoard::on_epoch_end(int64_t epoch, const Logs& logs) {
  for (const auto& [name, value] : logs.entries())
    if (name.starts_with("val_"))
      writer("validation").scalar("epoch_" + name.substr(4), value, epoch);
    else if (name != "learning_rate")
      writer("train").scalar("epoch_" + name, value, epoch);
  writer("train").scalar("epoch_learning_rate", training().learning_rate(), epoch);
  if (options_.write_steps_per_second) {
    const auto updates = training().model()->optimizer().iterations() - updates_before_;
    writer("train").scalar("epoch_steps_per_second",
                           static_cast<double>(updates) / (seconds() - epoch_began_), epoch);
  }
  if (options_.histogram_freq > 0 && epoch % options_.histogram_freq == 0) write_weights(epoch);
  if (options_.embeddings_freq > 0 && epoch % options_.embeddings_freq == 0)
    write_embeddings(epoch);
}

void TensorBoard::on_train_end() { writers_.clear(); }

CallbackState TensorBoard::state() const {
  Config writers{Config::Map()};
  for (const auto& [part, writer] : writers_)
    writers.set(part, Config(Config::Map{{"file", writer->path().filename().string()},
                                         {"bytes", static_cast<int64_t>(writer->size())}}));
  CallbackState state;
  state.values.set("writers", std::move(writers));
  state.values.set("batches", batches_);
  state.values.set("updates_before", updates_before_);
  return state;
}

// The files that it wrote into go on; those that on_train_begin() made instead are not wanted.
void TensorBoard::restore(const CallbackState& state) {
  for (const auto& [part, writer] : writers_) FileSystem::current().remove(writer->path());
  writers_.clear();
  const std::filesystem::path folder = callback_path(training(), options_.log_dir);
  for (const auto& [part, written] : state["writers"].as_map()) {
    const CallbackState of_part{written, {}};
    const auto name = std::filesystem::path(of_part["file"].as_string()).filename();
    writers_[part] = std::make_shared<EventWriter>(folder / part / name, of_part["bytes"].as_int());
  }
  batches_ = state["batches"].as_int();
  updates_before_ = state["updates_before"].as_int();
  epoch_began_ = seconds();
}

void TensorBoard::write_weights(int64_t epoch) {
  // A Sequential of Keras builds its layers under its own name.
  const Model& model = *training().model();
  const std::string scope = dynamic_cast<const Sequential*>(&model) ? model.name() + "/" : "";
  for (const auto& weight : model.weights()) {
    const Tensor value = weight->value().to_host();
    writer("train").histogram(scope + weight->name() + "/histogram", value, epoch);
    if (!options_.write_images) continue;
    if (const Tensor images = as_images(value); images.defined())
      writer("train").image(scope + weight->name() + "/image",
                            images.slice_rows(0, std::min(images.rows(), kMostImages)), epoch);
  }
}

// As the projector reads them: a table of each embedding, and the file that lists the tables.
void TensorBoard::write_embeddings(int64_t epoch) {
  const std::filesystem::path folder = callback_path(training(), options_.log_dir);
  FileSystem& files = FileSystem::current();
  files.make_directories(folder / "train");
  std::string listed;
  for (const auto& layer : training().model()->layers()) {
    if (!dynamic_cast<EmbeddingLayer*>(layer.get())) continue;
    const Tensor vectors = layer->weights()[0]->value().to_host();
    const auto width = static_cast<size_t>(vectors.shape()[-1]);
    const auto values = vectors.to_vector<float>();
    std::string table;
    for (size_t i = 0; i < values.size(); ++i)
      table += fmt::format("{}{}", values[i], (i + 1) % width == 0 ? "\n" : "\t");
    const std::string name = fmt::format("{}-{}.tsv", layer->name(), epoch);
    files.write_atomically(folder / "train" / name, table);
    listed += fmt::format("embeddings {{\n  tensor_name: \"{}\"\n  tensor_path: \"train/{}\"\n",
                          layer->weights()[0]->name(), name);
    if (const std::string* metadata = options_.embeddings_metadata.of(layer->name()))
      listed += fmt::format("  metadata_path: \"{}\"\n", *metadata);
    listed += "}\n";
  }
  files.write_atomically(folder / "projector_config.pbtxt", listed);
}

TUTTI_REGISTER(Callback, TensorBoard, "TensorBoard", "writes what TensorBoard shows")
    .argument("log_dir", &TensorBoardOptions::log_dir, "folder; relative ones begin at the run")
    .argument("histogram_freq", &TensorBoardOptions::histogram_freq,
              "epochs between histograms of the weights; 0: none")
    .argument("write_graph", &TensorBoardOptions::write_graph, "the layers and their summary")
    .argument("write_images", &TensorBoardOptions::write_images,
              "the weights as images, beside their histograms")
    .argument("write_steps_per_second", &TensorBoardOptions::write_steps_per_second,
              "how fast training is")
    .argument("update_freq", &TensorBoardOptions::update_freq,
              "when losses and metrics are written: each epoch, or after so many batches too")
    .argument("profile_batch", &TensorBoardOptions::profile_batch, "0: there is no profiler")
    .argument("embeddings_freq", &TensorBoardOptions::embeddings_freq,
              "epochs between tables of embeddings; 0: none")
    .argument("embeddings_metadata", &TensorBoardOptions::embeddings_metadata,
              "the file that names an embedding's rows, or one for each layer");

}  // namespace tutti
